"""`make bench`: how fast, as a ratio to a floor measured in the same run, since machines differ and are noisy."""
