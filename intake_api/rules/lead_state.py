"""The states of a lead and who may move it from which to which: one table."""

from enum import StrEnum


class LeadState(StrEnum):
    """Where a lead stands."""

    NEW = "new"  # nobody decided yet
    HELD = "held"  # looks like a machine's; a reviewer releases it, declines it, or its time is over
    QUALIFIED = "qualified"  # approved by a reviewer; its delivery is on the way
    DECLINED = "declined"  # a reviewer said no, with a reason
    DELIVERED = "delivered"  # the destination has it
    DELIVERY_FAILED = "delivery_failed"  # refused by the destination, or given up
    ERASED = "erased"  # nothing of the person is left; it can never become anything else


class Act(StrEnum):
    """What moves a lead."""

    RELEASE = "release"
    APPROVE = "approve"
    DECLINE = "decline"
    RECORD_DELIVERED = "record_delivered"
    RECORD_FAILED = "record_failed"
    TRY_AGAIN = "try_again"


class MoveRefused(Exception):
    """This act is not possible in the lead's present state."""

    code = "move_refused"


MOVES: dict[tuple[LeadState, Act], LeadState] = {
    (LeadState.HELD, Act.RELEASE): LeadState.NEW,
    (LeadState.HELD, Act.DECLINE): LeadState.DECLINED,
    (LeadState.NEW, Act.APPROVE): LeadState.QUALIFIED,
    (LeadState.NEW, Act.DECLINE): LeadState.DECLINED,
    (LeadState.DECLINED, Act.APPROVE): LeadState.QUALIFIED,
    (LeadState.QUALIFIED, Act.RECORD_DELIVERED): LeadState.DELIVERED,
    (LeadState.QUALIFIED, Act.RECORD_FAILED): LeadState.DELIVERY_FAILED,
    (LeadState.DELIVERY_FAILED, Act.TRY_AGAIN): LeadState.QUALIFIED,
}

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
    """Say where an act leads.

    :raises MoveRefused: the act is not possible now.
    """
    try:
        return MOVES[state, act]
    except KeyError:
        raise MoveRefused(f"A lead that is {state.value.replace('_', ' ')} cannot be moved by {act.value}.") from None
