"""The company's OpenID Connect provider, as far as signing staff in needs it."""
