"""The questions of a form: the notice, the fields, the purposes, the summary."""

from __future__ import annotations

from typing import Any

from bot.dialogue import replies
from bot.dialogue.replies import Offer, Reply
from bot.dialogue.sheet import Field, Sheet
from bot.dialogue.state import Stage, State
from bot.dialogue.turn import Turn

WHY = Offer(replies.ASK_WHY_DATA, "why")
SKIP = Offer(replies.DECLINE_FIELD, "skip")
CANCEL = Offer(replies.CANCEL, "cancel")
KNOWN_ADDRESS = "known_email"
TRY_AGAIN_OR_CANCEL = (Offer(replies.TRY_AGAIN, "try_again"), CANCEL)


def show_notice(sheet: Sheet) -> list[Reply]:
    """Return the notice as it is, how answers are scored if they are (N-13), the link to all of it, and the question
    (H-02, C-08)."""
    page = str(sheet.notice.get("page", ""))
    return [
        Reply(replies.NOTICE_INTRO, {"title": sheet.form.get("title", "")}),
        Reply(replies.VERBATIM, {"words": sheet.notice.get("short", "")}),
        *([Reply(replies.VERBATIM, {"words": scoring})] if (scoring := sheet.notice.get("scoring")) else []),
        Reply(replies.NOTICE_LINK, {"page": page}),
        notice_question(),
    ]


def notice_question() -> Reply:
    """Return the question that stands alone after the notice."""
    return Reply(replies.NOTICE_QUESTION, offers=replies.YES_NO)


def ask_next(state: State) -> Turn:
    """Ask the next thing that is not known yet: a field, a purpose, whether a yes counts, then whether to send."""
    sheet = Sheet(state.sheet or {})
    field = next((field for field in sheet.fields() if _is_open(field, state, sheet)), None)
    if field is not None:
        asking = state.asking(Stage.FIELD, field.name)
    else:
        purpose = next((purpose for purpose in sheet.opt_ins if _is_undecided(purpose["id"], state, sheet)), None)
        asking = state.asking(Stage.PURPOSE, purpose["id"]) if purpose else _after_the_decisions(state, sheet)
    return Turn(asking, open_question(asking))


def open_question(state: State) -> list[Reply]:
    """Return the question that is open, to be asked for the first time or again."""
    sheet = Sheet(state.sheet or {})
    if state.stage is Stage.NOTICE:
        return [notice_question()]
    if state.stage is Stage.REUSE:
        return [reuse_question(state)]
    if state.stage is Stage.FIELD and (field := sheet.field(state.asked)):
        return [field_question(field, sheet)]
    if state.stage is Stage.PURPOSE and (purpose := sheet.opt_in(state.asked)):
        # How a yes is taken back stands before the control (N-10).
        withdraw = Reply(replies.VERBATIM, {"words": sheet.notice.get("withdraw", "")})
        question = purpose.get("question") or purpose.get("label", "")
        return [withdraw, Reply(replies.PURPOSE_QUESTION, {"question": question}, replies.YES_NO)]
    if state.stage is Stage.AGE and sheet.age:
        return age_question(sheet.age)
    if state.stage is Stage.CORRECT:
        return [what_to_correct(state)]
    if state.stage is Stage.RIGHTS:
        return [address_question(state)]
    if state.stage is Stage.SENDING:
        return [Reply(replies.SENT_UNKNOWN, offers=TRY_AGAIN_OR_CANCEL)]
    return [Reply(replies.SUMMARY, {"lines": "\n".join(_summary_lines(state, sheet))}), summary_question()]


def question_at_hand(state: State) -> list[Reply]:
    """Return what to say to somebody who comes back: the open question, with the notice where that is what is open."""
    if state.stage is None or (state.sheet is None and state.stage is not Stage.RIGHTS):
        return [Reply(replies.WHAT_CAN_I_DO)]
    if state.stage is Stage.NOTICE:
        return show_notice(Sheet(state.sheet or {}))
    return open_question(state)


def reuse_question(state: State) -> Reply:
    """Offer what was found in the texts typed before the yes, masked as the API masks it (H-02, H-16)."""
    sheet = Sheet(state.sheet or {})
    found = [
        f"• {field.label}: {shown(state.offered[field.name])}"
        for field in sheet.fields()
        if field.name in state.offered
    ]
    return Reply(replies.REUSE_QUESTION, {"lines": "\n".join(found)}, replies.YES_NO)


