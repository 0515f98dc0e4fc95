"""The states of a lead and which act moves it from which to which: one table."""

from enum import StrEnum


class LeadState(StrEnum):
    """Where a lead stands."""

    NEW = "new"  # nobody decided yet
    HELD = "held"  # looks like a machine's; a reviewer releases it, declines it, or its time is over
    CONTACTED = "contacted"  # somebody of staff got in touch; whether it is approved is still open
    QUALIFIED = "qualified"  # approved by a reviewer; its delivery is on the way
    DECLINED = "declined"  # a reviewer said no, with a reason
    SPAM = "spam"  # a reviewer says that no person wrote it: nobody is mailed, and it is gone after 14 days
    DELIVERED = "delivered"  # the destination has it
    DELIVERY_FAILED = "delivery_failed"  # refused by the destination, or given up
    WITHDRAWN = "withdrawn"  # the person took everything back; it waits for nothing but its erasure
    MERGED = "merged"  # into another lead of its person; what it holds is shown there (T-10)
    ERASED = "erased"  # nothing of the person is left; it can never become anything else


class Act(StrEnum):
    """What moves a lead."""

    RELEASE = "release"
    CONTACT = "contact"
    APPROVE = "approve"
    DECLINE = "decline"
    MARK_SPAM = "mark_spam"
    REVERSE = "reverse"
    MERGE = "merge"  # away, into another lead; undone from there, as before
    TRY_AGAIN = "try_again"
    SEND_AGAIN = "send_again"  # it is missing over there, though it was delivered
    DO_BY_HAND = "do_by_hand"  # over there, instead of its delivery
    RECORD_DELIVERED = "record_delivered"
    RECORD_FAILED = "record_failed"
    TAKE_BACK = "take_back"  # by the person, of all that was still alive
    UNDO = "undo"


class MoveRefused(Exception):
    """This act is not possible in the lead's present state."""

    code = "move_refused"


MOVES: dict[tuple[LeadState, Act], LeadState] = {
    (LeadState.HELD, Act.RELEASE): LeadState.NEW,
    (LeadState.HELD, Act.DECLINE): LeadState.DECLINED,
    (LeadState.HELD, Act.MARK_SPAM): LeadState.SPAM,
    (LeadState.HELD, Act.TAKE_BACK): LeadState.WITHDRAWN,
    (LeadState.NEW, Act.CONTACT): LeadState.CONTACTED,
    (LeadState.NEW, Act.APPROVE): LeadState.QUALIFIED,
    (LeadState.NEW, Act.DECLINE): LeadState.DECLINED,
    (LeadState.NEW, Act.MARK_SPAM): LeadState.SPAM,
    (LeadState.NEW, Act.TAKE_BACK): LeadState.WITHDRAWN,
    (LeadState.CONTACTED, Act.APPROVE): LeadState.QUALIFIED,
    (LeadState.CONTACTED, Act.DECLINE): LeadState.DECLINED,
    (LeadState.CONTACTED, Act.MARK_SPAM): LeadState.SPAM,
    (LeadState.CONTACTED, Act.TAKE_BACK): LeadState.WITHDRAWN,
    (LeadState.SPAM, Act.RELEASE): LeadState.NEW,
    (LeadState.DECLINED, Act.APPROVE): LeadState.QUALIFIED,
    (LeadState.QUALIFIED, Act.RECORD_DELIVERED): LeadState.DELIVERED,
    (LeadState.QUALIFIED, Act.RECORD_FAILED): LeadState.DELIVERY_FAILED,
    (LeadState.DELIVERY_FAILED, Act.TRY_AGAIN): LeadState.QUALIFIED,
    (LeadState.DELIVERY_FAILED, Act.DO_BY_HAND): LeadState.DELIVERED,
    (LeadState.DELIVERY_FAILED, Act.TAKE_BACK): LeadState.WITHDRAWN,
    (LeadState.DELIVERY_FAILED, Act.REVERSE): LeadState.DECLINED,
    (LeadState.DELIVERED, Act.SEND_AGAIN): LeadState.QUALIFIED,
    (LeadState.DELIVERED, Act.REVERSE): LeadState.DECLINED,
    (LeadState.NEW, Act.MERGE): LeadState.MERGED,
    (LeadState.CONTACTED, Act.MERGE): LeadState.MERGED,
    (LeadState.QUALIFIED, Act.MERGE): LeadState.MERGED,
    (LeadState.DECLINED, Act.MERGE): LeadState.MERGED,
    (LeadState.DELIVERED, Act.MERGE): LeadState.MERGED,
    (LeadState.DELIVERY_FAILED, Act.MERGE): LeadState.MERGED,
}

# Where somebody of staff is still to decide.
TO_DECIDE = frozenset({LeadState.NEW, LeadState.CONTACTED})

# What can be merged, on either side: not what looks like a machine's, nor what only waits for its erasure.
MERGEABLE = frozenset(state for state, act in MOVES if act is Act.MERGE)

# No work for anybody, and in no list of all: what was erased, and what is shown with the lead it was merged into.
OUT_OF_LISTS = frozenset({LeadState.MERGED, LeadState.ERASED})

# Where staff's last act can still be undone; it leads back to where the lead stood before that act.
UNDOABLE = frozenset(
    {
        LeadState.NEW,
        LeadState.CONTACTED,
        LeadState.QUALIFIED,
        LeadState.DECLINED,
        LeadState.SPAM,
        LeadState.DELIVERY_FAILED,
    }
)

# What a reviewer chooses from when declining; the reason is required.
DECLINE_REASONS: dict[str, str] = {
    "not_a_fit": "Not a fit for what we sell",
    "no_real_person": "Not a real person or address",
    "duplicate": "Already handled under another lead",
    "job_or_supplier": "Looks for a job or sells to us",
    "asked_to_stop": "The person asked us to stop",
    "out_of_region": "Outside the countries we serve",
}


def next_state(state: LeadState, act: Act) -> LeadState:
    """Say where an act leads; for an undoing ask `UNDOABLE`.

    :raises MoveRefused: the act is not possible now.
    """
    try:
        return MOVES[state, act]
    except KeyError:
        raise refused(state, act) from None


def refused(state: LeadState, act: Act) -> MoveRefused:
    """Return what is raised when an act is not possible in a state."""
    return MoveRefused(f"A lead that is {_said(state)} cannot be moved by {_said(act)}.")


def _said(name: StrEnum) -> str:
    return name.value.replace("_", " ")
