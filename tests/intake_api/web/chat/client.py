"""What a client of the chat gateway calls, and by which token."""

from typing import Any

BEGIN, SAY, FORGET = "/v1/chat/conversations", "/v1/chat/messages", "/v1/chat/conversations/current"
LOOK = FORGET


def bearer(begun: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {begun['token']}"}
