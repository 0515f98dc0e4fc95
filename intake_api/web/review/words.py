"""How the review pages say what the rules and the store name: states, decisions, ages, times."""

from datetime import UTC, datetime, timedelta

from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.rules.suspicion import Reason
from intake_api.store.deliveries import DeliveryState

STATES: dict[LeadState, str] = {
    LeadState.NEW: "To decide",
    LeadState.HELD: "Held",
    LeadState.QUALIFIED: "Approved",
    LeadState.DECLINED: "Declined",
    LeadState.DELIVERED: "Delivered",
    LeadState.DELIVERY_FAILED: "Delivery failed",
    LeadState.ERASED: "Erased",
}
# In a list: a few words; the lead itself says more.
HELD_FOR: dict[str, str] = {
    Reason.TOO_QUICK: "too quick",
    Reason.HIDDEN_FIELD: "unseen field filled",
    Reason.CONTACT_AGAIN: "contact again and again",
    Reason.NETWORK_BUSY: "many from one network",
    Reason.NO_PROOF: "no calculation",
}
CHANNELS = {"page": "Page", "chat": "Chat", "popup": "Pop-up", "button": "Button", "staff": "Staff"}
DECISIONS: dict[DecisionState, str] = {
    DecisionState.ACTED: "asked for by sending",
    DecisionState.REQUESTED: "yes, not yet confirmed",
    DecisionState.GIVEN: "yes",
    DecisionState.REFUSED: "no",
    DecisionState.WITHDRAWN: "taken back",
    DecisionState.STOPPED: "stopped by the person",
    DecisionState.EXPIRED: "yes, not renewed in time",
    DecisionState.NEEDS_RECONSENT: "yes, to what has changed since",
}
CONSENTS: dict[DecisionState, str] = {
    DecisionState.REQUESTED: "{}, not confirmed",
    DecisionState.REFUSED: "no {}",
    DecisionState.WITHDRAWN: "{} taken back",
    DecisionState.STOPPED: "{} stopped",
    DecisionState.EXPIRED: "{} expired",
    DecisionState.NEEDS_RECONSENT: "{} to be asked again",
}
DELIVERIES: dict[DeliveryState, str] = {
    DeliveryState.QUEUED: "On its way",
    DeliveryState.SENDING: "Being sent",
    DeliveryState.RETRYING: "Trying again",
    DeliveryState.DELIVERED: "Delivered",
    DeliveryState.REFUSED: "Refused there",
    DeliveryState.GIVEN_UP: "Given up",
    DeliveryState.BLOCKED: "Held back",
    DeliveryState.CANCELLED: "Cancelled",
}
TONES: dict[DeliveryState, str] = {
    DeliveryState.DELIVERED: "good",
    DeliveryState.RETRYING: "warn",
    DeliveryState.REFUSED: "bad",
    DeliveryState.GIVEN_UP: "bad",
    DeliveryState.BLOCKED: "bad",
}
OUTCOMES = {
    "done": "taken",
    "duplicate": "was there already",
    "retry": "not now",
    "refused": "refused for good",
    "not_allowed_in": "we are not let in",
    "gone": "the address is closed",
    "unknown": "an answer we cannot read",
    "blocked": "may not be passed on",
}
SOURCES = {
    "utm_source": "Campaign source",
    "utm_medium": "Campaign medium",
    "utm_campaign": "Campaign",
    "source": "Came by",
    "source_other": "In their words",
    "code": "Code",
}
SOURCE_VALUES = {"phone": "telephone, written down by staff", "paper": "paper, written down by staff"}
WAYS = {"phone": "by telephone", "paper": "on paper"}
KINDS = {
    "submission.received": "Sent",
    "lead.recorded": "Written down for the person",
    "lead.told": "Given the notice",
    "lead.read": "Opened",
    "lead.released": "Released",
    "lead.approved": "Approved",
    "lead.declined": "Declined",
    "lead.erased": "Erased",
    "delivery.tried": "Delivery tried",
    "delivery.delivered": "Delivered",
    "delivery.refused": "Noted as refused there",
    "delivery.given_up": "Delivery given up",
    "delivery.blocked": "Delivery held back",
    "delivery.cancelled": "Delivery cancelled",
    "delivery.restarted": "Delivery started again",
    "confirmation.sent": "Asked for the second yes",
    "confirmation.tried": "Tried to ask for the second yes",
    "confirmation.refused": "The address does not take mail",
    "confirmation.given_up": "Could not ask for the second yes",
    "confirmation.held": "Not asked again: asked often enough",
    "confirmation.dropped": "Not asked: nothing left to ask",
    "consent.confirmed": "Confirmed by e-mail",
    "consent.disowned": "The address belongs to somebody else",
    "consent.unconfirmed": "Never confirmed",
    "consent.withdrawn": "A yes was taken back",
    "lead.withdrawal_noted": "Taken back as the person said to staff",
    "lead.corrected": "Put right by the person",
    "lead.restricted": "Kept and not used, as the person asked",
    "lead.restriction_lifted": "Used again, as the person said",
    "consent.expired": "A yes was not renewed in time",
    "renewal.queued": "To be asked again",
    "renewal.sent": "Asked again",
    "renewal.tried": "Tried to ask again",
    "renewal.refused": "Not asked again: the address does not take mail",
    "renewal.given_up": "Could not ask again",
    "renewal.dropped": "Not asked again: nothing left to ask",
    "consent.renewed": "A yes was said again",
    "request.stopped": "The request was stopped",
}


def age(moment: datetime, now: datetime) -> str:
    """Say how long ago a moment was, in one unit: `just now`, `5 min`, `3 h`, `2 d`, `6 wk`."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return "just now"
    for name, unit, until in (("min", 60, 3600), ("h", 3600, 48 * 3600), ("d", 86400, 21 * 86400)):
        if passed < timedelta(seconds=until):
            return f"{int(passed.total_seconds() // unit)} {name}"
    return f"{passed.days // 7} wk"


def moment(value: datetime) -> str:
    """Write a moment for people: the zone is said, since readers sit in several."""
    return value.astimezone(UTC).strftime("%-d %b %Y, %H:%M UTC")


def day(value: datetime) -> str:
    """Write a day for people."""
    return value.astimezone(UTC).strftime("%-d %b %Y")


def consent(purpose: str, state: DecisionState) -> str:
    """Say one decision in a few words, so that no sign has to be learned."""
    said = CONSENTS.get(state, "{}")
    return said.format(spoken(purpose))


def spoken(name: str) -> str:
    """Write an id as words: `product_offers` is `product offers`."""
    return name.replace("_", " ")


def how_long(wait: timedelta) -> str:
    """Say a wait in whole units, rounded up."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    count, unit = (seconds, "second") if seconds < 90 else (-(-seconds // 60), "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"
