"""A lead that the rule of its form approved: its page says so, and a person can take it back while it is here."""

from pathlib import Path

import pytest
from flask import Flask

from intake_api.app import create_review_app
from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_by_rule import RuleDesk, approve_by_rule
from intake_api.queue import Queue
from intake_api.rules.approval import ApprovalRule
from intake_api.rules.lead_state import LeadState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.approving import TURN_ON
from tests.intake_api.flows.publishing import Press
from tests.intake_api.kept_leads import keep_lead, lead_now
from tests.intake_api.web.review.visitor import Browser, path_of, words_of


@pytest.fixture
def ruled(store: Store, clock: DrivenClock, tmp_path: Path) -> Catalogue:
    """The catalogue with a rule, published."""
    return Press(store, clock, tmp_path).publish(*TURN_ON)


@pytest.fixture
def review_app(settings: Settings, ruled: Catalogue, store: Store, queue: Queue, clock: DrivenClock) -> Flask:
    """The review door of a house whose form has a rule."""
    return create_review_app(settings, ruled, store, clock)


@pytest.fixture
def approved(store: Store, queue: Queue, ruled: Catalogue, clock: DrivenClock) -> Lead:
    """A lead that the rule approved."""
    lead = keep_lead(store, ruled, now=clock(), headcount=25, role="owner")
    desk = RuleDesk({"request_demo": ApprovalRule(1, 50, confirmed_email=False)}, "file", "crm")
    assert approve_by_rule(store, queue, desk, now=clock()) == 1
    return lead


class TestTheLead:
    def test_n13_it_says_by_which_rule_and_the_notice_what_was_said(self, reviewer: Browser, approved: Lead) -> None:
        said = words_of(reviewer.page(path_of(approved)))
        assert "Approved by the rule of this form, version 1: nobody looked at it first" in said
        assert "Approved by the rule of its form by the service" in said
        assert "without a person who looks at it first" in said
        assert "No decision about you is made by a machine" not in said

    def test_a_person_takes_it_back_and_decides(self, reviewer: Browser, store: Store, approved: Lead) -> None:
        undone = reviewer.send(reviewer.page(path_of(approved)), path_of(approved, "/undo"))
        assert (undone.status_code, lead_now(store, approved).state) == (303, LeadState.NEW)
        page = reviewer.page(path_of(approved))
        assert "Approved by the rule of this form" not in page.text
        assert reviewer.send(page, path_of(approved, "/approve")).status_code == 303
        assert "Approved by the rule of this form" not in reviewer.page(path_of(approved)).text
