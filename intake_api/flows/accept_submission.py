"""Check one submission: its fields, the showing it was made on, and whether it may still be made there (C-06, M-01)."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from intake_api.catalogue.definitions import DOUBLE_OPT_IN, OPT_IN
from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.shown import FormView
from intake_api.flows.judge_arrival import Arrival
from intake_api.flows.notice_as_shown import notice_as_shown
from intake_api.rules.age_of_consent import AGE, AgeShown, SaidAge, kept_of, why_not
from intake_api.rules.consent import AskedPurpose, DecisionState
from intake_api.rules.fields import Value, check_fields
from intake_api.rules.sensitive_text import TOO_YOUNG
from intake_api.store.base import Store
from intake_api.store.presentations import STAFF, Presentation, PresentationUnknown, read_presentation


class FieldsInvalid(Exception):
    """At least one field cannot be taken; `problems` are codes by field, `age` for the answer about the age (K-01)."""

    code = "fields_invalid"

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("Some answers need another look.")
        self.problems = problems


class PresentationExpired(Exception):
    """The notice was shown too long ago to decide on it now."""

    code = "presentation_expired"


class PresentationMismatch(Exception):
    """The presentation was of another language, or its notice is not the current one."""

    code = "presentation_mismatch"


@dataclass(frozen=True)
class Submission:
    """What a visitor sent, once. Shapes are checked at the door; everything else here.

    :param arrival: how it came; None where somebody vouches for it, so that it is not judged.
    :param age: what they answered about their age; None where they did not, or were not asked.
    :param gpc: their browser asks that nothing be shared (Global Privacy Control, C-20).
    """

    form: str
    presentation: str
    locale: str
    fields: Mapping[str, object]
    decisions: Mapping[str, object]
    attribution: Mapping[str, str]
    idempotency_key: str | None = None
    arrival: Arrival | None = None
    age: SaidAge | None = None
    gpc: bool = False


class Way(StrEnum):
    """How somebody told staff what staff write down for them."""

    PHONE = "phone"
    PAPER = "paper"


@dataclass(frozen=True)
class Recorded:
    """What staff say of an answer that came by no screen of ours (C-19).

    :param said_on: the day on which the person said or signed it.
    :param told: whether they were given the notice then: read out, or on the paper they signed (N-14).
    """

    way: Way
    said_on: date
    told: bool
    staff_id: str


@dataclass(frozen=True)
class Macs:
    """What recognises the same submission again, without telling it to somebody who reads the database."""

    content: bytes
    idempotency: bytes | None


@dataclass(frozen=True)
class Accepted:
    """A submission whose fields and decisions are fine; whether it may be kept depends on its presentation."""

    submission: Submission
    shown: Presentation
    view: FormView
    values: Mapping[str, Value]
    left_out: tuple[str, ...]
    states: Mapping[str, DecisionState]
    macs: Macs
    token_key: bytes = field(repr=False)
    recorded: Recorded | None = None
    age: AgeShown | None = None

    @property
    def first_yeses(self) -> list[str]:
        """The purposes whose second yes is still to be asked for."""
        return [purpose for purpose, state in self.states.items() if state is DecisionState.REQUESTED]


def accept_submission(
    store: Store,
    view: FormView,
    token_key: bytes,
    submission: Submission,
    states: Mapping[str, DecisionState],
    *,
    recorded: Recorded | None = None,
    now: datetime,
) -> Accepted:
    """Check fields and showing of a submission whose decisions are fine.

    :raises FieldsInvalid: per-field codes.
    :raises PresentationUnknown: not signed here, or one that was shown to staff and comes from somebody else.
    :raises NoticeAltered, StoreUnavailable: the notice that was shown cannot be read.
    """
    granted = [purpose for purpose, state in states.items() if state in (DecisionState.GIVEN, DecisionState.REQUESTED)]
    checked = check_fields(view.form, submission.locale, submission.fields, view.free_texts.reader, granted=granted)
    threshold = view.age_of_consent
    why = why_not(threshold, submission.age, says_yes=bool(granted))
    age_problem = {AGE: why} if why else {}
    if not checked.ok:
        raise FieldsInvalid({**checked.problems, **age_problem})
    shown = read_presentation(token_key, submission.presentation, form=view.form.key)
    if (shown.channel == STAFF) is not (recorded is not None):  # or staff could give a consent by a visitor's door
        raise PresentationUnknown("This form was not opened here.")
    view = notice_as_shown(store, view, shown, now=now)
    if age_problem and shown.notice_hash == view.notice.hash:  # on an older notice the question may not have been there
        raise FieldsInvalid(age_problem)
    age = kept_of(threshold, submission.age, says_yes=bool(granted))
    macs = _macs(token_key, shown, submission)
    left_out = tuple(dict.fromkeys(code for codes in checked.left_out.values() for code in codes))
    return Accepted(submission, shown, view, checked.values, left_out, states, macs, token_key, recorded, age)


def refuse_the_young(submission: Submission) -> None:
    """End with whoever says to be under age, whatever else they said (K-02).

    :raises FieldsInvalid: `too_young`, and nothing else.
    """
    if submission.age is SaidAge.UNDER:
        raise FieldsInvalid({AGE: TOO_YOUNG})


def asked_purposes(catalogue: Catalogue, view: FormView) -> list[AskedPurpose]:
    """Return the purposes of a form as the rules decide on them."""
    purposes = [catalogue.purpose(purpose_id) for purpose_id in view.form.purposes]
    return [AskedPurpose(p.id, p.control == OPT_IN, p.confirmation == DOUBLE_OPT_IN) for p in purposes]


def why_closed(accepted: Accepted, *, now: datetime) -> PresentationExpired | PresentationMismatch | None:
    """Return why nothing new may be sent on a showing now; None while it may."""
    shown, notice = accepted.shown, accepted.view.notice
    if now >= shown.expires_at:
        return PresentationExpired("This form was open for too long. Please look at the notice again.")
    if shown.locale != accepted.submission.locale or shown.notice_hash != notice.hash:
        return PresentationMismatch("The notice has changed since it was shown. Please look at it again.")
    return None


def _macs(token_key: bytes, shown: Presentation, submission: Submission) -> Macs:
    """Make both, over what was sent: also of what is left out of the texts, or another card would seem the same.

    A key counts on its presentation only, so that it says nothing about anybody else's lead (SEC-39)."""
    content = {
        "form": submission.form,
        "locale": submission.locale,
        "fields": dict(submission.fields),
        "decisions": dict(submission.decisions),
        "attribution": dict(submission.attribution),
        **({"age": submission.age.value} if submission.age else {}),
    }
    written = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    mac = hmac.digest(token_key, b"content|" + written, "sha256")
    if submission.idempotency_key is None:
        return Macs(mac, None)
    key = f"key|{shown.id}|{submission.idempotency_key}".encode()
    return Macs(mac, hmac.digest(token_key, key, "sha256"))
