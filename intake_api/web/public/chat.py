"""The chat gateway: the only way from the open internet to Rasa (H-08 to H-11, H-15).

It issues the conversation's token, bounds size, rate and time, and turns buttons into sealed ids. Nothing of what is
said is kept or logged here.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, g

from intake_api.web.access import bearer, open_to
from intake_api.web.answers import json_answer, nothing
from intake_api.web.door import Door, door
from intake_api.web.errors import RequestProblem
from intake_api.web.limits import CHAT_BODY_BYTES, Bucket, Slots
from intake_api.web.public.chat_tokens import LASTS_SECONDS, ButtonUnknown, ChatTokens, TokenInvalid
from intake_api.web.public.rasa_channel import (
    ButtonStale,
    ChatAway,
    Conversation,
    ConversationGone,
    RasaChannel,
    Said,
    TooFast,
    TooManyTurns,
    Turn,
)
from intake_api.web.public.schemas.chat import ConversationBody, MessageBody
from intake_api.web.strict_json import read_json
from intake_api.web.strict_query import refuse_query

chat = Blueprint("chat", __name__)

KEY = "vestibule.chat"
BEGIN_BURST, BEGIN_PER_SECOND = 200, 5.0
# Fewer than a public door has threads: a Rasa that hangs must not keep the forms from being sent.
TURNS_AT_ONCE = 24
TOLD = (ConversationGone, ButtonStale, TooManyTurns, TooFast, ButtonUnknown)
AWAY = "The assistant is away at this moment. The form does the same: {form_page}"

_CONVERSATION, _MESSAGE = ConversationBody(), MessageBody()


@dataclass(frozen=True)
class Gateway:
    """What the gateway of one process holds."""

    channel: RasaChannel
    tokens: ChatTokens
    beginnings: Bucket
    turns: Slots


def open_gateway(app: Flask, here: Door) -> None:
    """Give an app its way to Rasa; nothing is connected before the first conversation."""
    secrets_ = here.settings.secrets
    app.extensions[KEY] = Gateway(
        RasaChannel(here.settings.rasa_url, secrets_.gateway_token),
        ChatTokens(secrets_.token_key),
        Bucket(burst=BEGIN_BURST, per_second=BEGIN_PER_SECOND),
        Slots(TURNS_AT_ONCE),
    )


def need_conversation() -> None:
    """Guard what belongs to one conversation: only its token opens it."""
    try:
        g.conversation = _gateway().tokens.open_conversation(bearer(), now=door().now())
    except TokenInvalid:
        raise RequestProblem("unauthorised", headers={"WWW-Authenticate": "Bearer"}) from None


@chat.post("/v1/chat/conversations")
@open_to("anyone")
def begin() -> Response:
    """Begin a conversation; the bot speaks first, and says what it is (H-01)."""
    refuse_query()
    here, gateway = door(), _gateway()
    body = cast("dict[str, str]", read_json(_CONVERSATION, max_bytes=CHAT_BODY_BYTES))
    if body["locale"] not in here.catalogue.locales:
        raise RequestProblem("locale_not_available", extra={"locales": list(here.catalogue.locales)})
    now = here.now()
    if not gateway.beginnings.take(at=now.timestamp()):
        raise RequestProblem("too_many_conversations", headers={"Retry-After": "5"})
    conversation = Conversation(secrets.token_urlsafe(24), body["locale"], _place(body["page"]))
    turn = _take_turn(conversation, lambda: gateway.channel.begin(conversation))
    answer = {
        "token": gateway.tokens.seal_conversation(conversation, now=now),
        **_said(conversation, turn),
        "expires_in": LASTS_SECONDS,
    }
    return json_answer(answer, 201)


@chat.post("/v1/chat/messages")
@open_to("conversation")
def say() -> Response:
    """Take one turn: a text, or a button that was offered."""
    refuse_query()
    gateway, conversation = _gateway(), cast("Conversation", g.conversation)
    body = cast("dict[str, str]", read_json(_MESSAGE, max_bytes=CHAT_BODY_BYTES))
    if ("text" in body) == ("button" in body):
        raise RequestProblem("body_invalid", "Send either a text or a button.")
    if "text" in body:
        turn = _take_turn(conversation, lambda: gateway.channel.say(conversation, body["text"]))
    else:
        turn = _take_turn(conversation, lambda: _press(gateway, conversation, body["button"]))
    return json_answer(_said(conversation, turn))


@chat.get("/v1/chat/conversations/current")
@open_to("conversation")
def look() -> Response:
    """Say again what is open, for a page that was loaded anew: what the assistant asks, not what was said."""
    refuse_query()
    gateway, conversation = _gateway(), cast("Conversation", g.conversation)
    return json_answer(_said(conversation, _take_turn(conversation, lambda: gateway.channel.look(conversation))))


@chat.delete("/v1/chat/conversations/current")
@open_to("conversation")
def forget() -> Response:
    """End a conversation and have Rasa forget it (H-19)."""
    refuse_query()
    gateway, conversation = _gateway(), cast("Conversation", g.conversation)
    _take_turn(conversation, lambda: gateway.channel.forget(conversation))
    return nothing()


def _press(gateway: Gateway, conversation: Conversation, button: str) -> Turn:
    number, payload = gateway.tokens.open_button(conversation, button)
    return gateway.channel.press(conversation, payload, number)


def _take_turn(conversation: Conversation, act: Callable[[], Any]) -> Any:
    """Speak to Rasa, if a slot is free, and tell in our words what went wrong."""
    with _gateway().turns.one() as is_free:
        if not is_free:
            raise _away(conversation)
        try:
            return act()
        except TOLD as error:
            raise RequestProblem(error.code) from None
        except ChatAway:
            raise _away(conversation) from None


def _away(conversation: Conversation) -> RequestProblem:
    here = door()
    forms = here.catalogue.forms
    form = conversation.page if conversation.page in forms else next(iter(forms))
    form_page = f"{here.settings.public_url}/f/{form}"
    return RequestProblem(
        ChatAway.code, AWAY.format(form_page=form_page), extra={"form_page": form_page}, headers={"Retry-After": "10"}
    )


def _said(conversation: Conversation, turn: Turn) -> dict[str, object]:
    messages = [_message(conversation, turn.number, said) for said in turn.messages]
    return {"turn": turn.number, "locale": turn.locale, "messages": messages}


def _message(conversation: Conversation, number: int, said: Said) -> dict[str, object]:
    seal = _gateway().tokens.seal_button
    buttons = [{"id": seal(conversation, number, each.payload), "title": each.title} for each in said.buttons]
    return {"text": said.text, "buttons": buttons}


def _place(page: str) -> str:
    """Keep where the visitor is, not what stands behind it: queries can carry anything (M-06)."""
    return page.partition("?")[0].partition("#")[0]


def _gateway() -> Gateway:
    found: Gateway = current_app.extensions[KEY]
    return found
