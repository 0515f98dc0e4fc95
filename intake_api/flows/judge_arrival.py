"""Judge how a submission came: like a person's, like a machine's, or as one of a flood (SEC-37, SEC-38)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from intake_api.flows.ask_for_proof import is_proven
from intake_api.rules.fields import Value
from intake_api.rules.suspicion import WINDOWS, Counted, Facts, Lately, Proof, Reason, find_reasons, is_flood
from intake_api.rules.suspicion import needs_proof as rule_needs_proof
from intake_api.store.arrivals import Arrivals
from intake_api.store.presentations import Presentation

CONTACTS = ("email", "phone")


class TooManySubmissions(Exception):
    """So many came from this network that no number of people explains it; `wait` says when it may be better."""

    code = "too_many_requests"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many come from this network.")
        self.wait = wait


@dataclass(frozen=True)
class Arrival:
    """How a submission came to a door, as far as it may be judged. Nothing of it is kept but counts (M-06).

    :param network: whom the visitor shares an address with; None where that says nothing.
    :param is_direct: it came from the visitor's own browser; the time and the network of the bot are not theirs.
    :param trap: what stood in the field that people cannot see.
    :param proof: what the browser found when it was asked to calculate.
    """

    lately: Arrivals = field(repr=False)
    network: str | None = field(default=None, repr=False)
    is_direct: bool = True
    trap: str = field(default="", repr=False)
    proof: str = field(default="", repr=False)


def judge_arrival(
    token_key: bytes, arrival: Arrival, shown: Presentation, values: Mapping[str, Value], *, now: datetime
) -> tuple[Reason, ...]:
    """Return why a submission is to be held, if it is.

    :raises TooManySubmissions: a flood.
    """
    of_network = _lately(arrival, Counted.NETWORK, arrival.network, now)
    if is_flood(of_network):
        raise TooManySubmissions(WINDOWS[Counted.NETWORK] / 10)
    facts = Facts(
        answered_after=now - shown.shown_at if arrival.is_direct else None,
        trap_is_filled=bool(arrival.trap.strip()),
        of_contact=max((_lately(arrival, Counted.CONTACT, one, now) for one in _contacts(values)), default=0),
        of_network=of_network,
        proof=_proof(token_key, arrival, shown),
    )
    return find_reasons(facts)


def count_arrival(
    arrival: Arrival, form: str, values: Mapping[str, Value], reasons: tuple[Reason, ...], *, now: datetime
) -> None:
    """Count a submission; call it when it is on the disk, since what was not kept was no submission."""
    counted: list[tuple[Counted, str | None]] = [
        (Counted.NETWORK, arrival.network),
        (Counted.FORM, form),
        *((Counted.CONTACT, one) for one in _contacts(values)),
    ]
    if reasons:
        counted += [(Counted.SUSPECTED_NETWORK, arrival.network), (Counted.SUSPECTED_FORM, form)]
    for kind, value in counted:
        if value is not None:
            arrival.lately.count(kind, value, now=now)


def needs_proof(arrivals: Arrivals, form: str, network: str | None, *, now: datetime) -> bool:
    """Say whether a form shown to this network now asks for the small calculation."""
    arrival = Arrival(arrivals, network)
    return rule_needs_proof(
        Lately(
            of_network=_lately(arrival, Counted.NETWORK, network, now),
            of_form=_lately(arrival, Counted.FORM, form, now),
            suspected_of_network=_lately(arrival, Counted.SUSPECTED_NETWORK, network, now),
            suspected_of_form=_lately(arrival, Counted.SUSPECTED_FORM, form, now),
        )
    )


def _proof(token_key: bytes, arrival: Arrival, shown: Presentation) -> Proof:
    if not shown.asks_proof:
        return Proof.NOT_ASKED
    return Proof.GIVEN if is_proven(token_key, shown, arrival.proof) else Proof.MISSING


def _lately(arrival: Arrival, kind: Counted, value: str | None, now: datetime) -> int:
    return 0 if value is None else arrival.lately.lately(kind, value, now=now)


def _contacts(values: Mapping[str, Value]) -> Iterator[str]:
    for kind in CONTACTS:
        if value := values.get(kind):
            yield f"{kind}|{str(value).casefold()}"
