"""Which submissions look like a machine's, and why: facts in, reasons out (SEC-37, SEC-38).

A suspicion never refuses anybody: what is suspicious is held, and a person looks at it. Only a plain flood is refused.
Every number lies far above what people do, an office behind one address included.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from intake_api.rules.retention import SUBMISSION, Kept, parse_duration

HELD = Kept(parse_duration("P14D"), SUBMISSION)  # how long a held lead waits for a reviewer; then it is erased

QUICK = timedelta(seconds=2)  # nobody reads a notice and answers it in less (SEC-38)
CONTACT_MOST = 30  # in an hour
NETWORK_BUSY = 100  # in ten minutes, as all that follow
NETWORK_FLOOD = 1000
PROOF_FROM_NETWORK, PROOF_FROM_FORM = 30, 300
PROOF_FROM_SUSPECTED_NETWORK, PROOF_FROM_SUSPECTED_FORM = 3, 30


class Counted(StrEnum):
    """What kept submissions are counted by."""

    NETWORK = "network"
    CONTACT = "contact"
    FORM = "form"
    SUSPECTED_NETWORK = "suspected_network"  # of which were held
    SUSPECTED_FORM = "suspected_form"


WINDOWS = {kind: timedelta(hours=1) if kind is Counted.CONTACT else timedelta(minutes=10) for kind in Counted}


class Reason(StrEnum):
    """Why a submission is held. A closed list: the evidence and the review door name them."""

    TOO_QUICK = "too_quick"
    HIDDEN_FIELD = "hidden_field"
    CONTACT_AGAIN = "contact_again"
    NETWORK_BUSY = "network_busy"
    NO_PROOF = "no_proof"
    MARKED = "marked"


# What a reviewer reads.
SAYS: dict[Reason, str] = {
    Reason.TOO_QUICK: "It came less than two seconds after the form was shown. Nobody reads and answers so quickly.",
    Reason.HIDDEN_FIELD: "A field was filled in that people cannot see.",
    Reason.CONTACT_AGAIN: "The same e-mail or phone came more than thirty times within an hour.",
    Reason.NETWORK_BUSY: "Very many came from the same network within ten minutes.",
    Reason.NO_PROOF: (
        "Much came in at that time, so the browser was asked for a small calculation, and none came with it. "
        "A person whose browser runs no scripts looks the same."
    ),
    Reason.MARKED: "Somebody of staff marked it as spam. No mail goes out for it until it is released.",
}


class Proof(StrEnum):
    """What became of the small calculation that a browser may be asked for."""

    NOT_ASKED = "not_asked"
    GIVEN = "given"
    MISSING = "missing"  # or wrong


@dataclass(frozen=True, slots=True)
class Lately:
    """How many submissions were kept within the windows: of one network, of one form, and held ones among them."""

    of_network: int = 0
    of_form: int = 0
    suspected_of_network: int = 0
    suspected_of_form: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of how a submission came.

    `answered_after` is None where the time says nothing, as in a chat, whose form is shown and sent by the bot.
    """

    answered_after: timedelta | None
    trap_is_filled: bool
    of_contact: int
    of_network: int
    proof: Proof


def find_reasons(facts: Facts) -> tuple[Reason, ...]:
    """Return why a submission is to be held; none for what people send."""
    is_quick = facts.answered_after is not None and facts.answered_after < QUICK
    found = {
        Reason.TOO_QUICK: is_quick,
        Reason.HIDDEN_FIELD: facts.trap_is_filled,
        Reason.CONTACT_AGAIN: facts.of_contact >= CONTACT_MOST,
        # Who did the calculation is not one of many that cost nothing: a congress behind one address gets through.
        Reason.NETWORK_BUSY: facts.of_network >= NETWORK_BUSY and facts.proof is not Proof.GIVEN,
        Reason.NO_PROOF: facts.proof is Proof.MISSING,
    }
    return tuple(reason for reason, is_so in found.items() if is_so)


def needs_proof(lately: Lately) -> bool:
    """Say whether the next form that is shown asks for the calculation."""
    return (
        lately.of_network >= PROOF_FROM_NETWORK
        or lately.of_form >= PROOF_FROM_FORM
        or lately.suspected_of_network >= PROOF_FROM_SUSPECTED_NETWORK
        or lately.suspected_of_form >= PROOF_FROM_SUSPECTED_FORM
    )


def is_flood(of_network: int) -> bool:
    """Say whether so many came from one network that no number of people explains it."""
    return of_network >= NETWORK_FLOOD
