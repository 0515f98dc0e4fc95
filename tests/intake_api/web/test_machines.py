"""What scripts send through the doors: the same answer as everybody, and held (SEC-37, SEC-38, D4)."""

import ipaddress
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.rules.suspicion import (
    NETWORK_BUSY,
    NETWORK_FLOOD,
    PROOF_FROM_SUSPECTED_FORM,
    Counted,
)
from intake_api.store.base import Store
from intake_api.web.door import door_of
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.conftest import READING
from tests.intake_api.web.demo_page import PAGE, TYPED, yes
from tests.intake_api.web.html import Page, read_page
from tests.intake_api.web.solving import solve

SUBMIT = "/v1/forms/request_demo/submissions"
OFFICE = "203.0.113.7"
Send = Callable[..., Any]
HeldFor = Callable[[str], str | None]


@pytest.fixture
def send(public: FlaskClient, clock: DrivenClock) -> Send:
    """Ask for the form, wait, and send it from an address."""

    def sent(
        *,
        after: float = READING,
        address: str = OFFICE,
        client: FlaskClient = public,
        headers: dict[str, str] | None = None,
        email: str = "zane@guest.example",
        **more: object,
    ) -> Any:
        who: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": address}, "headers": headers or {}}
        shown = client.get("/v1/forms/request_demo", **who).json
        assert shown
        clock.advance(seconds=after)
        body = {"presentation": shown["presentation"]["id"], "locale": "en", "decisions": {"newsletter": True}}
        fields = {"name": "Zane Example", "email": email}
        if "proof" in shown and "proof" not in more:  # a browser finds it while its visitor reads
            body["proof"] = solve(shown["proof"])
        return client.post(SUBMIT, json={**body, "fields": fields, **more}, **who)

    return sent


@pytest.fixture
def held_for(store: Store) -> HeldFor:
    """Return why the lead of a reference is held; None if it is not."""

    def found(reference: str) -> str | None:
        with store.reading() as tx:
            row = tx.execute(
                text("SELECT state, held_for FROM leads WHERE reference = :reference"), {"reference": reference}
            ).one()
        assert (row.state == "held") == (row.held_for is not None)
        return row.held_for

    return found


def shape(value: object) -> object:
    """Return what an answer looks like, without what differs from one submission to the next."""
    if isinstance(value, dict):
        return {
            name: shape(one) if name not in ("reference", "receipt") else len(str(one)) for name, one in value.items()
        }
    return value


class TestTheSameAnswer:
    """A machine does not learn what gave it away."""

    def test_sec38_held_or_not_it_is_answered_alike(self, send: Send, held_for: HeldFor) -> None:
        person, script, bot = send(), send(after=0), send(trap="https://pills.example")
        assert [one.status_code for one in (person, script, bot)] == [201] * 3
        assert shape(person.json) == shape(script.json) == shape(bot.json)
        assert list(script.headers.keys()) == list(bot.headers.keys()) == list(person.headers.keys())
        assert person.json["state"] == "new"
        found = [held_for(one.json["reference"]) for one in (person, script, bot)]
        assert found == [None, '["too_quick"]', '["hidden_field"]']

    def test_sec38_the_same_once_more_gets_the_same(self, public: FlaskClient, submission: dict[str, Any]) -> None:
        first = public.post(SUBMIT, json={**submission, "trap": "x"})
        again = public.post(SUBMIT, json={**submission, "trap": "x"})
        assert first.json == again.json

    @pytest.mark.parametrize("trap", [1, None, "x" * 2001, ["x"]])
    def test_sec26_the_trap_is_a_text(self, public: FlaskClient, submission: dict[str, Any], trap: object) -> None:
        assert public.post(SUBMIT, json={**submission, "trap": trap}).status_code == 422

    def test_sec38_the_receipt_of_a_held_lead_opens(self, public: FlaskClient, send: Send) -> None:
        answer = send(after=0)
        assert public.get(answer.json["receipt"], headers={"Accept": "text/html"}).status_code == 200


class TestFiftyQuickPosts:
    def test_c15_sec37_no_mail_waits_and_every_answer_is_the_same(
        self, send: Send, store: Store, held_for: HeldFor
    ) -> None:
        answers = [send(after=0) for _ in range(50)]
        assert {answer.status_code for answer in answers} == {201}
        assert len({str(shape(answer.json)) for answer in answers}) == 1
        assert all("too_quick" in (held_for(answer.json["reference"]) or "") for answer in answers)
        assert "contact_again" in (held_for(answers[-1].json["reference"]) or "")
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM confirmations")) == 0


