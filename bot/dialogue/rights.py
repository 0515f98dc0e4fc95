"""Taking back a yes, seeing what is kept, having it erased: asked for at any step.

What this conversation sent is acted on at once, by its receipt. For everything else an address is asked, and the answer
is the same whether it is known or not: a link to it proves whose it is (S-02, S-03). The address is handed on and not
kept here.
"""

from __future__ import annotations

from contextlib import suppress

from bot.client import ApiAway, ApiRefused
from bot.dialogue import asides, replies
from bot.dialogue.details import find_email
from bot.dialogue.named import purpose_titled
from bot.dialogue.questions import KNOWN_ADDRESS, known_address, open_question, show_notice
from bot.dialogue.replies import Offer, Reply
from bot.dialogue.said import SURE, Said
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import Stage, State
from bot.dialogue.turn import Desk, Turn

RIGHTS = {"withdraw_consent": "withdraw", "request_access": "access", "request_erasure": "erasure"}
INTENTS = {right: intent for intent, right in RIGHTS.items()}
ELSEWHERE = "elsewhere"  # on a button: about data that was not sent in this conversation
MOST_TRIES = 2


async def ask_for_right(state: State, said: Said, desk: Desk) -> Turn:
    """Do at once what can be done here; ask for the address for the rest."""
    right = RIGHTS[said.intent]
    is_sure = said.button is not None or said.confidence >= SURE
    done: list[Reply] = []
    if said.detail != ELSEWHERE:
        state, done = await _act_here(right, state, said, desk, is_sure=is_sure)
    if address := find_email(said.text):
        turn = await _hand_on(state.pausing_for(right), address, desk)
        return Turn(turn.state, [*done, *turn.says], turn.is_over)
    if done and right != "access":
        more = Offer(f"{INTENTS[right]}:{ELSEWHERE}", "elsewhere")
        return _back(state, [*done[:-1], Reply(done[-1].name, done[-1].values, (more,))])
    asking = state.pausing_for(right)
    return Turn(asking, [*done, *open_question(asking)])


async def address_answered(state: State, said: Said, desk: Desk) -> Turn:
    """Take the address a right is about."""
    if said.detail == KNOWN_ADDRESS and (known := known_address(state)):
        return await _hand_on(state, str(known["value"]), desk)
    if address := find_email(said.text):
        return await _hand_on(state, address, desk)
    if said.intent in ("deny", "decline_field", replies.CANCEL) and (said.button or said.confidence >= asides.PLAIN):
        return await resume(state, [Reply(replies.RIGHTS_LEFT)], desk)
    if "@" in said.text:
        return await _hand_on(state, said.text.strip(), desk)  # the API says what is wrong with it
    if state.tries + 1 < MOST_TRIES:
        return Turn(state.but(tries=state.tries + 1), [Reply(replies.FIELD_NOT_UNDERSTOOD), *open_question(state)])
    return await resume(state, [await _whom_to_write_to(state, desk)], desk)


async def resume(state: State, says: list[Reply], desk: Desk) -> Turn:
    """Go back to the question that waited; to none when there was none."""
    back = state.resumed()
    if back.stage is not None and Sheet(back.sheet or {}).form.get("locale") != desk.language and back.form:
        sheet = Sheet(await desk.api.get_form(back.form, desk.language))
        again = back.shown_anew(sheet.form)
        return Turn(again, [*says, *show_notice(sheet)])
    return _back(back, says)


def _back(state: State, says: list[Reply]) -> Turn:
    if state.stage is None:
        return Turn(state, says, is_over=True)
    return Turn(state, [*says, *open_question(state)])


async def _act_here(right: str, state: State, said: Said, desk: Desk, *, is_sure: bool) -> tuple[State, list[Reply]]:
    if right == "access":
        receipts = "\n".join(str(one["receipt"]) for one in state.sent)
        return state, [Reply(replies.RIGHTS_RECEIPT, {"receipts": receipts})] if receipts else []
    done: list[Reply] = []
    if state.sent and is_sure:
        state, done = await _act_on_what_was_sent(right, state, said, desk)
    if state.form is None or state.stage in (None, Stage.SENDING):
        return state, done
    if right == "erasure" and is_sure:
        with suppress(ApiAway, ApiRefused):  # dropped all the same
            await desk.api.refuse(Sheet(state.sheet or {}).key, Sheet(state.sheet or {}).presentation)
        return state.cleared(known={}), [Reply(replies.DROPPED), *done]
    if right == "withdraw" and any(state.decisions.values()):
        return state.but(decisions=dict.fromkeys(state.decisions, False)), [Reply(replies.YES_TAKEN_BACK), *done]
    return state, done


async def _act_on_what_was_sent(right: str, state: State, said: Said, desk: Desk) -> tuple[State, list[Reply]]:
    said_of: dict[str, None] = {}
    named = [purpose_titled(said.text, one["agreed"]) for one in state.sent]
    for receipt, purpose in zip(state.receipts, named, strict=True):
        if any(named) and purpose is None and right == "withdraw":
            continue  # "stop the newsletter" is about that, not about the demo that was asked for
        with suppress(ApiRefused):  # it is gone already
            if right == "withdraw":
                done = await desk.api.withdraw(receipt, [purpose] if purpose else None)
            else:
                done = await desk.api.erase(receipt)
            said_of[str(done.get("text", ""))] = None
    left = state if right == "withdraw" else state.but(sent=(), known={})
    return left, [Reply(replies.VERBATIM, {"words": "\n".join(said_of)})] if said_of else []


async def _hand_on(state: State, address: str, desk: Desk) -> Turn:
    try:
        asked = await desk.api.ask_for_right(str(state.right), address, desk.language)
    except ApiRefused as refusal:
        reason = next((str(problem.get("text", "")) for problem in refusal.field_problems.values()), "")
        if reason:
            return Turn(state, [Reply(replies.FIELD_NOT_GOOD, {"reason": reason}), *open_question(state)])
        return await resume(state, [await _whom_to_write_to(state, desk)], desk)
    return await resume(state, [Reply(replies.VERBATIM, {"words": str(asked.get("text", ""))})], desk)


async def _whom_to_write_to(state: State, desk: Desk) -> Reply:
    """Return the controller's own contact, from the notice."""
    sheet = Sheet(state.sheet or await desk.api.get_form(state.last_form or desk.topics.person, desk.language))
    try:
        whole = await desk.api.get_notice(str(sheet.notice.get("hash", "")))
    except ApiRefused:
        whole = {}
    page = str(sheet.notice.get("page", ""))
    controller = whole.get("controller")
    contact = controller.get("email") if isinstance(controller, dict) else None
    if not contact:
        return Reply(replies.RIGHTS_NO_CONTACT, {"page": page})
    return Reply(replies.RIGHTS, {"contact": contact, "page": page})
