"""How the review pages say what the rules and the store name: states, decisions, ages, times."""

from datetime import UTC, date, datetime, timedelta

from babel.dates import format_date, format_skeleton

from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import DECLINE_REASONS, Act, LeadState
from intake_api.rules.likeness import Sign
from intake_api.rules.rights import CaseStatus, RightsKind
from intake_api.rules.sensitive_numbers import CARD, IBAN, PASSPORT, PERSONAL_CODE
from intake_api.rules.sensitive_statements import SPECIAL
from intake_api.rules.staff_roles import Role
from intake_api.rules.suspicion import Reason
from intake_api.store.deliveries import DeliveryState
from intake_api.store.mails import MailState
from intake_api.web.review.names import purpose_name
from intake_api.web.review.tongue import ENGLISH, _, _l, language, ngettext, speech

STATES: dict[LeadState, str] = {
    LeadState.NEW: _l("To decide"),
    LeadState.CONTACTED: _l("Contacted"),
    LeadState.HELD: _l("Held"),
    LeadState.QUALIFIED: _l("Approved"),
    LeadState.DECLINED: _l("Declined"),
    LeadState.DELIVERED: _l("Delivered"),
    LeadState.DELIVERY_FAILED: _l("Delivery failed"),
    LeadState.SPAM: _l("Spam"),
    LeadState.WITHDRAWN: _l("Taken back"),
    LeadState.MERGED: _l("Merged"),
    LeadState.ERASED: _l("Erased"),
}
# What somebody was about to do when another was quicker, by the act's path.
WANTED = {
    "release": _l("release"),
    "contact": _l("mark as contacted"),
    "approve": _l("approve"),
    "decline": _l("decline"),
    "spam": _l("mark as spam"),
    "undo": _l("undo what was done to"),
    "reverse": _l("take back"),
    "merge": _l("merge"),
    "unmerge": _l("undo the merging of"),
    "follow-up": _l("set a day for"),
    "assign": _l("assign"),
}
# What undoing says of the act that was undone.
UNDONE: dict[Act, str] = {
    Act.RELEASE: _l("is held again, as it was before it was released."),
    Act.CONTACT: _l("is as it was before it was marked as contacted."),
    Act.APPROVE: _l("is as it was before it was approved. Nothing was sent."),
    Act.DECLINE: _l("is as it was before it was declined."),
    Act.MARK_SPAM: _l("is as it was before it was marked as spam."),
    Act.MERGE: _l("is a lead of its own again, as it was before it was merged."),
}
MERGED = _l("is part of this lead now. Nothing of it is lost, and it can be undone below.")
# Why a lead is declined; the rules know the codes and say them in English.
REASONS: dict[str, str] = {code: _l(says) for code, says in DECLINE_REASONS.items()}
UNDO: dict[Act, str] = {
    Act.RELEASE: _l("Undo the release"),
    Act.CONTACT: _l("Undo: not contacted"),
    Act.APPROVE: _l("Undo the approval"),
    Act.DECLINE: _l("Undo the decline"),
    Act.MARK_SPAM: _l("Undo: no spam"),
}
KEYS = {
    "j": _l("Next lead of the filter; in the list, one down"),
    "k": _l("The one before; in the list, one up"),
    "Enter": _l("Open the lead chosen in the list"),
    "q": _l("Approve and send, or release what is held"),
    "a": _l("Take the lead in hand"),
    "c": _l("Contacted, decide later"),
    "m": _l("Look at merging it with another lead"),
    "d": _l("Decline: then a number chooses the reason"),
    "s": _l("Mark as spam"),
    "u": _l("Undo what was done last"),
    "x": _l("Tick the lead chosen in the list, or take the tick away"),
    "/": _l("Search"),
    "?": _l("Show these keys"),
}
# In a list: a few words; the lead itself says more.
HELD_FOR: dict[str, str] = {
    Reason.TOO_QUICK: _l("too quick"),
    Reason.HIDDEN_FIELD: _l("unseen field filled"),
    Reason.CONTACT_AGAIN: _l("contact again and again"),
    Reason.NETWORK_BUSY: _l("many from one network"),
    Reason.NO_PROOF: _l("no calculation"),
    Reason.MARKED: _l("marked by staff"),
}
CHANNELS = {"page": _l("Page"), "chat": _l("Chat"), "popup": _l("Pop-up"), "button": _l("Button"), "staff": _l("Staff")}
AGES = {
    "1d": _l("Came within a day"),
    "7d": _l("Came within 7 days"),
    "30d": _l("Came within 30 days"),
    "over_1d": _l("Older than a day"),
    "over_7d": _l("Older than 7 days"),
    "over_30d": _l("Older than 30 days"),
}
DUES = {"response": _l("First response overdue"), "follow_up": _l("Follow-up due"), "tell": _l("Person to be told")}
ASSIGNED_TO_ME, ASSIGNED_TO_NOBODY, SOMEBODY_WHO_LEFT = _l("Me"), _l("Nobody"), _l("somebody who left")
ORDERS = {"newest": _l("Newest first"), "score": _l("Most promising first"), "response": _l("To be answered first")}
# The way up and the way down in a list.
STEPS = {
    "newest": (_l("Newer"), _l("Older")),
    "score": (_l("Higher"), _l("Lower")),
    "response": (_l("Sooner"), _l("Later")),
}
FOUND_BY = {
    "reference": _l("Found by the reference"),
    "email": _l("Found by the e-mail address"),
    "phone": _l("Found by the telephone number"),
    "words": _l("Found by name and company"),
}
NOT_FOUND_BY = {
    "reference": _l("No lead has this reference."),
    "email": _l("No lead has this e-mail address."),
    "phone": _l("No lead has this telephone number."),
    "words": _l("No lead has all these words in its name and company."),
}
# Why two leads may be of one person.
SIGNS: dict[Sign, str] = {
    Sign.CONFIRMED_EMAIL: _l("The same e-mail address, confirmed by its owner"),
    Sign.PHONE: _l("The same telephone number"),
    Sign.EMAIL: _l("The same e-mail address, not confirmed by anybody"),
    Sign.NAME: _l("A name like it"),
    Sign.COMPANY: _l("A company like it"),
}
# What a list is narrowed by beside the state, as it is said in front of what was chosen.
NARROWED_BY = {
    "form": _l("Form"),
    "channel": _l("Channel"),
    "language": _l("Language"),
    "source": _l("Came by"),
    "campaign": _l("Campaign"),
    "purpose": _l("Permits"),
    "score": _l("Score at least"),
    "age": _l("Age"),
    "due": _l("Due"),
    "assignee": _l("In hand of"),
}
DECISIONS: dict[DecisionState, str] = {
    DecisionState.ACTED: _l("asked for by sending"),
    DecisionState.REQUESTED: _l("yes, not yet confirmed"),
    DecisionState.GIVEN: _l("yes"),
    DecisionState.REFUSED: _l("no"),
    DecisionState.WITHDRAWN: _l("taken back"),
    DecisionState.STOPPED: _l("stopped by the person"),
    DecisionState.EXPIRED: _l("yes, not renewed in time"),
    DecisionState.NEEDS_RECONSENT: _l("yes, to what has changed since"),
}
CONSENTS: dict[DecisionState, str] = {
    DecisionState.REQUESTED: _l("{purpose}, not confirmed"),
    DecisionState.REFUSED: _l("no {purpose}"),
    DecisionState.WITHDRAWN: _l("{purpose} taken back"),
    DecisionState.STOPPED: _l("{purpose} stopped"),
    DecisionState.EXPIRED: _l("{purpose} expired"),
    DecisionState.NEEDS_RECONSENT: _l("{purpose} to be asked again"),
}
DELIVERIES: dict[DeliveryState, str] = {
    DeliveryState.QUEUED: _l("On its way"),
    DeliveryState.SENDING: _l("Being sent"),
    DeliveryState.RETRYING: _l("Trying again"),
    DeliveryState.DELIVERED: _l("Delivered"),
    DeliveryState.REFUSED: _l("Refused there"),
    DeliveryState.GIVEN_UP: _l("Given up"),
    DeliveryState.BLOCKED: _l("Held back"),
    DeliveryState.CANCELLED: _l("Cancelled"),
    DeliveryState.BY_HAND: _l("Done by hand"),
    DeliveryState.CLOSED: _l("Given up by staff"),
}
TONES: dict[DeliveryState, str] = {
    DeliveryState.DELIVERED: "good",
    DeliveryState.BY_HAND: "good",
    DeliveryState.RETRYING: "warn",
    DeliveryState.REFUSED: "bad",
    DeliveryState.GIVEN_UP: "bad",
    DeliveryState.BLOCKED: "bad",
}
OPERATIONS = {
    "update_consent": _l("what is allowed now"),
    "correct": _l("what was put right"),
    "erase": _l("to erase it"),
}
OUTCOMES = {
    "done": _l("taken"),
    "duplicate": _l("was there already"),
    "retry": _l("not now"),
    "refused": _l("refused for good"),
    "not_allowed_in": _l("we are not let in"),
    "gone": _l("the address is closed"),
    "unknown": _l("an answer we cannot read"),
    "blocked": _l("may not be passed on"),
    "by_hand": _l("done by hand, as staff say"),
    "closed": _l("given up by staff"),
}
SOURCES = {
    "utm_source": _l("Campaign source"),
    "utm_medium": _l("Campaign medium"),
    "utm_campaign": _l("Campaign"),
    "source": _l("Came by"),
    "source_other": _l("In their words"),
    "code": _l("Code"),
}
SOURCE_VALUES = {
    "phone": _l("telephone, written down by staff"),
    "paper": _l("paper, written down by staff"),
    "search": _l("search engine"),
    "social": _l("social network"),
    "advertisement": _l("advertisement"),
    "newsletter": _l("newsletter"),
    "sms": _l("text message"),
    "post": _l("post"),
    "event": _l("event"),
    "shop": _l("shop"),
    "partner": _l("partner"),
    "referral": _l("recommendation"),
    "customer": _l("customer already"),
    "other": _l("something else"),
}
WAYS = {"phone": _l("by telephone"), "paper": _l("on paper")}
# What was left out of a note, by its code.
LEFT_OUT: dict[str, str] = {
    CARD: _l("The number of a card was left out of it."),
    IBAN: _l("The number of an account was left out of it."),
    PERSONAL_CODE: _l("A personal code was left out of it."),
    PASSPORT: _l("The number of a document was left out of it."),
    SPECIAL: _l("What says something about health, faith or the like was left out of it."),
}
# The files a table can be taken out as, by what stands between the cells.
FILES = {"comma": _l("CSV with commas"), "semicolon": _l("CSV with semicolons")}
ROLES: dict[Role, str] = {
    Role.REVIEWER: _l("Reviewer"),
    Role.LEAD: _l("Team lead"),
    Role.OFFICER: _l("Data-protection officer"),
    Role.ADMINISTRATOR: _l("Administrator"),
}
INVITED: dict[MailState, str] = {
    MailState.QUEUED: _l("the mail is on its way"),
    MailState.SENDING: _l("the mail is on its way"),
    MailState.RETRYING: _l("the mail is tried again"),
    MailState.SENT: _l("the mail was sent"),
    MailState.REFUSED: _l("the address takes no mail"),
    MailState.GIVEN_UP: _l("the mail could not be sent"),
    MailState.DROPPED: _l("the mail was not sent"),
}
RIGHTS: dict[RightsKind, str] = {
    RightsKind.WITHDRAW: _l("withdrawal"),
    RightsKind.ACCESS: _l("access"),
    RightsKind.PORTABILITY: _l("portability"),
    RightsKind.CORRECTION: _l("correction"),
    RightsKind.OBJECTION: _l("objection"),
    RightsKind.RESTRICTION: _l("restriction"),
    RightsKind.ERASURE: _l("erasure"),
    RightsKind.ADDRESS: _l("new address"),
    RightsKind.ADDRESS_CHANGED: _l("address changed"),
}
STATUSES: dict[CaseStatus, str] = {
    CaseStatus.UNVERIFIED: _l("Link not used yet"),
    CaseStatus.BY_HAND: _l("To be answered by hand"),
    CaseStatus.PENDING_EXTERNAL: _l("Done here, to be told elsewhere"),
    CaseStatus.COMPLETE: _l("Done"),
    CaseStatus.DUPLICATE: _l("Asked already"),
    CaseStatus.ERROR: _l("No mail could be sent"),
    CaseStatus.DENIED: _l("Not done"),
}


