"""The chat: Rasa without TensorFlow, its own channel and memory, and one conversation for every form of the
catalogue."""
