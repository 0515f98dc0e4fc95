"""The words each script is given, in every language: those of the pages where they say the same, else its own."""

from collections.abc import Mapping
from typing import Any

from intake_api.web.words import Words

# The name a script has for a word, and where it stands in `web/words/<locale>.yml`.
LINE_WORDS = {
    "title": "chat.title",
    "open": "chat.open",
    "away": "chat.away",
    "form": "chat.form",
    "retry": "chat.retry",
    "loading": "embed.loading",
    "form_away": "embed.form_away",
}
FORM_WORDS = {
    "notice": "form.notice",
    "whole_notice": "form.whole_notice",
    "questions": "form.questions",
    "please_choose": "form.please_choose",
    "decisions": "form.decisions",
    "decisions_hint": "form.decisions_hint",
    "sending": "form.sending",
    "leave_empty": "form.leave_empty",
    "refuse": "answers.refuse",
    "decline": "embed.decline",
    "close": "embed.close",
    "step": "form.page",
    "next": "form.continue",
    "back": "form.back",
    "check": "form.check_title",
    "missing": "embed.missing",
    "heading": "problems.heading",
    "decision_missing": "problems.decision_missing",
    "presentation_unknown": "problems.presentation_unknown",
    "presentation_expired": "problems.presentation_expired",
    "presentation_used": "problems.presentation_used",
    "presentation_mismatch": "problems.presentation_mismatch",
    "unavailable": "problems.unavailable",
    "no_answer": "embed.no_answer",
    "not_sent": "embed.not_sent",
    "form_away": "embed.form_away",
    "thanks": "thanks.title",
    "reference": "thanks.reference",
    "happens_next": "thanks.next",
    "receipt": "thanks.receipt",
    "receipt_text": "thanks.receipt_text",
    "receipt_link": "thanks.receipt_link",
    "left_out": "thanks.left_out",
    "downloads": "thanks.downloads",
    "requested": "receipt.states.requested",
    "refused_title": "refused.title",
    "refused_text": "refused.text",
    "again": "refused.again",
    "late_title": "refused_late.title",
    "late_text": "refused_late.text",
    "too_young": "too_young.title",
}


def spoken(words: Words, places: Mapping[str, str]) -> dict[str, str]:
    """Choose the words of a script in a language."""
    return {name: _at(words, place) for name, place in places.items()}


def _at(words: Words, place: str) -> str:
    found: Any = words
    for key in place.split("."):
        found = found[key]
    return str(found)
