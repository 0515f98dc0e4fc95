"""Ends what the worlds of the connectors started for all tests together."""

from collections.abc import Iterator

import pytest

from tests.intake_api.crm.worlds.tryton_server import end_tryton_server


@pytest.fixture(scope="session", autouse=True)
def _ends_tryton() -> Iterator[None]:
    yield
    end_tryton_server()
