"""What the bot decides, apart from how Rasa calls it: values in, values out, and the form API as the only outside."""