def age_question(age: dict[str, Any]) -> list[Reply]:
    """Ask whether the visitor is old enough for a yes to count, with the two answers alike (K-01, N-19)."""
    offers = (Offer(replies.AFFIRM, title=age["yes"]), Offer(replies.DENY, title=age["no"]))
    why = Reply(replies.VERBATIM, {"words": age["why"]})
    return [why, Reply(replies.PURPOSE_QUESTION, {"question": age["question"]}, offers)]


def address_question(state: State) -> Reply:
    """Ask whose data a right is about, with the address given in this conversation on a button, masked (H-16)."""
    known = known_address(state)
    offers = (Offer(f"{replies.INFORM}:{KNOWN_ADDRESS}", title=shown(known)),) if known else ()
    return Reply(replies.RIGHTS_ADDRESS, offers=(*offers, CANCEL))


def known_address(state: State) -> dict[str, Any] | None:
    """Return the e-mail address that was given in this conversation."""
    return state.values.get("email") or state.known.get("email")


def field_question(field: Field, sheet: Sheet) -> Reply:
    """Ask one field in the catalogue's words, saying whether it may be left out (N-12, H-20)."""
    # No detail of a choice is typed text: the value comes back as the button says it.
    choices = tuple(Offer(f"{replies.INFORM}:{value}", title=label) for value, label in field.choices)
    choices += tuple(Offer(f"{replies.INFORM}:{value}", title=str(value)) for value in field.scale)
    if field.is_optional:
        return Reply(replies.FIELD_OPTIONAL, {"question": field.question}, (*choices, SKIP, WHY))
    others = [other.label for other in sheet.group_of(field) if other.name != field.name]
    if others:
        return Reply(replies.FIELD_ONE_OF, {"question": field.question, "others": ", ".join(others)}, (*choices, WHY))
    return Reply(replies.FIELD_REQUIRED, {"question": field.question}, (*choices, WHY))


def summary_question() -> Reply:
    """Ask whether to send what was understood."""
    offers = (Offer(f"{replies.AFFIRM}:send", "send"), Offer(replies.CORRECT_DETAILS, "correct"), CANCEL)
    return Reply(replies.SUMMARY_QUESTION, offers=offers)


def what_to_correct(state: State) -> Reply:
    """Ask which answer to change, a button for each."""
    sheet = Sheet(state.sheet or {})
    offers = [Offer(f"{replies.CORRECT_DETAILS}:{field.name}", title=field.label) for field in sheet.fields()]
    decided = [purpose for purpose in sheet.opt_ins if purpose["id"] in state.decisions]
    offers += [Offer(f"{replies.CORRECT_DETAILS}:{purpose['id']}", title=purpose["title"]) for purpose in decided]
    return Reply(replies.WHAT_TO_CORRECT, offers=(*offers, CANCEL))


def shown(kept: dict[str, object]) -> str:
    """Return a kept value as it may be shown: masked where the API masks it."""
    return str(kept.get("masked") or kept.get("value", ""))


def _after_the_decisions(state: State, sheet: Sheet) -> State:
    # Only a yes needs it: nobody else is asked.
    is_asked = sheet.age is not None and state.age is None and any(state.decisions.values())
    return state.asking(Stage.AGE) if is_asked else state.asking(Stage.SUMMARY)


def _is_open(field: Field, state: State, sheet: Sheet) -> bool:
    if not field.applies(state.values):
        return False
    group = sheet.group_of(field)
    if any(other.name in state.values for other in group):
        return False  # one of a group is enough: the other is not asked for (M-02)
    return field.name not in state.skipped


def _is_undecided(purpose: str, state: State, sheet: Sheet) -> bool:
    # News by e-mail are not offered to somebody who gave only a phone number: there would be nothing to send them to.
    serves = [field.name for field in sheet.fields() if purpose in field.purposes]
    return purpose not in state.decisions and (not serves or any(name in state.values for name in serves))


def _summary_lines(state: State, sheet: Sheet) -> list[str]:
    lines = [
        f"• {field.label}: {shown(state.values[field.name])}" for field in sheet.fields() if field.name in state.values
    ]
    decided = [purpose for purpose in sheet.opt_ins if purpose["id"] in state.decisions]
    signs = {True: "✓", False: "✗"}
    lines += [f"{signs[state.decisions[one['id']]]} {one['title']}" for one in decided]
    return lines + [one.get("label") or one["title"] for one in sheet.acts]
