"""What must survive a crash. Each is thin: it names its queue and calls one flow."""
