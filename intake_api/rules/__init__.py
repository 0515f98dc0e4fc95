"""Pure decisions: they take values and `now`, return values, and touch nothing."""
