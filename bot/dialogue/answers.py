"""Answers about the visitor's data, said from the notice itself: why, for whom, how long, and whom to write to."""

from __future__ import annotations

from typing import Any

from bot.client import ApiRefused, FormApi
from bot.dialogue import replies
from bot.dialogue.replies import Reply
from bot.dialogue.sheet import Field, Sheet

DATA_QUESTIONS = ("ask_why_data", "ask_data_use", "ask_retention")
RIGHTS = ("withdraw_consent", "request_access", "request_erasure")


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


async def answer_rights(api: FormApi, sheet: Sheet) -> list[Reply]:
    """Say honestly where withdrawing, access and erasure are asked for: the controller's own contact in the notice."""
    try:
        whole = await api.get_notice(str(sheet.notice.get("hash", "")))
    except ApiRefused:
        whole = {}
    page = str(sheet.notice.get("page", ""))
    contact = _contact(whole)
    if contact is None:
        return [Reply(replies.RIGHTS_NO_CONTACT, {"page": page})]
    return [Reply(replies.RIGHTS, {"contact": contact, "page": page})]


def _recipients(purpose: dict[str, Any]) -> str:
    return "; ".join(f"{who.get('name', '')} ({who.get('country', '')})" for who in purpose.get("recipients", []))


def _contact(notice: dict[str, Any]) -> str | None:
    controller = notice.get("controller")
    if not isinstance(controller, dict):
        return None
    for key in ("privacy_email", "email", "contact"):
        value = controller.get(key)
        if isinstance(value, dict):
            value = value.get("email")
        if isinstance(value, str) and value:
            return value
    return None
