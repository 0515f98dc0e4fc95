"""The shapes of the form API: what comes in is checked against them, and all of them describe it (`/openapi.json`)."""
