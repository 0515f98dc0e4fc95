"""A desk that asks people again, and eyes for what became of it."""

from collections.abc import Callable
from typing import Any

from intake_api.catalogue.model import Catalogue
from intake_api.clock import Clock
from intake_api.flows.answer_renewal import Answer, answer_renewal
from intake_api.flows.open_questions import OpenQuestion
from intake_api.flows.send_renewal import send_renewal
from intake_api.flows.send_rights_link import RightsDesk
from intake_api.flows.show_renewal import show_renewal
from intake_api.mail.words import read_mail_words
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.store.renewals import Renewal, Why, list_renewals_of, renewal_token
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY

Publish = Callable[..., Catalogue]


def desk_of(mailer: Any, catalogue: Catalogue) -> RightsDesk:
    return RightsDesk(mailer, TOKEN_KEY, PUBLIC_URL, catalogue.organisation, read_mail_words())


def renewals_of(store: Store, lead: Lead, why: Why = Why.CHANGED) -> list[Renewal]:
    with store.reading() as tx:
        return list_renewals_of(tx, [lead.id], why)


def renewal_of(store: Store, lead: Lead, why: Why = Why.CHANGED) -> Renewal:
    (renewal,) = renewals_of(store, lead, why)
    return renewal


def send(store: Store, desk: RightsDesk, lead: Lead, clock: Clock, why: Why = Why.CHANGED) -> Renewal:
    """Make the attempt whose turn it is; return the renewal as it then stands."""
    before = renewal_of(store, lead, why)
    send_renewal(store, desk, before.id, before.turn, clock=clock)
    return renewal_of(store, lead, why)


def token_of(store: Store, lead: Lead, why: Why = Why.CHANGED) -> str:
    return renewal_token(TOKEN_KEY, renewal_of(store, lead, why).id)


def questions(store: Store, token: str, clock: DrivenClock) -> list[OpenQuestion]:
    return show_renewal(store, token, now=clock()).questions


def answer(store: Store, token: str, purpose: str, clock: DrivenClock, *, yes: bool) -> None:
    """Answer what the page shows now."""
    (asked,) = [one for one in questions(store, token, clock) if one.purpose == purpose]
    words = asked.today["texts"][f"question.{purpose}"]
    answer_renewal(store, token, Answer(purpose, yes, asked.today_hash, words), now=clock())
