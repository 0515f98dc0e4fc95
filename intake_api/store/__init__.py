"""What is kept. A table and all that may be asked of it stand in one file; nothing here commits but `base`."""
