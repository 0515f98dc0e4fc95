"""What operators ask of a door."""
