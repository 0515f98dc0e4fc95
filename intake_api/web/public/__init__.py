"""The API of visitors and of the bot."""
