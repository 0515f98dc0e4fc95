"""Ways out: one file per kind of destination, all behind `port`."""