class TestNetworks:
    """SEC-37: an office gets through, one household is one network however it changes its address."""

    def crowd(self, public: FlaskClient, clock: DrivenClock, count: int, network: str = "203.0.113.0/24") -> None:
        """Let so many have come from a network a moment ago."""
        for _ in range(count):
            door_of(public.application).arrivals.count(Counted.NETWORK, network, now=clock())

    def test_sec37_forty_colleagues_behind_one_address_within_ten_minutes_are_not_held(
        self, send: Send, held_for: HeldFor
    ) -> None:
        answers = [send(after=9, email=f"colleague{number}@office.example") for number in range(40)]
        assert {answer.status_code for answer in answers} == {201}
        assert {held_for(answer.json["reference"]) for answer in answers} == {None}

    def test_sec37_a_crowd_is_held_and_its_neighbours_are_not(
        self, public: FlaskClient, clock: DrivenClock, send: Send, held_for: HeldFor
    ) -> None:
        self.crowd(public, clock, NETWORK_BUSY)
        assert "network_busy" in (held_for(send(address="203.0.113.200", proof="").json["reference"]) or "")
        assert held_for(send(address="203.0.114.200").json["reference"]) is None

    @pytest.mark.parametrize("address", ["2001:db8:7:7::1", "2001:db8:7:7:ffff::2", "2001:db8:7:7:1:2:3:4"])
    def test_sec37_changing_addresses_within_a_64_changes_nothing(
        self, public: FlaskClient, clock: DrivenClock, send: Send, address: str
    ) -> None:
        self.crowd(public, clock, NETWORK_FLOOD, "2001:db8:7:7::/64")
        refused = send(address=address)
        assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
        assert refused.headers["Retry-After"] == "60"
        assert send(address="2001:db8:7:8::1").status_code == 201

    def test_sec37_an_ipv4_address_written_as_ipv6_is_the_same(
        self, public: FlaskClient, clock: DrivenClock, send: Send
    ) -> None:
        self.crowd(public, clock, NETWORK_FLOOD)
        assert send(address=f"::ffff:{OFFICE}").status_code == 429

    def test_sec37_after_the_window_it_is_as_before(self, public: FlaskClient, clock: DrivenClock, send: Send) -> None:
        self.crowd(public, clock, NETWORK_FLOOD)
        assert send().status_code == 429
        clock.advance(minutes=20)
        assert send().status_code == 201

    def test_sec37_what_was_kept_before_a_flood_still_gets_its_first_answer(
        self, public: FlaskClient, clock: DrivenClock, submission: dict[str, Any]
    ) -> None:
        who: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": OFFICE}}
        first = public.post(SUBMIT, json=submission, **who)
        self.crowd(public, clock, NETWORK_FLOOD)
        assert public.post(SUBMIT, json=submission, **who).json == first.json

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1", "unix", ""])
    def test_whoever_runs_it_or_a_proxy_that_was_not_named_is_no_network(
        self, public: FlaskClient, clock: DrivenClock, send: Send, address: str
    ) -> None:
        for network in ("127.0.0.0/24", "::/64"):
            self.crowd(public, clock, NETWORK_FLOOD, network)
        assert send(address=address).status_code == 201

    def test_sec38_the_chat_is_not_judged_by_the_time_or_network_of_the_bot(
        self, internal: FlaskClient, service: dict[str, str], clock: DrivenClock, send: Send, held_for: HeldFor
    ) -> None:
        self.crowd(internal, clock, NETWORK_FLOOD)
        answer = send(after=0, client=internal, headers=service)
        assert answer.status_code == 201
        assert held_for(answer.json["reference"]) is None

    def test_m06_no_address_is_kept_anywhere(self, send: Send, store: Store, tmp_path: Path) -> None:
        for address in (OFFICE, "2001:db8:7:7::1"):
            assert send(address=address, after=0).status_code == 201
        kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        for written in (OFFICE, "203.0.113", "2001:db8:7:7", ipaddress.ip_address("2001:db8:7:7::1").exploded):
            assert written.encode() not in kept


class TestTheHostedPage:
    """D4: a field that only machines fill in."""

    def test_d4_nobody_is_led_to_the_trap(self, shown: Page) -> None:
        trap = shown.one("input", name="remark")
        assert (trap.get("tabindex"), trap.get("autocomplete"), trap.get("value")) == ("-1", "off", "")
        for manager in ("data-1p-ignore", "data-lpignore", "data-bwignore", "data-protonpass-ignore"):
            assert manager in trap.attributes
        assert "hidden" not in trap.attributes
        assert trap.get("type") == "text"

    def test_d4_a_bot_that_fills_in_everything_is_thanked_and_held(
        self, public: FlaskClient, shown: Page, store: Store
    ) -> None:
        filled = {**shown.form(), **TYPED, "remark": "https://pills.example", "d-newsletter": yes(shown, "newsletter")}
        answer = public.post(PAGE, data=filled)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/thanks/")
        with store.reading() as tx:
            assert tx.execute(text("SELECT state, held_for FROM leads")).one() == ("held", '["hidden_field"]')
            assert tx.scalar(text("SELECT COUNT(*) FROM confirmations")) == 0

    def test_sec37_in_a_flood_what_was_typed_stays_in_the_form(self, public: FlaskClient, clock: DrivenClock) -> None:
        page = read_page(public.get(PAGE).text)
        clock.advance(seconds=READING)
        for _ in range(NETWORK_FLOOD):
            door_of(public.application).arrivals.count(Counted.NETWORK, "203.0.113.0/24", now=clock())
        who: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": OFFICE}}
        refused = public.post(PAGE, data={**page.form(), **TYPED}, headers={"Accept": "text/html"}, **who)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        again = read_page(refused.text)
        assert again.form()["f-name"] == TYPED["f-name"]
        assert "from your network" in refused.text


