"""HTTP in and out, nothing else: a route parses, calls one flow, answers."""
