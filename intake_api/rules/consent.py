"""What a decision is, and what it permits (C-01, C-02, R-03)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class DecisionState(StrEnum):
    """The state of one purpose for one person.

    Consent purposes use the DPV consent states; a purpose on another basis never has a consent status (R-07): it is
    `acted`, which means that the person made the explicit act of sending on a notice that named it, until they stop it.
    """

    ACTED = "acted"
    REQUESTED = "requested"  # a first yes that waits for its confirmation (dpv:ConsentRequested)
    GIVEN = "given"  # dpv:ConsentGiven
    REFUSED = "refused"  # dpv:ConsentRefused
    WITHDRAWN = "withdrawn"  # dpv:ConsentWithdrawn
    STOPPED = "stopped"  # what was asked for by an act is not wanted any more; no consent status either
    EXPIRED = "expired"  # a yes that was not renewed in time (dpv:ConsentExpired, C-16)
    NEEDS_RECONSENT = "needs_reconsent"  # read only, never kept: a yes to what has changed since (C-17)


# How the Data Privacy Vocabulary calls them in what leaves the house. What is no consent has no such status.
DPV_STATUS: Mapping[DecisionState, str] = {
    DecisionState.REQUESTED: "ConsentRequested",
    DecisionState.GIVEN: "ConsentGiven",
    DecisionState.REFUSED: "ConsentRefused",
    DecisionState.WITHDRAWN: "ConsentWithdrawn",
    DecisionState.EXPIRED: "ConsentExpired",
    DecisionState.NEEDS_RECONSENT: "ConsentRequested",  # it waits for the person's answer to what is promised now
}
RENEWED = "RenewedConsentGiven"

VALIDITY = "P24M"  # how long a yes counts unless its purpose says otherwise (C-16)
ASK_AGAIN_BEFORE = timedelta(days=30)  # its end: so early may the person be asked, once, whether it still holds

PERMITS = frozenset({DecisionState.ACTED, DecisionState.GIVEN})


class DecisionInvalid(Exception):
    """A decision names a purpose this notice does not ask about, or is not exactly true or false; by purpose."""

    code = "decision_invalid"

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("A decision is not valid.")
        self.problems = dict(problems)


class NothingAgreed(Exception):
    """All purposes of this form need a yes and none was given: there is nothing to keep."""

    code = "nothing_agreed"


@dataclass(frozen=True)
class AskedPurpose:
    """One purpose as the notice asks it."""

    id: str
    opt_in: bool  # its own control and its own yes; otherwise the act of sending is enough
    double_opt_in: bool


def decide(purposes: Iterable[AskedPurpose], decisions: Mapping[str, object]) -> dict[str, DecisionState]:
    """Turn what was sent into one state for each purpose of the notice. What was not answered is not given (C-01).

    :raises DecisionInvalid: an unknown purpose, anything but true or false, or a no to an act of sending.
    :raises NothingAgreed: no purpose is left that permits keeping anything.
    """
    asked = {purpose.id: purpose for purpose in purposes}
    problems = {key: problem for key, answer in decisions.items() if (problem := _problem(asked.get(key), answer))}
    if problems:
        raise DecisionInvalid(problems)
    states = {key: _state(purpose, decisions.get(key)) for key, purpose in asked.items()}
    if all(state is DecisionState.REFUSED for state in states.values()):
        raise NothingAgreed("Nothing was agreed to, so nothing was kept.")
    return states


def permits(state: DecisionState | None) -> bool:
    """Say whether a purpose in this state may be used now."""
    return state in PERMITS


def _problem(purpose: AskedPurpose | None, answer: object) -> str | None:
    if purpose is None:
        return "purpose_unknown"
    if not isinstance(answer, bool):
        return "not_true_or_false"
    if not purpose.opt_in and not answer:
        return "purpose_is_an_act"
    return None


def _state(purpose: AskedPurpose, answer: object) -> DecisionState:
    if not purpose.opt_in:
        return DecisionState.ACTED
    if answer is not True:
        return DecisionState.REFUSED
    return DecisionState.REQUESTED if purpose.double_opt_in else DecisionState.GIVEN
