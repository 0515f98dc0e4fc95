"""How the tables came to be: one file a step, each up and down, none importing today's tables."""
