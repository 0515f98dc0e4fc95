"""Pages for people: they work without JavaScript, and load nothing from elsewhere."""
