"""The shapes of the chat."""

from marshmallow import fields

from intake_api.web.public.schemas.texts import LOCALE, TEXT_LENGTH
from intake_api.web.shapes import Shape, Text


class ConversationBody(Shape):
    """Where a chat begins."""

    locale = Text(16, pattern=LOCALE, required=True)
    page = Text(500, min_length=0, pattern="[!-~]*", load_default="")


class MessageBody(Shape):
    """One turn of the visitor: exactly one of the two."""

    text = Text(TEXT_LENGTH, pattern=r"[\s\S]*\S[\s\S]*")
    button = Text(2000, pattern="[A-Za-z0-9_=-]+")
    also = {"oneOf": [{"required": ["text"]}, {"required": ["button"]}]}  # noqa: RUF012 - nobody changes it


class ChatButton(Shape):
    """A button; its id is opaque, belongs to this conversation and counts on the next turn only."""

    id = fields.String(required=True)
    title = fields.String(required=True)


class ChatMessage(Shape):
    """One message of the assistant."""

    text = fields.String(required=True)
    buttons = fields.List(fields.Nested(ChatButton), required=True)


class ChatTurn(Shape):
    """What the assistant says: in its how many-th turn, and in which language."""

    turn = fields.Integer(required=True)
    locale = fields.String(required=True)
    messages = fields.List(fields.Nested(ChatMessage), required=True)


class ConversationBegun(ChatTurn):
    """A conversation: send the token as a bearer token; it ends after `expires_in` seconds."""

    token = fields.String(required=True)
    expires_in = fields.Integer(required=True)
