"""The only way in: the gateway of the public door hands over one turn at a time (H-08 to H-15).

`POST /webhooks/vestibule/conversations`, `POST …/messages`, `GET …/conversations/<id>`, `DELETE …/conversations/<id>`,
`GET …/` for health.
Whatever the body holds beside strings of a fair length is refused; a text that begins with a slash is a text; a button
counts only on the turn after it was offered. A turn happens wholly or not at all: it is cut after eight seconds, and
then nothing of it is kept.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.dialogue.conversation import take_back_lost_turn
from bot.dialogue.phrases import plain
from bot.dialogue.questions import question_at_hand
from bot.dialogue.replies import AFFIRM, CHOOSE_FORM, DENY, Reply
from bot.dialogue.said import NOT_A_COMMAND, is_plain_yes
from bot.dialogue.state import State
from bot.memory import MOST_CONVERSATIONS, Memory, Record
from bot.settings import read_token
from bot.tracker_store import DESK
from bot.wording import Lexicon, Words, load_wording

LOG = logging.getLogger("vestibule.channel")
NAME = "vestibule"
OPENING = "open_chat"
LONGEST_TEXT = 2_000
LONGEST_BODY = 16 * 1024  # what the gateway admits, 8 KiB, and what it adds
LONGEST_LOCALE = 16
LONGEST_PAGE = 500
LONGEST_BUTTON = 200
MOST_TURNS = 60
MOST_INSIDE = 2
TURN_SECONDS = 8.0
SWEEP_SECONDS = 60.0
CONVERSATION = re.compile(r"[A-Za-z0-9_-]{16,128}")


class Refused(Exception):
    """A request is answered with a status and a code; nothing of it reaches Rasa."""

    def __init__(self, status: int, code: str) -> None:
        self.status = status
        self.code = code
        super().__init__(code)


class Replies(CollectingOutputChannel):  # type: ignore[misc]
    """Collects what the bot says, unchanged: Rasa's own would cut a text at empty lines."""

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:  # noqa: ARG002 - Rasa's shape
        """Take a message as it was made."""
        buttons = [{"payload": one["payload"], "title": one["title"]} for one in message.get("buttons") or []]
        self.messages.append({"text": message.get("text") or "", "buttons": buttons})


@dataclass(frozen=True)
class Message:
    """A request to `messages`, checked: exactly one of `text` and `button`."""

    conversation: str
    locale: str
    page: str
    text: str = ""
    button: str | None = None
    turn: int = 0


@dataclass
class Locks:
    """One lock per conversation in use: a second message waits for the first, and a third is not taken.

    Else one conversation could hold every place that the gateway has for all of them.
    """

    held: dict[str, asyncio.Lock] = field(default_factory=dict)
    inside: dict[str, int] = field(default_factory=dict)  # the one that acts and those that wait

    async def __call__(
        self, conversation: str, act: Callable[[], Awaitable[HTTPResponse]], most: int = MOST_INSIDE
    ) -> HTTPResponse:
        """Act while nobody else acts on this conversation.

        :raises Refused: `too_fast`, at once, when `most` are inside.
        """
        if self.inside.get(conversation, 0) >= most:
            raise Refused(429, "too_fast")
        lock = self.held.setdefault(conversation, asyncio.Lock())
        self.inside[conversation] = self.inside.get(conversation, 0) + 1
        try:
            async with lock:
                return await act()
        finally:
            self.inside[conversation] -= 1
            if not self.inside[conversation]:
                del self.held[conversation], self.inside[conversation]


