"""New leads given to people by rules: in turn, once, told by one mail; and taken out of the hand of whoever left."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows import assign_by_rule as flow
from intake_api.flows.assign_by_rule import assign_by_rule, free_left_leads, note_left_leads
from intake_api.flows.assign_lead import assign_lead
from intake_api.flows.change_staff import change_roles, change_teams, disable_staff, enable_staff
from intake_api.flows.come_to_work import come_to_work, leave_for_today
from intake_api.flows.contact_lead import contact_lead
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.tidy_store import tidy_store
from intake_api.flows.undo_move import undo_move
from intake_api.queue import Queue
from intake_api.rules.assignment import Assignment, AssignmentRule
from intake_api.rules.staff_roles import Role
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import entries, keep_first_yes, keep_lead, lead_now

KINDS = [("request_demo", "en"), ("newsletter", "en"), ("request_demo", "lv")]
PRESENT = Assignment({"sales": ""}, (AssignmentRule("requests", "sales", ("request_demo",)),))
ALL = Assignment({"sales": ""}, (AssignmentRule("requests", "sales", ("request_demo",), only_present=False),))


class Team:
    """People in the team `sales`, and the worker's round done by hand."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> None:
        self.store, self.queue, self.catalogue, self.clock = store, queue, catalogue, clock

    def hire(self, name: str, *, here: bool = True) -> str:
        with self.store.writing() as tx:
            staff_id = staff.add_staff(tx, f"{name}@tidewick.example", "-", one_time=False, now=self.clock())
        change_teams(self.store, staff_id, ["sales"], actor="operator", now=self.clock())
        if here:
            self.come(staff_id)
        return staff_id

    def come(self, staff_id: str) -> None:
        come_to_work(self.store, staff_id, self.catalogue.organisation.opening_hours.zone, now=self.clock())

    def leads(self, count: int) -> list[Lead]:
        return [keep_lead(self.store, self.catalogue, now=self.clock.advance(seconds=1)) for _ in range(count)]

    def give(self, rules: Assignment = PRESENT) -> int:
        return assign_by_rule(self.store, self.queue, rules, KINDS, now=self.clock())

    def hands(self, leads: list[Lead]) -> list[str | None]:
        return [lead_now(self.store, lead).assigned_to for lead in leads]

    def assign(self, lead: Lead, to: str | None, by: str) -> None:
        version = lead_now(self.store, lead).version
        assign_lead(self.store, self.queue, lead.reference, to, seen_version=version, staff_id=by, now=self.clock())


