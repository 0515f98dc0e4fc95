"""The review door: where staff see what came in and decide. Pages only, no scripts; every visitor's word is text."""
