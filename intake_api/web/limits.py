"""How much a request may weigh and how many may come, before anything else looks at them (SEC-24, SEC-37)."""

BODY_BYTES = 64 * 1024
CHAT_BODY_BYTES = 8 * 1024
