"""What a chat gives out of hand, sealed: the token of a conversation and the ids of its buttons (H-08, H-09).

The browser can read neither, change neither, nor carry a button to another conversation.
"""

import base64
import hmac
import json
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken

from intake_api.web.public.rasa_channel import Conversation

LASTS_SECONDS = 2 * 60 * 60


class TokenInvalid(Exception):
    """Not a token of ours, or older than two hours."""


class ButtonUnknown(Exception):
    """Not a button of ours, or of another conversation."""

    code = "button_unknown"


class ChatTokens:
    """Seals and opens tokens and buttons, each kind under a key of its own."""

    def __init__(self, token_key: bytes) -> None:
        self._conversations = _fernet(token_key, b"chat conversation")
        self._buttons = _fernet(token_key, b"chat button")

    def seal_conversation(self, conversation: Conversation, *, now: datetime) -> str:
        """Return the token of a conversation; it lasts two hours from now, whatever happens in between."""
        text = json.dumps([conversation.id, conversation.locale, conversation.page])
        return self._conversations.encrypt_at_time(text.encode(), int(now.timestamp())).decode()

    def open_conversation(self, token: str, *, now: datetime) -> Conversation:
        """Return the conversation a token names.

        :raises TokenInvalid:
        """
        try:
            text = self._conversations.decrypt_at_time(token.encode(), LASTS_SECONDS, int(now.timestamp()))
        except InvalidToken:
            raise TokenInvalid from None
        return Conversation(*json.loads(text))

    def seal_button(self, conversation: Conversation, turn: int, payload: str) -> str:
        """Return the id of a button that was offered in a turn of a conversation."""
        return self._buttons.encrypt(json.dumps([conversation.id, turn, payload]).encode()).decode()

    def open_button(self, conversation: Conversation, button: str) -> tuple[int, str]:
        """Return turn and payload of a button.

        :raises ButtonUnknown:
        """
        try:
            of, turn, payload = json.loads(self._buttons.decrypt(button.encode()))
        except InvalidToken:
            raise ButtonUnknown from None
        if of != conversation.id:
            raise ButtonUnknown
        return turn, payload


def _fernet(token_key: bytes, use: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hmac.digest(token_key, use, "sha256")))
