"""One short workflow for each attempt, named by the work and its turn: to deliver, to ask, to mail, to act on many."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from intake_api.clock import Clock
from intake_api.crm.port import Destination
from intake_api.flows.act_on_many import BulkDesk, act_on_many
from intake_api.flows.answer_question import answer_question
from intake_api.flows.deliver import deliver
from intake_api.flows.send_alert import send_alert
from intake_api.flows.send_assignment import send_assignment
from intake_api.flows.send_confirmation import send_confirmation
from intake_api.flows.send_invitation import send_invitation
from intake_api.flows.send_letter import LetterDesk, send_letter
from intake_api.flows.send_mail import MailDesk
from intake_api.flows.send_renewal import send_renewal
from intake_api.flows.send_rights_link import RightsDesk, send_rights_link
from intake_api.flows.write_to_staff import StaffDesk
from intake_api.queue import (
    ACT_ON_MANY,
    ASK_DESTINATION,
    DELIVER_LEAD,
    SEND_ALERT,
    SEND_ASSIGNMENT,
    SEND_CONFIRMATION,
    SEND_INVITATION,
    SEND_LETTER,
    SEND_RENEWAL,
    SEND_RIGHTS_LINK,
    TELL_DESTINATION,
)
from intake_api.store.base import Store
from intake_api.store.turns import parse_turn_key

Workflow = Callable[[str], None]


@dataclass(frozen=True)
class Desks:
    """Where the mails are written, and where what was chosen for many leads is done."""

    questions: MailDesk  # asks for the second yes
    rights: RightsDesk
    letters: LetterDesk
    staff: StaffDesk
    many: BulkDesk


def attempts(store: Store, destination: Destination, desks: Desks, *, clock: Clock) -> dict[str, Workflow]:
    """Return the workflows by name; each takes a key made by `turn_key`. Safe to run again after a crash anywhere."""
    return {
        DELIVER_LEAD: _by_key(partial(deliver, store, destination, clock=clock)),
        TELL_DESTINATION: _by_key(partial(deliver, store, destination, clock=clock)),
        SEND_CONFIRMATION: _by_key(partial(send_confirmation, store, desks.questions, clock=clock)),
        SEND_RENEWAL: _by_key(partial(send_renewal, store, desks.rights, clock=clock)),
        SEND_RIGHTS_LINK: _by_key(partial(send_rights_link, store, desks.rights, clock=clock)),
        SEND_LETTER: _by_key(partial(send_letter, store, desks.letters, clock=clock)),
        SEND_INVITATION: _by_key(partial(send_invitation, store, desks.staff, clock=clock)),
        ASK_DESTINATION: _by_key(partial(answer_question, store, destination, clock=clock)),
        ACT_ON_MANY: _by_key(partial(act_on_many, store, desks.many, clock=clock)),
        SEND_ASSIGNMENT: _by_key(partial(send_assignment, store, desks.staff, clock=clock)),
        SEND_ALERT: _by_key(partial(send_alert, store, desks.staff, clock=clock)),
    }


def _by_key(attempt: Callable[[str, int], None]) -> Workflow:
    def run(key: str) -> None:
        attempt(*parse_turn_key(key))

    return run
