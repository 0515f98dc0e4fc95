"""Acts on many leads at once: which there are, on how many at most, and why one of them is left out."""

from enum import StrEnum

from intake_api.rules.lead_state import Act

MOST = 500  # more than that is another look at the list
MANY = 50  # more than that reaches far: the second factor is asked for anew (SEC-10)


class BulkAct(StrEnum):
    """What can be done with many leads at once."""

    APPROVE = "approve"
    CONTACT = "contact"
    SPAM = "spam"
    DECLINE = "decline"  # with one reason for all
    ASSIGN = "assign"  # to one of us, or to nobody
    EXPORT = "export"  # into a file; see rules/exports.py


class LeftOut(StrEnum):
    """Why a lead is left out, besides what the gate says (`forwarding.Obstacle`), whose codes stand beside these."""

    STATE = "state"  # a lead that stands so cannot be moved by this act
    RELEASE_FIRST = "release_first"  # declined while it was held
    RESTRICTED = "restricted"  # kept and not used, as the person asked (S-10)
    SAME = "same"  # it is in this hand already
    CHANGED = "changed"  # somebody changed it since it was looked at; the first one wins
    MACHINE = "machine"  # held, or spam: nobody is behind it as far as we know
    TAKEN_BACK = "taken_back"  # the person took everything back
    NO_PURPOSE = "no_purpose"  # nothing the person agreed to holds at present
    BROKE = "broke"  # it could not be judged, again and again: an error of ours


class JobState(StrEnum):
    """Where an act on many leads stands. The first of them is nothing but a look at what would happen."""

    PREVIEWED = "previewed"
    ASKED = "asked"  # a second person has to agree
    QUEUED = "queued"
    WORKING = "sending"  # in a worker's hands, as `turns` calls it
    RETRYING = "retrying"
    DONE = "done"
    STOPPED = "stopped"


class Stopped(StrEnum):
    """Why one was stopped before its end."""

    ASKED = "asked"  # somebody pressed the button
    ACCOUNT = "account"  # who began it may no longer decide
    REFUSED = "refused"  # the second person said no
    UNANSWERED = "unanswered"  # no second person said anything in time
    ASSIGNEE = "assignee"  # who was to be given the leads cannot be given any more


MOVED_BY: dict[BulkAct, Act] = {
    BulkAct.APPROVE: Act.APPROVE,
    BulkAct.CONTACT: Act.CONTACT,
    BulkAct.SPAM: Act.MARK_SPAM,
    BulkAct.DECLINE: Act.DECLINE,
}