class GatewayChannel(InputChannel):  # type: ignore[misc]
    """Named in credentials.yml."""

    def __init__(
        self, token: str, turn_seconds: float = TURN_SECONDS, most_conversations: int = MOST_CONVERSATIONS
    ) -> None:
        self._token = token.encode()
        self._turn_seconds = turn_seconds
        self._most_conversations = most_conversations
        self._locks = Locks()
        self._wording = load_wording()

    @classmethod
    def name(cls) -> str:
        """Return the channel's name, which is also its path."""
        return NAME

    @classmethod
    def from_credentials(cls, _credentials: dict[str, Any] | None) -> GatewayChannel:
        """Read the gateway's token; without one Rasa does not start."""
        return cls(read_token("GATEWAY_TOKEN"))

    def blueprint(self, _on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("gateway_channel")

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            ready = request.app.ctx.agent is not None and request.app.ctx.agent.is_ready()
            return json_response({"status": "ok" if ready else "starting"}, 200 if ready else 503)

        @routes.post("/conversations")
        async def open_conversation(request: Request) -> HTTPResponse:
            return await self._answer(request, self._open)

        @routes.post("/messages")
        async def take_message(request: Request) -> HTTPResponse:
            return await self._answer(request, self._take)

        @routes.get("/conversations/<conversation>")
        async def look(request: Request, conversation: str) -> HTTPResponse:
            return await self._answer(request, lambda inner: self._look(inner, conversation))

        @routes.delete("/conversations/<conversation>")
        async def forget(request: Request, conversation: str) -> HTTPResponse:
            return await self._answer(request, lambda inner: self._forget(inner, conversation))

        @routes.listener("after_server_start")
        async def begin_sweeping(app: Sanic, _loop: object) -> None:
            app.add_task(_sweep_for_ever(app))

        return routes

    async def _answer(self, request: Request, act: Callable[[Request], Awaitable[HTTPResponse]]) -> HTTPResponse:
        try:
            self._admit(request)
            return await act(request)
        except Refused as refused:
            return json_response({"code": refused.code}, refused.status)
        except Exception as error:  # noqa: BLE001 - a door: Rasa's way would log the text and the local variables
            LOG.error("channel.failed error=%s", type(error).__name__)
            return json_response({"code": "failed"}, 500)

    def _admit(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), b"Bearer " + self._token):
            raise Refused(401, "unauthorised")
        if len(request.body) > LONGEST_BODY:
            raise Refused(413, "body_too_long")

    async def _open(self, request: Request) -> HTTPResponse:
        body = _read_body(request)
        conversation = _conversation(body)
        said = Message(conversation, _string(body, "locale", LONGEST_LOCALE), _string(body, "page", LONGEST_PAGE))
        memory = _memory(request)
        if await memory.sweep() >= self._most_conversations:
            raise Refused(503, "too_many_conversations")

        async def act() -> HTTPResponse:
            # An id that is open already begins anew: nothing of the old one may be seen by the new one.
            await memory.forget(conversation)
            heard = UserMessage(
                text="",
                output_channel=Replies(),
                sender_id=conversation,
                parse_data=_parsed(OPENING),
                input_channel=NAME,
                metadata={"locale": said.locale, "page": said.page},
            )
            return await self._turn(request, heard, memory, turn=0)

        return await self._locks(conversation, act)

    async def _take(self, request: Request) -> HTTPResponse:
        said = _read_message(_read_body(request))
        memory = _memory(request)

        async def act() -> HTTPResponse:
            record = await memory.read(said.conversation)
            if record is None or DESK not in record:
                raise Refused(404, "conversation_unknown")
            turn = int(record[DESK]["turn"])
            if turn >= MOST_TURNS:
                raise Refused(429, "too_many_turns")
            state = State.from_slots(record.get("slots", {}))
            heard = _as_the_button_typed(said, record[DESK], self._words(state, said.locale).lexicon)
            if said.button is not None and (said.turn != turn or said.button not in record[DESK]["offered"]):
                raise Refused(409, "button_stale")
            return await self._turn(request, _user_message(heard), memory, turn=turn + 1)

        return await self._locks(said.conversation, act)

    async def _turn(self, request: Request, heard: UserMessage, memory: Memory, *, turn: int) -> HTTPResponse:
        before = await memory.read(heard.sender_id) or {}
        messages = await self._handle(request, heard)
        if messages:
            record = await memory.read(heard.sender_id) or {}
        else:
            record, messages = self._take_back(heard, before)
        buttons = [button for message in messages for button in message["buttons"]]
        record[DESK] = {"turn": turn, "offered": [button["payload"] for button in buttons], "buttons": buttons}
        await memory.write(heard.sender_id, record)
        words = self._words(State.from_slots(record.get("slots", {})), heard.metadata["locale"])
        return json_response({"turn": turn, "locale": words.language, "messages": messages})

    async def _handle(self, request: Request, heard: UserMessage) -> list[Record]:
        """Let Rasa take the turn; an empty list says that it could not."""
        task = asyncio.ensure_future(request.app.ctx.agent.handle_message(heard))
        try:
            await asyncio.wait_for(task, self._turn_seconds)
        except asyncio.TimeoutError:
            LOG.error("channel.turn_cut")
            return []
        except Exception as error:  # noqa: BLE001 - must not reach a logger: it may hold the text
            LOG.error("channel.turn_failed error=%s", type(error).__name__)
            return []
        return list(heard.output_channel.messages)

    def _take_back(self, heard: UserMessage, before: Record) -> tuple[Record, list[Record]]:
        """Return record and messages after a turn in which nothing was said: it failed on the way."""
        state = State.from_slots(before.get("slots", {}))
        turn = take_back_lost_turn(state, heard.metadata.get("button"))
        words = self._words(state, heard.metadata["locale"])
        messages = [_message(reply, words) for reply in turn.says]
        if turn.state == state:
            messages[-1]["buttons"] = before.get(DESK, {}).get("buttons", [])
            return before, messages
        slots = {**before["slots"], **turn.state.to_slots()}
        return {**before, "slots": {name: value for name, value in slots.items() if value is not None}}, messages

    async def _look(self, request: Request, conversation: str) -> HTTPResponse:
        """Say again what is open, for a page that was loaded anew: made from where the conversation stands, since
        nothing that was said is kept. It is no turn: the buttons are those that count already."""
        locale = request.args.get("locale", "")
        if not CONVERSATION.fullmatch(conversation):
            raise Refused(404, "conversation_unknown")

        async def act() -> HTTPResponse:
            record = await _memory(request).read(conversation)
            if record is None or DESK not in record:
                raise Refused(404, "conversation_unknown")
            state = State.from_slots(record.get("slots", {}))
            words = self._words(state, locale)
            messages = [{**_message(reply, words), "buttons": []} for reply in question_at_hand(state)]
            messages[-1]["buttons"] = record[DESK]["buttons"]
            return json_response({"turn": record[DESK]["turn"], "locale": words.language, "messages": messages})

        return await self._locks(conversation, act)

    def _words(self, state: State, locale: str) -> Words:
        return self._wording.for_language(state.language or locale)

    async def _forget(self, request: Request, conversation: str) -> HTTPResponse:
        if not CONVERSATION.fullmatch(conversation):
            raise Refused(404, "conversation_unknown")
        memory = _memory(request)

        async def act() -> HTTPResponse:
            await memory.forget(conversation)
            return HTTPResponse(status=204)

        # One place more than messages have: they cannot keep a conversation from being forgotten (H-19).
        return await self._locks(conversation, act, most=MOST_INSIDE + 1)


