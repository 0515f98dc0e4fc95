"""Answers that stand in the catalogue: about the visitor's data, said from the notice itself (why, for whom, how long),
and about the company."""

from __future__ import annotations

from typing import Any

from bot.client import ApiAway, ApiRefused
from bot.dialogue import replies
from bot.dialogue.phrases import plain
from bot.dialogue.replies import Reply
from bot.dialogue.said import Said
from bot.dialogue.sheet import Field, Sheet
from bot.dialogue.turn import Desk

DATA_QUESTIONS = ("ask_why_data", "ask_data_use", "ask_retention")


def answer_data_question(intent: str, sheet: Sheet, field: Field | None) -> list[Reply]:
    """Answer one of `DATA_QUESTIONS` from the notice; with a field open, "why" is that field's own reason (H-20)."""
    if intent == "ask_why_data" and field is not None and field.why:
        return [Reply(replies.FIELD_WHY, {"label": field.label, "why": field.why})]
    page = str(sheet.notice.get("page", ""))
    if intent == "ask_retention":
        lines = [f"• {purpose['title']}: {purpose.get('retention', {}).get('text', '')}" for purpose in sheet.purposes]
        return [Reply(replies.RETENTION, {"lines": "\n".join(lines), "page": page})]
    if intent == "ask_data_use":
        lines = [f"• {purpose['title']}: {_recipients(purpose)}" for purpose in sheet.purposes]
        return [Reply(replies.DATA_USE, {"lines": "\n".join(lines), "page": page})]
    lines = [f"• {purpose['title']}: {purpose.get('text', '')}" for purpose in sheet.purposes]
    return [Reply(replies.WHY_DATA, {"lines": "\n".join(lines), "page": page})]


async def answer_product(said: Said, desk: Desk) -> Reply:
    """Answer a general question from the catalogue, by what it mentions; no data is asked for it (H-03)."""
    try:
        known = (await desk.api.answers(desk.language)).get("answers", [])
    except (ApiAway, ApiRefused):
        return Reply(replies.PRODUCT)
    asked = plain(said.text)
    for answer in known:
        if any(plain(stem) in asked for stem in answer.get("about", [])):
            return Reply(replies.VERBATIM, {"words": answer["text"]})
    return Reply(replies.PRODUCT)


async def when_people_answer(desk: Desk) -> list[Reply]:
    """Say when people answer, as the catalogue has it; nothing when the API does not say."""
    try:
        hours = (await desk.api.answers(desk.language)).get("opening_hours") or {}
    except (ApiAway, ApiRefused):
        return []
    return [Reply(replies.PEOPLE_ANSWER, {"hours": hours["text"]})] if hours.get("text") else []


def _recipients(purpose: dict[str, Any]) -> str:
    return "; ".join(f"{who.get('name', '')} ({who.get('country', '')})" for who in purpose.get("recipients", []))
