"""What must survive a crash. It is thin: each workflow is named as its queue and calls one flow."""
