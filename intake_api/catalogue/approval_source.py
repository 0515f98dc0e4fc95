"""`approve_automatically` of a form: which leads need nobody who approves them. Left out, all do."""

from intake_api.catalogue.entry import Entry
from intake_api.rules.approval import ApprovalRule

HOW = "Write {version: 1, score_at_least: 50}; the address counts as confirmed only by a link that was mailed to it."


def read_approval(entry: Entry, *, is_scored: bool) -> ApprovalRule | None:
    """Read the rule of a form.

    :param is_scored: whether the form has a score that can be asked for.
    """
    if "approve_automatically" not in entry.values:
        return None
    said = entry.entry("approve_automatically", HOW)
    said.only("version", "score_at_least", "confirmed_email")
    version = said.whole("version", 1, 10_000)
    score = said.whole("score_at_least", 1, 10_000) if "score_at_least" in said.values else 0
    confirmed = said.flag("confirmed_email") if "confirmed_email" in said.values else True
    if score and not is_scored:
        said.wrong("score_at_least", "asks for points, though this form has no score.", "Write its qualification.")
    if not score and not confirmed:
        said.wrong("confirmed_email", "leaves nothing to ask for: each lead would go.", HOW)
    return ApprovalRule(version, score, confirmed)
