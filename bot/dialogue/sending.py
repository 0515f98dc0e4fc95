"""Sending a request once: also when the answer is lost on the way, and when somebody wants to stop it then."""

from __future__ import annotations

from bot.client import ApiAway, ApiRefused, Json
from bot.dialogue import questions, replies
from bot.dialogue.replies import Reply
from bot.dialogue.said import Heard, Said, hear_decision
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import Stage, State
from bot.dialogue.turn import Desk, Turn


async def send(state: State, desk: Desk) -> Turn:
    """Send the request; when nobody says whether it arrived, ask what to do about that."""
    try:
        sent = await _submit(state, desk)
    except ApiAway as away:
        if not away.may_have_acted:
            raise
        return not_known_to_arrive(state)
    return _arrived(replies.SENT, sent, state)


async def _submit(state: State, desk: Desk) -> Json:
    sheet = Sheet(state.sheet or {})
    submission = {
        "presentation": sheet.presentation,
        "locale": sheet.form.get("locale", desk.language),
        "fields": {name: kept["value"] for name, kept in state.values.items()},
        "decisions": dict(state.decisions),
        "attribution": {},
        **({"age": state.age} if state.age and any(state.decisions.values()) else {}),
    }
    # One key per showing of the notice: however often "send" is pressed or a turn is lost, it is one lead.
    return await desk.api.submit(sheet.key, submission, key=f"chat-{sheet.presentation}")


def _arrived(reply: str, sent: Json, state: State) -> Turn:
    sheet = Sheet(state.sheet or {})
    what_next = sent.get("what_next") or sheet.form.get("what_next", "")
    says = [
        Reply(reply, {"reference": sent.get("reference", ""), "what_next": what_next}),
        *(Reply(replies.DOWNLOAD, {"title": one["title"], "url": one["url"]}) for one in sent.get("downloads") or ()),
        Reply(replies.RECEIPT, {"receipt": sent.get("receipt", "")}),
    ]
    agreed = {one["id"]: one["title"] for one in sheet.purposes if state.decisions.get(one["id"], one in sheet.acts)}
    receipt = {
        "form": sheet.key,
        "reference": sent.get("reference", ""),
        "receipt": sent.get("receipt", ""),
        "agreed": agreed,
    }
    # Texts are not offered again: they were about this request.
    known = {
        field.name: state.values[field.name]
        for field in sheet.fields()
        if field.name in state.values and field.type != "long_text"
    }
    left = state.cleared(sent=(*state.sent, receipt), known={**state.known, **known})
    return Turn(left, says, is_over=True)


def not_known_to_arrive(state: State) -> Turn:
    """Ask whether to try again or to cancel."""
    sending = state.asking(Stage.SENDING)
    return Turn(sending, questions.open_question(sending))


async def sending_answered(state: State, said: Said, desk: Desk) -> Turn:
    """Take the answer to that."""
    heard = hear_decision(said, desk.words.lexicon)
    if heard is Heard.YES or said.means(replies.TRY_AGAIN, 1.0):
        return await send(state, desk)
    if heard is Heard.NO:
        return await call_back(state, desk)
    return not_known_to_arrive(state)


async def call_back(state: State, desk: Desk) -> Turn:
    """Close the showing, so that nothing sent on it can arrive any more; then ask what had arrived before."""
    sheet = Sheet(state.sheet or {})
    try:
        await desk.api.refuse(sheet.key, sheet.presentation)
    except ApiRefused as refusal:
        if refusal.code != "presentation_used":
            return not_known_to_arrive(state)
    try:
        # On a closed showing this keeps nothing: it gets the first answer, if there was one, or a refusal.
        sent = await _submit(state, desk)
    except ApiRefused as refusal:
        reply = replies.ALREADY_SENT if refusal.code == "idempotency_key_reused" else replies.CANCELLED
        return Turn(state.cleared(), [Reply(reply)], is_over=True)
    return _arrived(replies.TOO_LATE_TO_CANCEL, sent, state)
