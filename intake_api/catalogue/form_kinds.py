"""What kinds of forms there are, and what only some of them have: a pop-up's manners, pages, the event before it."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from intake_api.catalogue.definitions import FormField, Popup
from intake_api.catalogue.entry import Entry
from intake_api.rules.fields import ONE_OF
from intake_api.rules.follow_up import CONTACTS, FollowUp
from intake_api.rules.retention import DurationError, parse_duration

BUTTON, POPUP, SURVEY, FEEDBACK = "button", "popup", "survey", "feedback"
KINDS = ("landing", BUTTON, POPUP, SURVEY, FEEDBACK, "registration", "loyalty", "contest", "complaint", "order")
STAGES = ("early", "middle", "late")

# Kinds that give or do something for whoever sends them: that may never hang on a yes to something else (7(4)).
GIVING = ("registration", "loyalty", "contest", "complaint", "order")

DELAY = "delay"
TRIGGERS = (DELAY, "exit", "first_visit")
POSITIONS = ("top", "bottom", "side", "centre", "full")
EVENTS = ("support_closed", "trial_ended", "purchase", "half_year_of_use", "year_of_use")

# A window that opens by itself earlier than this interrupts reading; the question of a no comes again no sooner (C-10).
SHORTEST_DELAY, LONGEST_DELAY = 60, 3600
SHORTEST_QUIET, LONGEST_QUIET = 30, 730
LONGEST_FOLLOW_UP = 30
LONGEST_FIRST_RESPONSE = timedelta(hours=80)  # a fortnight of open days
MOST_FIELDS = {BUTTON: 1, POPUP: 2}


def read_popup(entry: Entry, kind: str, asked: int) -> Popup | None:
    """Read how a pop-up behaves, and that button and pop-up ask as little as fits in them; None for another kind."""
    if kind in MOST_FIELDS and asked > MOST_FIELDS[kind]:
        wrong = f"are {asked}, which is too much for a {kind}."
        entry.wrong("fields", wrong, f"Ask {MOST_FIELDS[kind]} at most, or write: kind: landing.")
    if kind != POPUP:
        if "popup" in entry.values:
            entry.wrong("popup", f"stands in a form of the kind {kind}.", "Write kind: popup, or take it out.")
        return None
    own = entry.entry("popup", "Write trigger, position, again_after_days and quiet_after_no_days.")
    own.only("trigger", "after_seconds", "position", "again_after_days", "quiet_after_no_days")
    trigger = own.one_of("trigger", TRIGGERS)
    if trigger and trigger != DELAY and "after_seconds" in own.values:
        own.wrong("after_seconds", f"stands beside the trigger {trigger}.", "Take it out, or write: trigger: delay.")
    return Popup(
        trigger=trigger,
        after_seconds=own.whole("after_seconds", SHORTEST_DELAY, LONGEST_DELAY) if trigger == DELAY else None,
        position=own.one_of("position", POSITIONS),
        again_after_days=own.whole("again_after_days", 1, 365),
        quiet_after_no_days=own.whole("quiet_after_no_days", SHORTEST_QUIET, LONGEST_QUIET),
    )


def read_pages(entry: Entry, asked: Sequence[FormField]) -> tuple[tuple[str, ...], ...]:
    """Read which fields stand on which page: every field once, in the order in which it is asked."""
    listed = entry.values.get("pages")
    if listed is None:
        return ()
    how = "Write the names of the fields, a list for each page: [[rating], [comment]]."
    if not isinstance(listed, list) or len(listed) < 2 or not all(_is_page(page) for page in listed):
        entry.wrong("pages", "is not a list of at least two pages.", how)
        return ()
    pages = tuple(tuple(page) for page in listed)
    named = [name for page in pages for name in page]
    if named != [field.name for field in asked]:
        order = ", ".join(field.name for field in asked)
        entry.wrong("pages", "does not have every field once, in its order.", f"Put on pages, in this order: {order}.")
        return ()
    _check_groups(entry, pages, asked)
    return pages


def read_event(entry: Entry, kind: str) -> str | None:
    """Read what happened before feedback is asked for; another kind has no such thing."""
    if "event" not in entry.values:
        return None
    if kind and kind != FEEDBACK:
        entry.wrong("event", f"stands in a form of the kind {kind}.", "Write kind: feedback, or take it out.")
    return entry.one_of("event", EVENTS)


def read_follow_up(entry: Entry, asked: Sequence[FormField]) -> FollowUp | None:
    """Read which score makes a follow-up due: of a form that asks how to reach whoever gave it."""
    if "follow_up" not in entry.values:
        return None
    own = entry.entry("follow_up", "Write {field: rating, at_most: 6, within_days: 2}.")
    own.only("field", "at_most", "within_days")
    name = own.text("field", "Write the name of a whole number that this form asks.")
    rule = next((field.rule for field in asked if field.name == name and field.rule.type == "integer"), None)
    if rule is None:
        numbers = ", ".join(field.name for field in asked if field.rule.type == "integer") or "none"
        own.wrong("field", f"is {name}, which is no whole number of this form.", f"Its numbers are: {numbers}.")
        return None
    if not any(field.rule.type in CONTACTS for field in asked):
        instead = "Ask an e-mail address or a phone number of whoever is not content, or take it out."
        own.wrong("field", "makes a follow-up due though nobody could be reached.", instead)
    at_most = own.whole("at_most", rule.minimum, rule.maximum - 1)
    return FollowUp(name, at_most, own.whole("within_days", 1, LONGEST_FOLLOW_UP))


def read_first_response(entry: Entry, asked: Sequence[FormField]) -> timedelta | None:
    """Read within how much open time whoever sends this form is to hear from a person."""
    if "first_response" not in entry.values:
        return None
    how = "Write the hours in which you are open, up to a fortnight of them: first_response: PT4H."
    text = entry.text("first_response", how)
    goal = _open_time(text)
    if goal is None:
        if text:
            entry.wrong("first_response", f"is {text}, which is no number of open hours.", how)
        return None
    if not any(field.rule.type in CONTACTS for field in asked):
        instead = "Ask an e-mail address or a phone number, or take it out."
        entry.wrong("first_response", "promises an answer though nobody could be reached.", instead)
    return goal


def _open_time(text: str) -> timedelta | None:
    """Return hours and minutes; days would be said of the calendar, and open days have no such length."""
    try:
        goal = parse_duration(text)
    except DurationError:
        return None
    in_hours = text.startswith("PT") and goal.exact <= LONGEST_FIRST_RESPONSE
    return goal.exact if in_hours else None


def _is_page(page: object) -> bool:
    return isinstance(page, list) and bool(page) and all(isinstance(name, str) for name in page)


def _check_groups(entry: Entry, pages: Sequence[Sequence[str]], asked: Sequence[FormField]) -> None:
    """Fields of which one is enough stand together: nobody can be told on one page what to answer on another."""
    groups = {field.name: field.rule.necessity for field in asked if field.rule.necessity.startswith(ONE_OF)}
    on_pages = Counter(group for page in pages for group in {groups[name] for name in page if name in groups})
    for group, count in on_pages.items():
        if count > 1:
            entry.wrong("pages", f"parts {group}.", "Put the fields of which one is enough on the same page.")
