"""The real review door over a real store, with a person who is signed in."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from intake_api.app import create_review_app
from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role
from intake_api.settings import Settings
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.browsing import served
from tests.intake_api.web.review.taking_out import make_file
from tests.intake_api.web.review.visitor import PASSWORD, Browser, MakeReviewer


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The hash of everybody's password, made once: it is slow on purpose."""
    return staff.hash_password(PASSWORD)


@pytest.fixture
def secure_app(settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock) -> Flask:
    """The review door as it stands behind https."""
    return create_review_app(replace(settings, review_url="https://review.tidewick.example"), catalogue, store, clock)


@pytest.fixture
def stranger(review_app: Flask) -> Browser:
    """Somebody who is not signed in."""
    return Browser(review_app)


@pytest.fixture
def reviewing(review_app: Flask, store: Store, clock: DrivenClock, password_hash: str) -> MakeReviewer:
    """Make an account with a password of its own and return a browser that is signed in to it."""

    def make(email: str = "ilze@tidewick.example", roles: Collection[Role] = (Role.REVIEWER,)) -> Browser:
        with store.writing() as tx:
            staff_id = staff.add_staff(tx, email, password_hash, one_time=False, roles=roles, now=clock())
            staff.mark_signed_in(tx, staff_id, now=clock())
            token = staff.open_session(tx, staff_id, now=clock())
        return Browser(review_app, token)

    return make


@pytest.fixture
def reviewer(reviewing: MakeReviewer) -> Browser:
    """Ilze, who reviews."""
    return reviewing()


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead to decide."""
    return keep_lead(store, catalogue, now=clock())


@pytest.fixture
def works(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Callable[[str], None]:
    """Do the worker's part of a file of leads, by the path of its page."""
    return lambda path: make_file(store, queue, catalogue, path, clock=clock)


@pytest.fixture
def address(review_app: Flask) -> Iterator[str]:
    """The review door on a real port."""
    with served(review_app) as where:
        yield where
