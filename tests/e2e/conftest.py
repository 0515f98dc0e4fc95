"""What the tests of the whole house share."""

from collections.abc import Iterator

import pytest

from tests.processes import WholeHouse, whole_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHouse]:
    """Everything that `make run` starts, as it comes."""
    with whole_house(tmp_path_factory.mktemp("house")) as running:
        yield running
