"""What would travel if a lead were approved, put into words: by the code that packs what is sent (X-01, X-02)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from intake_api.crm.port import ParcelPurpose
from intake_api.flows.judge_forwarding import Judgement
from intake_api.flows.preview_parcel import NOT_NAMED, UNMAPPED, Preview, Staying, preview_parcel
from intake_api.flows.read_lead import WholeLead
from intake_api.rules.consent import DecisionState
from intake_api.settings import CRMS
from intake_api.web.door import door
from intake_api.web.review.code_words import destination
from intake_api.web.review.names import capital, field_name, purpose_name
from intake_api.web.review.question_words import Told, told_of_lead
from intake_api.web.review.tongue import _
from intake_api.web.review.words import DECISIONS


@dataclass(frozen=True)
class PurposeLine:
    """One purpose as the destination is told it; `places` are its fields over there, if it has some."""

    title: str
    state: DecisionState
    purpose: ParcelPurpose
    places: tuple[str, ...]


@dataclass(frozen=True)
class DryRun:
    """A dry run for the page: `stays` is each field, or all of them at once, with the reason why they stay here."""

    preview: Preview
    purposes: tuple[PurposeLine, ...]
    stays: tuple[tuple[str, str], ...]
    can_tell: bool  # whether this kind of destination says what it holds
    told: Told | None


def dry_run(tx: Connection, whole: WholeLead, judgement: Judgement) -> DryRun:
    """Say what would come of approving a lead whose reading is recorded."""
    here = door()
    preview = preview_parcel(
        tx,
        here.store,
        whole.lead,
        judgement,
        here.catalogue.field_map(here.settings.destination),
        destination=here.settings.destination,
        recipient=here.settings.destination_recipient,
        given=whole.values,
    )
    return DryRun(
        preview=preview,
        purposes=tuple(_line(preview, one) for one in preview.parcel.purposes) if preview.parcel else (),
        stays=_stays(preview),
        can_tell=preview.destination in CRMS,
        told=told_of_lead(tx, whole.lead.id, whole.lead.reference),
    )


def _line(preview: Preview, purpose: ParcelPurpose) -> PurposeLine:
    named = preview.consent.get(purpose.id)
    places = (named.state, named.decided_at, named.evidence, named.subscription) if named else ()
    title = capital(purpose_name(purpose.id))
    return PurposeLine(title, DecisionState(purpose.state), purpose, tuple(place for place in places if place))


def _stays(preview: Preview) -> tuple[tuple[str, str], ...]:
    names = [field_name(one.here) for one in preview.staying]
    if preview.parcel is None:
        return ((capital(", ".join(names)), _("nothing of this lead may go")),)
    return tuple((capital(name), _why(one, preview)) for name, one in zip(names, preview.staying, strict=True))


def _why(staying: Staying, preview: Preview) -> str:
    if staying.why == UNMAPPED:
        return _("the map of fields for “%(name)s” does not name it", name=destination(preview.destination))
    if staying.why == NOT_NAMED:
        company = door().catalogue.recipient(preview.recipient).name
        return _("nothing that it was asked for names %(name)s", name=company)
    return ", ".join(f"{purpose_name(one)}: {_decided(state)}" for one, state in staying.states.items())


def _decided(state: DecisionState | None) -> str:
    return str(DECISIONS[state]) if state else _("never asked")