class TestProofOfWork:
    """SEC-38: asked for only when suspicion is up, checked once; without it the submission is held."""

    def suspicious(self, public: FlaskClient, clock: DrivenClock) -> None:
        """Let the form have had many held submissions lately."""
        for _ in range(PROOF_FROM_SUSPECTED_FORM):
            door_of(public.application).arrivals.count(Counted.SUSPECTED_FORM, "request_demo", now=clock())

    def ask(self, public: FlaskClient, clock: DrivenClock) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return what may be sent, and what is asked."""
        shown = public.get("/v1/forms/request_demo").json
        assert shown
        clock.advance(seconds=READING)
        fields = {"name": "Zane Example", "email": "zane@guest.example"}
        return {"presentation": shown["presentation"]["id"], "locale": "en", "fields": fields}, shown.get("proof")

    def test_sec38_on_a_quiet_day_nobody_is_asked(self, public: FlaskClient, clock: DrivenClock) -> None:
        assert self.ask(public, clock)[1] is None
        assert "proof" not in public.get(PAGE).text

    def test_sec38_solved_it_is_not_held(self, public: FlaskClient, clock: DrivenClock, held_for: HeldFor) -> None:
        self.suspicious(public, clock)
        body, asked = self.ask(public, clock)
        assert asked
        answer = public.post(SUBMIT, json={**body, "proof": solve(asked)})
        assert answer.status_code == 201
        assert held_for(answer.json["reference"]) is None

    @pytest.mark.parametrize("proof", [{}, {"proof": ""}, {"proof": "bm8="}])
    def test_sec38_without_it_the_answer_is_the_same_and_it_is_held(
        self, public: FlaskClient, clock: DrivenClock, held_for: HeldFor, proof: dict[str, str]
    ) -> None:
        self.suspicious(public, clock)
        body, _ = self.ask(public, clock)
        answer = public.post(SUBMIT, json={**body, **proof})
        assert (answer.status_code, answer.json["state"]) == (201, "new")
        assert held_for(answer.json["reference"]) == '["no_proof"]'

    def test_sec38_a_proof_is_good_once(self, public: FlaskClient, clock: DrivenClock, held_for: HeldFor) -> None:
        self.suspicious(public, clock)
        body, asked = self.ask(public, clock)
        assert asked
        proof = solve(asked)
        assert public.post(SUBMIT, json={**body, "proof": proof}).status_code == 201
        another, _ = self.ask(public, clock)
        replayed = public.post(SUBMIT, json={**another, "proof": proof})
        assert held_for(replayed.json["reference"]) == '["no_proof"]'

    def test_sec38_who_was_shown_the_form_before_is_not_held_for_what_came_later(
        self, public: FlaskClient, clock: DrivenClock, held_for: HeldFor
    ) -> None:
        body, _ = self.ask(public, clock)
        self.suspicious(public, clock)
        assert held_for(public.post(SUBMIT, json=body).json["reference"]) is None

    def test_sec37_a_congress_behind_one_address_gets_through(
        self, public: FlaskClient, clock: DrivenClock, held_for: HeldFor
    ) -> None:
        who: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": OFFICE}}
        for _ in range(NETWORK_BUSY * 3):
            door_of(public.application).arrivals.count(Counted.NETWORK, "203.0.113.0/24", now=clock())
        shown = public.get("/v1/forms/request_demo", **who).json
        assert shown
        clock.advance(seconds=READING)
        fields = {"name": "Zane Example", "email": "zane@guest.example"}
        body = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": fields}
        answer = public.post(SUBMIT, json={**body, "proof": solve(shown["proof"])}, **who)
        assert held_for(answer.json["reference"]) is None

    def test_sec38_the_bot_is_not_asked(
        self, internal: FlaskClient, service: dict[str, str], clock: DrivenClock
    ) -> None:
        self.suspicious(internal, clock)
        shown = internal.get("/v1/forms/request_demo?channel=chat", headers=service).json
        assert shown
        assert "proof" not in shown

    def test_the_page_asks_the_same_and_carries_what_was_found(
        self, public: FlaskClient, clock: DrivenClock, store: Store
    ) -> None:
        self.suspicious(public, clock)
        page = read_page(public.get(PAGE).text)
        clock.advance(seconds=READING)
        asked = page.one("input", name="proof")
        proof = solve(json.loads(asked.get("data-proof")))
        again = public.post(PAGE, data={**page.form(), "f-name": "Zane Example", "proof": proof})
        assert again.status_code == 422  # no address yet
        page = read_page(again.text)
        assert page.form()["proof"] == proof
        assert public.post(PAGE, data={**page.form(), **TYPED}).status_code == 303
        with store.reading() as tx:
            assert tx.scalar(text("SELECT state FROM leads")) == "new"

    def test_m07_the_solver_is_ours(self, public: FlaskClient) -> None:
        with public.get("/embed/proof.js") as script:
            assert (script.status_code, script.mimetype) == (200, "text/javascript")
            assert "://" not in script.text