def age(moment: datetime, now: datetime) -> str:
    """Say how long ago a moment was, in one unit: `just now`, `5 min`, `3 h`, `2 d`, `6 wk`."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return _("just now")
    if passed < timedelta(hours=1):
        return _("%(count)s min", count=int(passed.total_seconds() // 60))
    if passed < timedelta(hours=48):
        return _("%(count)s h", count=int(passed.total_seconds() // 3600))
    if passed < timedelta(days=21):
        return _("%(count)s d", count=passed.days)
    return _("%(count)s wk", count=passed.days // 7)


def ago(moment: datetime, now: datetime) -> str:
    """Say the same as a part of a sentence: `just now`, `5 min ago`."""
    said = age(moment, now)
    return said if now - moment < timedelta(minutes=1) else _("%(age)s ago", age=said)


def response(by: datetime, now: datetime) -> str:
    """Say how much time is left to the goal for the first response, or how long it has been over."""
    if abs(by - now) < timedelta(minutes=1):
        return _("Answer due now")
    if by < now:
        return _("Answer overdue for %(age)s", age=age(by, now))
    return _("Answer within %(age)s", age=age(now, by))


def decided(state: LeadState, by: str) -> str:
    """Say who decided, by the state it led to; a moment follows."""
    if state is LeadState.CONTACTED:
        return _("Contacted by %(by)s", by=by)
    if state is LeadState.DECLINED:
        return _("Declined by %(by)s", by=by)
    if state is LeadState.SPAM:
        return _("Marked as spam by %(by)s", by=by)
    return _("Approved by %(by)s", by=by)


def moment(value: datetime) -> str:
    """Write a moment for people: the zone is said, since readers sit in several."""
    return f"{day(value)}, {value.astimezone(UTC):%H:%M} UTC"


def day(value: datetime) -> str:
    """Write a day for people."""
    return date_said(value.astimezone(UTC).date())


def date_said(value: date) -> str:
    """Write a day as the reader's language does; in English the day in front, as in the countries we serve."""
    return format_date(value, "d MMM y" if language() == ENGLISH else "medium", locale=speech())


def short_day(value: date) -> str:
    """Write a day without its year, for below a picture."""
    if language() == ENGLISH:
        return format_date(value, "d MMM", locale=speech())
    return format_skeleton("MMMd", value, locale=speech())


def consent(purpose: str, state: DecisionState) -> str:
    """Say one decision in a few words, so that no sign has to be learned."""
    return str(CONSENTS.get(state, "{purpose}")).format(purpose=purpose_name(purpose))


def how_long(wait: timedelta) -> str:
    """Say a wait in whole units, rounded up, as it stands after "wait"."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    if seconds < 90:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    return ngettext("%(num)s minute", "%(num)s minutes", -(-seconds // 60))
