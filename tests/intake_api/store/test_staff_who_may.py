"""Who of the staff has one of some roles: read by the database, in one statement."""

import pytest
from sqlalchemy import event

from intake_api.flows.assign_lead import assignable
from intake_api.rules.staff_roles import Role
from intake_api.store import staff
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock

PEOPLE = {
    "zane": [Role.REVIEWER, Role.ADMINISTRATOR],
    "dace": [Role.OFFICER],
    "marta": [Role.LEAD],
    "anna": [Role.ADMINISTRATOR, Role.OFFICER],
    "karlis": [Role.REVIEWER],
    "bot": [Role.INTEGRATION],
}


@pytest.fixture
def ids(store: Store, clock: DrivenClock) -> dict[str, str]:
    """People of all roles; Karlis is switched off."""
    with store.writing() as tx:
        added = {
            name: staff.add_staff(tx, f"{name}@tidewick.example", "none", one_time=False, roles=roles, now=clock())
            for name, roles in PEOPLE.items()
        }
        staff.set_disabled(tx, added["karlis"], clock())
    return added


class TestWhoMay:
    def test_those_who_can_be_given_leads_are_found_in_one_statement_by_their_email(
        self, store: Store, ids: dict[str, str]
    ) -> None:
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        event.listen(store.engine, "before_cursor_execute", note)
        with store.reading() as tx:
            asked.clear()
            found = assignable(tx)
            made = len(asked)
        event.remove(store.engine, "before_cursor_execute", note)
        assert [one.id for one in found] == [ids["marta"], ids["zane"]]
        assert found[1].roles == frozenset(PEOPLE["zane"])
        assert made == 1

    def test_a_role_is_found_by_its_whole_name(self, store: Store, ids: dict[str, str]) -> None:
        with store.reading() as tx:
            assert [one.id for one in staff.list_who_may(tx, [Role.LEAD])] == [ids["marta"]]
            assert staff.list_who_may(tx, []) == []
