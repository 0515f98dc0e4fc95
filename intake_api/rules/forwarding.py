"""The gate: may this lead go to this recipient now, and if not, why (X-01, X-03, G-02, N-14).

What counts is the notice this very person saw: a recipient it does not name gets nothing, whatever is set up today.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from intake_api.rules.consent import DecisionState, permits


@dataclass(frozen=True)
class PromisedPurpose:
    """One purpose as this person's notice promised it, with what they decided since."""

    id: str
    recipients: frozenset[str]
    state: DecisionState | None


@dataclass(frozen=True)
class Obstacle:
    """One reason why a lead may not go: a stable code, a sentence for the person who sees it, and what to do next."""

    code: str
    says: str
    next: str


ERASED = Obstacle("erased", "This person was erased: nothing is left to send.", "There is nothing to do.")
RESTRICTED = Obstacle(
    "restricted",
    "The person asked that this be kept and not used.",
    "Leave it as it is until they say that it may be used again.",
)
DELETED_THERE = Obstacle(
    "deleted_there",
    "It was deleted over there, and is not made again.",
    "If the person is to be there again, make them there by hand, or let them send the form anew.",
)
NOT_TOLD = Obstacle(
    "not_told",
    "This was written down for the person, who was not given the notice yet.",
    "Give them the notice, then write down here how they were given it.",
)
PAST_RETENTION = Obstacle(
    "past_retention",
    "The time for which this lead may be kept is over.",
    "There is nothing to do: it is erased by itself.",
)
NOT_DISCLOSED = Obstacle(
    "recipient_not_disclosed",
    "The notice this person saw does not name this destination as a recipient.",
    "Answer them without passing it on. Whoever looks after the catalogue names the recipient in the notice, and this "
    "person sends the form again.",
)
UNCONFIRMED = Obstacle(
    "confirmation_missing",
    "This person has not confirmed yet, and nothing else allows passing it on.",
    "Wait until they follow the link in the mail that asked them.",
)
NOT_INFORMED = Obstacle(
    "not_informed",
    "This destination was added to the notice after this person saw it. They have to be told before it gets anything.",
    "Send them the form of today: what they send with it may go.",
)
NEEDS_RECONSENT = Obstacle(
    "needs_reconsent",
    "What this person agreed to has changed since, and nothing else allows passing it on. They have to be asked again.",
    "Wait for their answer if they were asked by mail, or send them the form of today.",
)
NO_BASIS = Obstacle(
    "no_living_basis",
    "No purpose this person agreed to, and has not taken back, allows passing it on.",
    "Decline it, or leave it until it is erased by itself. Do not ask them why.",
)
OBSTACLES = (
    ERASED,
    RESTRICTED,
    DELETED_THERE,
    NOT_TOLD,
    PAST_RETENTION,
    NOT_DISCLOSED,
    UNCONFIRMED,
    NOT_INFORMED,
    NEEDS_RECONSENT,
    NO_BASIS,
)


def find_obstacles(
    purposes: Iterable[PromisedPurpose],
    recipient: str,
    *,
    erased: bool,
    restricted: bool = False,
    deleted_there: bool = False,
    named_since: bool = False,
    untold: bool = False,
    delete_after: datetime,
    now: datetime,
) -> tuple[Obstacle, ...]:
    """Return everything that stands in the way; nothing means that the lead may go.

    :param named_since: whether the recipient stands in the notice of today, which this person did not see (N-15).
    """
    if erased:
        return (ERASED,)
    if restricted:
        return (RESTRICTED,)
    if deleted_there:
        return (DELETED_THERE,)
    late = (PAST_RETENTION,) if delete_after <= now else ()
    unheard = (NOT_TOLD,) if untold else ()
    return (*late, *unheard, *_missing_permission(list(purposes), recipient, named_since=named_since))


def passable(purposes: Iterable[PromisedPurpose], recipient: str) -> tuple[str, ...]:
    """Return the purposes for which this recipient may have data now; only their fields travel (X-02)."""
    return tuple(one.id for one in purposes if recipient in one.recipients and permits(one.state))


def _missing_permission(purposes: list[PromisedPurpose], recipient: str, *, named_since: bool) -> tuple[Obstacle, ...]:
    if passable(purposes, recipient):
        return ()
    named = [one for one in purposes if recipient in one.recipients]
    if not named:
        return (NOT_INFORMED if named_since else NOT_DISCLOSED,)
    states = {one.state for one in named}
    if DecisionState.REQUESTED in states:
        return (UNCONFIRMED,)
    return (NEEDS_RECONSENT if DecisionState.NEEDS_RECONSENT in states else NO_BASIS,)