@pytest.fixture
def team(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Team:
    return Team(store, queue, catalogue, clock)


class TestGiving:
    def test_in_turn_with_an_entry_of_the_rule_and_one_mail_each(self, team: Team) -> None:
        people = {team.hire(name) for name in ("anna", "ilze", "maris")}
        leads = team.leads(7)
        assert team.give() == 7
        hands = team.hands(leads)
        assert sorted(Counter(hands).values()) == [2, 2, 3]
        assert set(hands) == people
        assert hands[:3] == hands[3:6]
        (entry,) = entries(team.store, leads[0], "lead.assigned")
        assert (entry["actor"], entry["staff"], entry["team"]) == ("rule:requests", hands[0], "sales")
        with team.store.reading() as tx:
            mails = tx.execute(text("SELECT staff_id FROM assignment_mails")).scalars().all()
        assert sorted(mails) == sorted(people)
        assert team.give() == 0

    def test_what_no_rule_is_about_or_nobody_is_here_for_waits(self, team: Team, queue: Queue) -> None:
        anna = team.hire("anna", here=False)
        other = keep_first_yes(team.store, queue, team.catalogue, now=team.clock())
        (lead,) = team.leads(1)
        assert team.give() == 0
        team.come(anna)
        assert team.give() == 1
        assert team.hands([lead, other]) == [anna, None]

    def test_whoever_said_so_is_here_until_the_day_ends_or_they_leave(self, team: Team) -> None:
        anna = team.hire("anna")
        leave_for_today(team.store, anna)
        (lead,) = team.leads(1)
        assert team.give() == 0
        team.come(anna)
        team.clock.advance(hours=14)  # 1:00 of the next day in Riga
        assert team.give() == 0
        assert team.give(ALL) == 1
        assert team.hands([lead]) == [anna]

    def test_a_lead_never_loses_its_hand_and_what_was_put_back_stays_free(self, team: Team) -> None:
        anna, ilze = team.hire("anna"), team.hire("ilze")
        mine, free, decided, spare = team.leads(4)
        team.assign(mine, ilze, ilze)
        team.assign(free, anna, ilze)
        team.assign(free, None, ilze)
        decline_lead(team.store, decided.reference, seen_version=1, reason="not_a_fit", staff_id=anna, now=team.clock())
        assert team.give() == 1
        assert team.hands([mine, free, decided]) == [ilze, None, None]
        assert team.hands([spare]) != [None]
        tidy_store(team.store, team.queue, now=team.clock())
        assert team.give() == 0
        team.assign(free, ilze, anna)
        team.assign(mine, None, ilze)
        assert team.hands([free, mine]) == [ilze, None]

    def test_who_may_not_decide_or_is_switched_off_is_passed_over(self, team: Team) -> None:
        anna, ilze, maris = (team.hire(name) for name in ("anna", "ilze", "maris"))
        change_roles(team.store, anna, [Role.OFFICER], actor="operator", now=team.clock())
        disable_staff(team.store, ilze, actor="operator", now=team.clock())
        leads = team.leads(3)
        assert team.give(ALL) == 3
        assert set(team.hands(leads)) == {maris}

    def test_two_workers_at_once_give_each_lead_once_and_in_turn(self, team: Team) -> None:
        people = [team.hire(name) for name in ("anna", "ilze", "maris")]
        leads = team.leads(30)
        with ThreadPoolExecutor(3) as pool:
            given = list(pool.map(lambda _: team.give(), range(3)))
        given.append(team.give())
        assert sum(given) == 30
        assert Counter(team.hands(leads)) == dict.fromkeys(people, 10)
        assert all(len(entries(team.store, lead, "lead.assigned")) == 1 for lead in leads)

    def test_a_worker_that_looked_before_another_gave_the_turn_looks_again(self, team: Team, queue: Queue) -> None:
        people = {team.hire(name) for name in ("anna", "ilze")}
        (one,) = team.leads(1)
        assert team.give() == 1
        (had,) = team.hands([one])
        assert had is not None
        (other,) = team.leads(1)
        with team.store.writing() as tx:
            assert flow._give(tx, queue, PRESENT.rules[0], other, had, now=team.clock()) is None
        assert team.hands([other]) == [None]
        assert team.give() == 1
        assert set(team.hands([one, other])) == people

    def test_who_changes_people_meanwhile_waits_for_nobody_for_long(self, team: Team) -> None:
        people = [team.hire(name) for name in ("anna", "ilze", "maris")]
        leads = team.leads(30)

        def change(number: int) -> None:
            one, teams = people[number % 3], [["sales"], ["sales", "complaints"], []][number % 3]
            change_teams(team.store, one, teams or ["sales"], actor="operator", now=team.clock())
            roles = [Role.REVIEWER, Role.LEAD] if number % 2 else [Role.REVIEWER]
            change_roles(team.store, one, roles, actor="operator", now=team.clock())

        with ThreadPoolExecutor(4) as pool:
            rounds = [pool.submit(team.give) for _ in range(2)]
            list(pool.map(change, range(24)))
            given = [one.result() for one in rounds]
        given.append(team.give())
        assert sum(given) == 30
        counts = Counter(team.hands(leads))
        assert max(counts.values()) - min(counts.values()) <= 1

    def test_a_restricted_lead_is_given_to_nobody(self, team: Team) -> None:
        team.hire("anna")
        (lead,) = team.leads(1)
        with team.store.writing() as tx:
            tx.execute(text("UPDATE leads SET restricted_until = delete_after"))
        assert team.give() == 0
        assert team.hands([lead]) == [None]


class TestLeaving:
    @pytest.mark.parametrize("how", ["disabled", "role"])
    def test_what_is_to_decide_goes_back_and_a_rule_gives_it_on(self, team: Team, how: str) -> None:
        anna = team.hire("anna")
        new, contacted, decided = team.leads(3)
        assert team.give() == 3
        at = {"seen_version": 2, "staff_id": anna, "now": team.clock()}
        contact_lead(team.store, contacted.reference, **at)  # type: ignore[arg-type]
        decline_lead(team.store, decided.reference, reason="not_a_fit", **at)  # type: ignore[arg-type]
        if how == "disabled":
            disable_staff(team.store, anna, actor="operator", now=team.clock())
        else:
            change_roles(team.store, anna, [Role.OFFICER], actor="operator", now=team.clock())
        assert free_left_leads(team.store, now=team.clock()) == 2
        assert team.hands([new, contacted, decided]) == [None, None, anna]
        entry = next(one for one in entries(team.store, new, "lead.assigned") if one["actor"] == "system")
        assert (entry["staff"], entry["from"], entry["why"]) == (None, anna, "left")
        ilze = team.hire("ilze")
        assert team.give() == 1
        assert team.hands([new, contacted]) == [ilze, None]
        assert free_left_leads(team.store, now=team.clock()) == 0
        with team.store.reading() as tx:
            assert tx.execute(text("SELECT count(*) FROM staff_departures")).scalar_one() == 0

    def test_what_is_undone_later_does_not_stay_in_that_hand(self, team: Team) -> None:
        anna = team.hire("anna")
        (lead,) = team.leads(1)
        team.give()
        at = {"staff_id": anna, "now": team.clock()}
        contact_lead(team.store, lead.reference, seen_version=2, **at)  # type: ignore[arg-type]
        decline_lead(team.store, lead.reference, reason="not_a_fit", seen_version=3, **at)  # type: ignore[arg-type]
        disable_staff(team.store, anna, actor="operator", now=team.clock())
        assert free_left_leads(team.store, now=team.clock()) == 0
        undo_move(team.store, team.queue, lead.reference, seen_version=4, **at)  # type: ignore[arg-type]
        assert team.hands([lead]) == [anna]
        assert note_left_leads(team.store, now=team.clock()) == 1
        assert free_left_leads(team.store, now=team.clock()) == 1
        assert team.hands([lead]) == [None]
        assert note_left_leads(team.store, now=team.clock()) == 0

    def test_who_comes_back_before_that_keeps_them(self, team: Team) -> None:
        anna = team.hire("anna")
        (lead,) = team.leads(1)
        team.give()
        disable_staff(team.store, anna, actor="operator", now=team.clock())
        enable_staff(team.store, anna, actor="operator", now=team.clock())
        assert free_left_leads(team.store, now=team.clock()) == 0
        assert team.hands([lead]) == [anna]
