"""Rights cases: what may be asked for, how long a link works, how often an address gets one, by when it is answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from intake_api.rules.retention import parse_duration


class RightsKind(StrEnum):
    """What somebody asks for. More may come: nothing but the page that does it knows them one by one."""

    WITHDRAW = "withdraw"  # take back what was agreed to (Art. 7(3))
    ACCESS = "access"  # see what is held (Art. 15)
    PORTABILITY = "portability"  # take along what they gave (Art. 20)
    CORRECTION = "correction"  # put right what is wrong (Art. 16)
    OBJECTION = "objection"  # object to advertising and to what rests on an interest of ours (Art. 21)
    RESTRICTION = "restriction"  # have it kept and not used (Art. 18)
    ERASURE = "erasure"  # have it erased (Art. 17)
    # Nobody asks for these two: they follow from a correction of the address itself.
    ADDRESS = "address"  # show that the new address is theirs
    ADDRESS_CHANGED = "address_changed"  # read at the old one that there is a new one


class CaseStatus(StrEnum):
    """Where a case stands, in words that others use, too (S-16). What is pressed is done at once."""

    UNVERIFIED = "identity_unverified"  # the link was not used yet, or never will be
    BY_HAND = "requires_manual"  # somebody wrote to us; staff answer
    PENDING_EXTERNAL = "pending_external"  # done here; a destination is still to be told
    COMPLETE = "complete"
    DUPLICATE = "duplicate"  # there is a link already that does the same
    ERROR = "error"  # no mail could be handed over
    DENIED = "denied"  # nothing is held about the address, so there is nothing to do


ASKED_FOR = tuple(kind for kind in RightsKind if not kind.value.startswith("address"))


ANSWER_WITHIN = parse_duration("P1M")  # Art. 12(3)
LINK_LASTS = timedelta(minutes=15)  # S-02
RESULT_LASTS = timedelta(minutes=15)  # how long the page with the data can be taken home as a file
TRY_TO_SEND_FOR = timedelta(hours=24)
COUNT_LINKS_FOR = timedelta(hours=24)
MOST_LINKS = 5
KEPT = parse_duration("P3Y")  # T-01
BY_HAND_FOR = timedelta(days=366)  # then nobody answers any more, and its address is destroyed
EXTENSIONS = ("P1M", "P2M")  # Art. 12(3)
RESTRICTED_FOR = parse_duration("P12M")  # then nothing keeps the data longer than its own end (T-07)


@dataclass(frozen=True)
class OtherLink:
    """Another link to the same address: what for, when its mail left (None while it may be leaving), if it opens."""

    kind: RightsKind
    sent_at: datetime | None
    is_open: bool


def may_be_objected_to(basis: str, dpv: str) -> bool:
    """Say whether a purpose may be objected to: advertising, and what rests on an interest of ours (W-08, S-11).

    :param basis: the IRI of the legal basis.
    :param dpv: the IRI of what it is for.
    """
    return dpv.endswith("#DirectMarketing") or basis.rpartition("#")[2].startswith("A6-1-f")


def due_at(asked_at: datetime) -> datetime:
    """Return by when a request must be answered: a calendar month on, on the last day of a shorter month (S-04)."""
    return ANSWER_WITHIN.after(asked_at)


def extended_due(asked_at: datetime, by: str) -> datetime:
    """Return by when a request must be answered whose time was extended, counted from when it was asked.

    So 31 January, extended by a month, is due on 31 March, not a month after the end of February (S-04).

    :param by: one of `EXTENSIONS`.
    """
    return parse_duration(f"P{1 + int(by[1])}M").after(asked_at)


def may_send_link(kind: RightsKind, others: Iterable[OtherLink], *, now: datetime) -> bool:
    """Say whether one more link may go to an address, so that asking for rights is no way to pester somebody.

    While a link of the same kind is good or on its way, another one would say nothing new (S-14). Whoever wants two
    things at once gets two links.
    """
    lately = [one for one in others if one.sent_at is None or now - one.sent_at < COUNT_LINKS_FOR]
    same = any(one.kind is kind and (one.is_open or one.sent_at is None) for one in lately)
    return not same and len(lately) < MOST_LINKS