def _message(reply: Reply, words: Words) -> Record:
    buttons = [{"payload": offer.payload, "title": words.title(offer.title, offer.word)} for offer in reply.offers]
    return {"text": words.say(reply.name, reply.values), "buttons": buttons}


async def _sweep_for_ever(app: Sanic) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            await app.ctx.agent.tracker_store.memory.sweep()
        except Exception as error:  # noqa: BLE001 - a Redis that is away for a while must not end the sweeping
            LOG.error("channel.sweep_failed error=%s", type(error).__name__)


def _memory(request: Request) -> Memory:
    memory: Memory = request.app.ctx.agent.tracker_store.memory
    return memory


def _read_body(request: Request) -> Record:
    try:
        body = json.loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused(400, "body_not_json") from None
    if not isinstance(body, dict):
        raise Refused(400, "body_not_an_object")
    return body


def _read_message(body: Record) -> Message:
    common: Record = {
        "conversation": _conversation(body),
        "locale": _string(body, "locale", LONGEST_LOCALE),
        "page": _string(body, "page", LONGEST_PAGE),
    }
    if ("text" in body) == ("button" in body):
        raise Refused(400, "text_or_button")
    if "text" in body:
        text = _string(body, "text", LONGEST_TEXT).strip()
        if not text:
            raise Refused(400, "text_empty")
        return Message(**common, text=text)
    turn = body.get("turn")
    if type(turn) is not int:
        raise Refused(400, "turn_invalid")
    return Message(**common, button=_string(body, "button", LONGEST_BUTTON), turn=turn)


def _as_the_button_typed(said: Message, desk: Record, lexicon: Lexicon) -> Message:
    """Take the exact words of an offered button for the button, and a yes for the one form that is offered; a yes or a
    no to a question is heard by its own rule (C-08)."""
    typed = plain(said.text).strip(" .!")
    offered = [one["payload"] for one in desk["buttons"]]
    meant = [one["payload"] for one in desk["buttons"] if typed and typed == plain(one["title"]).strip(" .!")]
    if len(offered) == 1 and offered[0].startswith(f"{CHOOSE_FORM}:") and is_plain_yes(said.text, lexicon):
        meant = offered
    if said.button is not None or len(meant) != 1 or meant[0].partition(":")[0] in (AFFIRM, DENY):
        return said
    return Message(said.conversation, said.locale, said.page, button=meant[0], turn=said.turn)


def _conversation(body: Record) -> str:
    conversation = body.get("conversation")
    if not isinstance(conversation, str) or not CONVERSATION.fullmatch(conversation):
        raise Refused(400, "conversation_invalid")
    return conversation


def _string(body: Record, name: str, longest: int) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Refused(400, f"{name}_invalid")
    if len(value) > longest:
        raise Refused(413 if name == "text" else 400, f"{name}_too_long")
    # A lone surrogate is no text, and a NUL or an escape sequence none that anybody means to send.
    value = value.encode("utf-8", "ignore").decode("utf-8")
    return "".join(sign for sign in value if sign >= " " or sign in "\n\t")


def _user_message(said: Message) -> UserMessage:
    metadata = {"locale": said.locale, "page": said.page}
    if said.button is not None:
        intent = said.button.partition(":")[0]
        metadata["button"] = said.button
        parsed: Record | None = _parsed(intent)
    else:
        parsed = None
    # Rasa obeys a text that begins with a slash as a command; with this sign before it, it is a text (H-09).
    text = NOT_A_COMMAND + said.text if said.text.startswith("/") else said.text
    return UserMessage(
        text=text,
        output_channel=Replies(),
        sender_id=said.conversation,
        parse_data=parsed,
        input_channel=NAME,
        metadata=metadata,
    )


def _parsed(intent: str) -> Record:
    return {"text": "", "intent": {"name": intent, "confidence": 1.0}, "intent_ranking": [], "entities": []}
