"""What Rasa learns to understand texts with."""
