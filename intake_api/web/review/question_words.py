"""What was asked of a destination and what it answered, in plain words, with what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import url_for
from sqlalchemy import Connection

from intake_api.store.destination_questions import Question, find_question
from intake_api.web.door import door
from intake_api.web.review.code_words import why_not_sent
from intake_api.web.review.tongue import _, _l
from intake_api.web.review.words import OUTCOMES

SLOW_AFTER = timedelta(minutes=1)  # a worker answers within seconds; after so long none seems to be at work
HELD, ABSENT = _l("It updates a record there:"), _l("It makes a new record there.")
OPEN = _l("It would take a lead: address, credential and rights are right.")
CREDENTIAL = _l(
    "Put the key or the password right, there or in the settings of the worker; restart it if a setting changed."
)
RIGHTS = _l("Give our account there the rights that docs/delivery.md names.")
KEY_FIELD = _l("Make the field for our key there, as docs/delivery.md says.")
REACH = _l("See whether the address is right and the other side is up. What is approved waits and is tried again.")
MAP = _l("Put right the destination's file in the catalogue, or add over there what it names.")
NETWORK = _l("The name of the address leads into a private network. Find out why before anything is sent.")
RESTART = _l("The worker has another destination in its settings than this door: restart both.")
LOOK_UP = _l("docs/delivery.md says what this answer means for this kind of destination.")
# What to do next about an answer, by its reason.
TO_DO: Mapping[str, str] = {
    **dict.fromkeys(("credential_refused", "login_refused", "erase_login_refused"), CREDENTIAL),
    **dict.fromkeys(("rights_missing", "erase_rights_missing", "erase_not_allowed"), RIGHTS),
    **dict.fromkeys(("key_property_missing", "lead_key_field_missing"), KEY_FIELD),
    **dict.fromkeys(("not_reachable", "name_not_found", "hung_up", "too_slow", "not_now", "asked_to_wait"), REACH),
    **dict.fromkeys(("tls_failed", "certificate_not_trusted", "address_gone", "not_found_there", "redirected"), REACH),
    **dict.fromkeys(("map_missing", "field_unknown_there", "fixed_not_taken", "opt_out_without_address"), MAP),
    **dict.fromkeys(("subscription_not_mapped", "subscription_unknown_there"), MAP),
    "address_not_public": NETWORK,
    "destination_not_configured": RESTART,
}


@dataclass(frozen=True)
class Told:
    """A question in words: `says` and what to do `next` stand there once it is answered, `look` where until then."""

    asked_at: datetime
    tone: str
    says: str
    next: str
    remote_id: str | None
    look: str


def asked_of() -> dict[str, str]:
    """Return whom this door asks: the destination that is set up, and its company."""
    settings = door().settings
    return {"destination": settings.destination, "recipient": settings.destination_recipient}


def told_of_lead(tx: Connection, lead_id: str, reference: str) -> Told | None:
    """Say what was last asked about a lead within a day, and what came of it."""
    question = find_question(tx, **asked_of(), lead_id=lead_id, now=door().now())
    look = url_for("questions.of_lead", reference=reference)
    if question and question.outcome in ("held", "absent"):
        return Told(question.asked_at, "good", HELD if question.remote_id else ABSENT, "", question.remote_id, "")
    return _told(question, look, _("It could not be found out:")) if question else None


def told_of_destination(tx: Connection) -> Told | None:
    """Say what the destination was last asked within a day, and what came of it."""
    question = find_question(tx, **asked_of(), lead_id=None, now=door().now())
    if question and question.outcome == "done":
        return Told(question.asked_at, "good", OPEN, "", None, "")
    return _told(question, url_for("questions.of_destination"), _("It would take no lead:")) if question else None


def _told(question: Question, look: str, amiss: str) -> Told:
    if question.waits:
        is_slow = door().now() - question.asked_at > SLOW_AFTER
        late = _("There is no answer yet. See whether a worker is at work: python -m intake_api worker --check")
        says = late if is_slow else _("Asked. The answer comes within seconds.")
        return Told(question.asked_at, "warn" if is_slow else "", says, "", None, look)
    reason = why_not_sent(question.reason) if question.reason else str(OUTCOMES.get(question.outcome or "", ""))
    status = f" ({question.status})" if question.status else ""
    to_do = TO_DO.get(question.reason or "", LOOK_UP)
    return Told(question.asked_at, "bad", f"{amiss} {reason}{status}.", to_do, None, "")
