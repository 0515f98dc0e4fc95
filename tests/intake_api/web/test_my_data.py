"""My data: asked for at the door, proven by the link of a real mail, done by its button."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.approve_lead import approve_lead
from intake_api.flows.deliver import deliver
from intake_api.flows.end_rights_cases import end_rights_cases
from intake_api.flows.read_lead import read_lead
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import states_of
from intake_api.store.leads import get_lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.flows.confirmations import everything_kept
from tests.intake_api.flows.rights import Office
from tests.intake_api.web.html import read_page

SUBMIT = "/v1/forms/request_demo/submissions"
EMAIL, STRANGER = "zane@guest.example", "nobody@guest.example"
PRESSED = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "null", "Accept": "text/html"}
HTML = {"Accept": "text/html"}
YESES = {"newsletter": False, "product_offers": True}
Send = Callable[..., str]


@pytest.fixture
def office(
    store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, settings: Settings, tmp_path: Path
) -> Office:
    """What the worker does with the cases that the door opened."""
    made = Office(store, queue, catalogue, clock, tmp_path / "mail")
    made.key = settings.secrets.token_key
    return made


@pytest.fixture
def send(public: FlaskClient) -> Send:
    """Send a form through the API; return the reference."""

    def sent(email: str = EMAIL, decisions: dict[str, bool] | None = None, **fields: object) -> str:
        form = public.get("/v1/forms/request_demo").json
        assert form
        body = {"presentation": form["presentation"]["id"], "locale": "en", "decisions": decisions or {}}
        answer = public.post(SUBMIT, json={**body, "fields": {"name": "Zane Example", "email": email, **fields}})
        assert answer.json
        return str(answer.json["reference"])

    return sent


@pytest.fixture
def link(public: FlaskClient, office: Office) -> Callable[..., str]:
    """Ask through the API, let the worker send, and return the path of the link in the mail."""

    def asked(kind: str, locale: str = "en", email: str = EMAIL) -> str:
        before, mailed = office.case_ids(), set(office.links())
        assert ask(public, kind, email, locale).status_code == 202
        (case_id,) = office.case_ids() - before
        office.attempt(office.case(case_id))
        (path,) = set(office.links()) - mailed
        return path

    return asked


def ask(client: FlaskClient, kind: str, email: str = EMAIL, locale: str = "en", **headers: str) -> Any:
    return client.post("/v1/rights", json={"kind": kind, "email": email, "locale": locale}, headers=headers)


def press(client: FlaskClient, path: str, sent: str = "") -> Any:
    return client.post(path, data=sent.encode(), headers=PRESSED)


def states(store: Store, *references: str) -> list[dict[str, str]]:
    with store.reading() as tx:
        ids = [get_lead(tx, reference).id for reference in references]
        return [{purpose: state.value for purpose, state in states_of(tx, [one])[one].items()} for one in ids]


class TestAsking:
    @pytest.mark.parametrize("kind", ["withdraw", "access", "erasure"])
    @pytest.mark.parametrize("door", ["public", "internal"])
    def test_s03_known_and_unknown_get_the_very_same_answer(
        self, door: str, kind: str, send: Send, service: dict[str, str], request: pytest.FixtureRequest
    ) -> None:
        send()
        client, headers = request.getfixturevalue(door), service if door == "internal" else {}
        answers = [ask(client, kind, EMAIL, **headers) for _ in range(20)]
        answers += [ask(client, kind, f"nobody-{number}@guest.example", **headers) for number in range(20)]
        assert {(one.status_code, one.data, len(one.data)) for one in answers} == {
            (202, answers[0].data, len(answers[0].data))
        }
        assert len({tuple(sorted((name, value) for name, value in one.headers)) for one in answers}) == 1
        assert answers[0].json["state"] == "asked"

    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_it_answers_in_the_language_that_was_asked_in(self, public: FlaskClient, locale: str) -> None:
        said = {one: ask(public, "access", locale=one).json["text"] for one in ("en", "lv", "ru", "pl", "cs")}
        assert len(set(said.values())) == 5
        assert said[locale]

    def test_a_language_there_is_not_is_told(self, public: FlaskClient) -> None:
        answer = ask(public, "access", locale="de")
        assert (answer.status_code, answer.json["code"]) == (409, "locale_not_available")

    def test_what_is_no_address_is_told_and_nothing_kept(self, public: FlaskClient, office: Office) -> None:
        answer = ask(public, "access", "jan@@firma.pl", "pl")
        assert (answer.status_code, answer.json["code"]) == (422, "fields_invalid")
        assert answer.json["fields"]["email"]["code"] == "email_invalid"
        assert office.case_ids() == set()

    @pytest.mark.parametrize(
        "body",
        [{}, {"kind": "all"}, {"kind": "access", "email": 1}, {"kind": "access", "email": EMAIL, "id_copy": "x"}],
    )
    def test_s02_no_more_is_asked_for(self, public: FlaskClient, body: object, office: Office) -> None:
        assert public.post("/v1/rights", json=body).json["code"] == "body_invalid"
        assert office.case_ids() == set()

    def test_sec37_not_without_end(self, public: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = [ask(public, "access", STRANGER) for _ in range(505)]
        assert [one.status_code for one in answers[:500]] == [202] * 500
        assert [one.json["code"] for one in answers[500:]] == ["too_many_requests"] * 5
        assert answers[-1].headers["Retry-After"]

    def test_inside_only_the_bot_may(self, internal: FlaskClient, office: Office) -> None:
        assert ask(internal, "access").status_code == 401
        assert office.case_ids() == set()


class TestThePageToAskOn:
    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_s01_stands_in_each_language_and_asks_for_an_address_only(self, public: FlaskClient, locale: str) -> None:
        page = read_page(public.get(f"/my-data?lang={locale}").text)
        assert page.one("html").get("lang") == locale
        assert sorted({one.get("name") for one in page.all("input")}) == ["email", "kind", "lang"]
        assert not [one for one in page.all("input") if "checked" in one.attributes]

    def test_s01_each_page_leads_to_it(self, public: FlaskClient) -> None:
        for path in ("/", "/privacy", "/f/request_demo"):
            assert 'href="/my-data?lang=' in public.get(path).text

    def test_s03_it_says_the_same_to_everybody(self, public: FlaskClient, send: Send) -> None:
        send()
        answers = [public.post("/my-data", data={"kind": "access", "email": one}) for one in (EMAIL, STRANGER)]
        assert answers[0].data == answers[1].data
        assert {one.status_code for one in answers} == {202}

    def test_what_is_missing_or_wrong_is_asked_for_again_and_what_was_typed_stays(self, public: FlaskClient) -> None:
        page = public.post("/my-data", data={"email": EMAIL})
        assert page.status_code == 422
        assert read_page(page.text).one("input", name="email").get("value") == EMAIL
        page = public.post("/my-data", data={"kind": "erasure", "email": "jan@@firma.pl", "lang": "pl"})
        assert page.status_code == 422
        assert read_page(page.text).one("html").get("lang") == "pl"
        assert read_page(page.text).one("input", name="email").get("aria-invalid") == "true"


class TestTheLink:
    @pytest.mark.parametrize("kind", ["withdraw", "access", "erasure"])
    def test_c13_w05_looking_changes_nothing(
        self, public: FlaskClient, send: Send, link: Any, store: Store, kind: str
    ) -> None:
        send(decisions=YESES, message="zq7f3")
        path = link(kind)
        before = everything_kept(store)
        answers = [public.get(path, headers={"Sec-Purpose": "prefetch"}) for _ in range(3)]
        answers += [public.head(path) for _ in range(3)] + [public.options(path)]
        assert {one.status_code for one in answers} == {200}
        assert everything_kept(store) == before
        assert "zq7f3" not in answers[0].text
        assert EMAIL not in answers[0].text

    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    @pytest.mark.parametrize("kind", ["withdraw", "access", "erasure"])
    def test_it_speaks_the_language_that_was_asked_in(
        self, public: FlaskClient, send: Send, link: Any, kind: str, locale: str
    ) -> None:
        send(decisions=YESES)
        path = link(kind, locale)
        for page in (public.get(path), press(public, path), public.get(path)):
            assert read_page(page.text).one("html").get("lang") == locale

    @pytest.mark.parametrize("kind", ["withdraw", "access", "erasure"])
    def test_s02_it_works_once(self, public: FlaskClient, send: Send, link: Any, store: Store, kind: str) -> None:
        send(decisions=YESES)
        path = link(kind)
        assert press(public, path).status_code == 200
        before = everything_kept(store)
        for again in (press(public, path), public.get(path), public.head(path)):
            assert again.status_code == 410
        over = read_page(public.get(path).text)
        assert over.one("a", class_="button").get("href") == "/my-data?lang=en"
        assert everything_kept(store) == before

    @pytest.mark.parametrize("kind", ["withdraw", "access", "erasure"])
    def test_s02_after_15_minutes_it_works_no_more(
        self, public: FlaskClient, send: Send, link: Any, store: Store, clock: DrivenClock, kind: str
    ) -> None:
        reference = send(decisions=YESES)
        path = link(kind)
        clock.advance(minutes=15)
        assert press(public, path).status_code == 410
        end_rights_cases(store, now=clock())
        assert public.get(path).status_code == 410
        end_rights_cases(store, now=clock.advance(days=2))
        assert public.get(path, headers=HTML).status_code == 404
        assert states(store, reference) == [
            {"respond_to_request": "acted", "newsletter": "refused", "product_offers": "given"}
        ]

    @pytest.mark.parametrize("token", ["x", "%00", f"{'0' * 32}-{'a' * 32}", f"{'0' * 31}%00-{'a' * 32}", "a" * 300])
    def test_an_unknown_one_is_none(self, public: FlaskClient, token: str) -> None:
        for answer in (public.get(f"/my-data/{token}", headers=HTML), press(public, f"/my-data/{token}")):
            assert answer.status_code == 404

    def test_sec45_no_other_token_opens_it(self, public: FlaskClient, send: Send, link: Any, store: Store) -> None:
        send(decisions={"newsletter": True})
        with store.reading() as tx:
            (confirmation,) = tx.scalars(text("SELECT id FROM confirmations"))
        path = link("erasure")
        secret = path.rpartition("/")[2].partition("-")[2]
        assert press(public, f"/my-data/{confirmation}-{secret}").status_code == 404
        assert public.get(f"/confirm/{path.rpartition('/')[2]}").status_code == 404
        assert public.get(f"/v1/receipts/{path.rpartition('/')[2]}").status_code == 404

    def test_sec15_sec17_its_pages_are_told_to_nobody_and_kept_nowhere(
        self, public: FlaskClient, send: Send, link: Any
    ) -> None:
        send()
        path = link("access")
        for page in (public.get(path), press(public, path), public.get(path)):
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["X-Robots-Tag"].startswith("noindex")
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]

    def test_sec11_another_site_cannot_press_it(self, public: FlaskClient, send: Send, link: Any, store: Store) -> None:
        send()
        path = link("erasure")
        before = everything_kept(store)
        for origin in ("https://evil.example", "http://127.0.0.1:1"):
            assert public.post(path, headers={**PRESSED, "Origin": origin}).status_code == 403
        assert public.post(path, json={}).status_code == 415
        assert press(public, f"{path}?now=1").status_code == 422
        assert press(public, path, "x=1").status_code == 422
        assert everything_kept(store) == before


class TestTakingBack:
    def test_w03_every_yes_of_the_address_and_no_other(
        self, public: FlaskClient, send: Send, link: Any, store: Store
    ) -> None:
        first, second = send(decisions=YESES), send(decisions={"newsletter": True})
        third = send(email=STRANGER, decisions=YESES)
        done = press(public, link("withdraw"), "which=all")
        assert read_page(done.text).one("div", data_done="withdraw")
        assert states(store, first, second, third) == [
            {"respond_to_request": "acted", "newsletter": "refused", "product_offers": "withdrawn"},
            {"respond_to_request": "acted", "newsletter": "withdrawn", "product_offers": "refused"},
            {"respond_to_request": "acted", "newsletter": "refused", "product_offers": "given"},
        ]

    def test_w03_only_what_is_chosen(self, public: FlaskClient, send: Send, link: Any, store: Store) -> None:
        reference = send(decisions={"newsletter": True, "product_offers": True})
        path = link("withdraw")
        boxes = read_page(public.get(path).text).all("input", type="checkbox")
        assert [one.get("name") for one in boxes] == ["p-respond_to_request", "p-newsletter", "p-product_offers"]
        assert not [one for one in boxes if "checked" in one.attributes]
        assert press(public, path, "which=chosen").status_code == 422
        assert press(public, path, "p-newsletter=yes&p-respond_to_request=yes&which=chosen").status_code == 200
        assert states(store, reference) == [
            {"respond_to_request": "stopped", "newsletter": "withdrawn", "product_offers": "given"}
        ]

    def test_what_is_not_on_the_page_is_refused_and_the_link_still_good(
        self, public: FlaskClient, send: Send, link: Any
    ) -> None:
        send(decisions=YESES)
        path = link("withdraw")
        for sent in ("p-loyalty_programme=yes&which=chosen", "which=none", "which=all&which=chosen"):
            assert press(public, path, sent).status_code == 422
        assert public.get(path).status_code == 200

    def test_who_has_nothing_to_take_back_reads_so(self, public: FlaskClient, send: Send, link: Any) -> None:
        send()
        press(public, link("withdraw"), "p-respond_to_request=yes&which=chosen")
        again = read_page(public.get(link("withdraw")).text)
        assert again.all("form") == []


class TestErasing:
    def test_s08_everything_of_the_address_is_gone_and_the_evidence_stands(
        self, public: FlaskClient, send: Send, link: Any, store: Store, settings: Settings, clock: DrivenClock
    ) -> None:
        mine, other = [send(message=f"zq7f3 {number}") for number in range(3)], send(email=STRANGER)
        path = link("erasure")
        assert all(reference in public.get(path).text for reference in mine)
        assert press(public, path).status_code == 200
        kept = everything_kept(store)
        for secret in (b"zq7f3", EMAIL.encode(), b"Zane"):
            assert secret not in kept
        with store.reading() as tx:
            assert [get_lead(tx, one).state.value for one in [*mine, other]] == ["erased"] * 3 + ["new"]
            (done,) = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'rights.done'"))
            assert tx.scalar(text("SELECT COUNT(*) FROM rights_cases WHERE sealed IS NOT NULL")) == 0
        assert len(json.loads(bytes(done))["leads"]) == 3
        signer = evidence.Signer(settings.secrets.evidence_key)
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
        assert verify_evidence(store, signer, settings.checkpoint_file).faults == []
        # A day later not even the index by which mails to the address were counted is left.
        end_rights_cases(store, now=clock.advance(hours=25))
        assert store.vault.blind("email", EMAIL) not in everything_kept(store)

    def test_s14_who_had_it_before_is_named(
        self, public: FlaskClient, send: Send, link: Any, delivered: Callable[[str], None]
    ) -> None:
        delivered(send())
        page = press(public, link("erasure")).text
        assert "Brightledger Example GmbH" in page


class TestSeeing:
    def test_s05_all_that_is_held_stands_on_the_page(
        self, public: FlaskClient, send: Send, link: Any, store: Store, clock: DrivenClock, delivered: Any
    ) -> None:
        reference = send(decisions=YESES, message="<b>zq7f3</b>", headcount=12)
        read_lead(store, reference, actor=f"staff:{'5' * 32}", why="review", now=clock.advance(minutes=1))
        delivered(reference)
        send(email=STRANGER, message="not mine")

        page = press(public, link("access"))

        assert page.status_code == 200
        for said in ("<b>zq7f3</b>", EMAIL, "Zane Example", "Offers that fit your request", "Datu valsts inspekcija"):
            assert said in read_page(page.text).text
        assert "<b>zq7f3" not in page.text
        assert "not mine" not in page.text
        assert "5" * 32 not in page.text
        crm = read_page(page.text).one("li", data_recipient="crm").text
        assert "2026-11-21 09:01 UTC" in crm

    def test_s05_art15_the_file_holds_all_of_it(
        self, public: FlaskClient, send: Send, link: Any, store: Store, clock: DrivenClock, delivered: Any
    ) -> None:
        reference = send(decisions=YESES, message="zq7f3", headcount=12)
        read_lead(store, reference, actor=f"staff:{'5' * 32}", why="review", now=clock.advance(minutes=1))
        delivered(reference)
        path = link("access")
        key = read_page(press(public, path).text).one("input", name="key").get("value")

        answer = press(public, f"{path}/download", f"key={key}")

        assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
        assert answer.content_type == "application/json"
        data = json.loads(answer.data)
        assert (data["schema"], data["email"]) == ("urn:vestibule:my-data:1", EMAIL)
        (one,) = data["submissions"]
        assert {field["name"]: field["value"] for field in one["fields"]} == {
            "name": "Zane Example",
            "email": EMAIL,
            "message": "zq7f3",
            "headcount": 12,
        }
        purposes = {purpose["id"]: purpose for purpose in one["purposes"]}
        assert {name: purpose["state"] for name, purpose in purposes.items()} == {
            "respond_to_request": "acted",
            "newsletter": "refused",
            "product_offers": "given",
        }
        assert purposes["product_offers"]["basis"].endswith("#A6-1-a")
        assert purposes["product_offers"]["retention"]["duration"] == "P12M"
        assert one["kept_until"] == "2027-11-21T09:00:00.000Z"
        recipients = {recipient["id"]: recipient for recipient in one["recipients"]}
        assert recipients["crm"]["name"] == "Brightledger Example GmbH"
        (left,) = recipients["crm"]["passed_on"]
        assert left["at"] == "2026-11-21T09:01:00.000Z"
        assert "email" in left["fields"]
        assert recipients["mail"]["passed_on"] == []
        assert one["looked_at"] == [{"at": "2026-11-21T09:01:00.000Z", "why": "review"}]
        assert {right["id"] for right in data["rights"]} >= {"A15", "A16", "A17", "A77"}
        assert data["complaint"]["url"] == "https://www.dvi.gov.lv/"
        assert data["controller"]["name"] == "Tidewick Example SIA"
        assert data["automated"]["decisions"] is False
        assert "5" * 32 not in answer.text

    def test_a01_each_reading_is_on_the_record_by_the_person(
        self, public: FlaskClient, send: Send, link: Any, store: Store
    ) -> None:
        send()
        path = link("access")
        key = read_page(press(public, path).text).one("input", name="key").get("value")
        press(public, f"{path}/download", f"key={key}")
        with store.reading() as tx:
            found = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'lead.read'"))
            read = [json.loads(bytes(body)) for body in found]
        assert [(one["actor"], one["why"]) for one in read] == [("subject", "access")] * 2
        assert {tuple(one["fields"]) for one in read} == {("email", "name")}

    def test_s15_only_the_page_itself_gives_the_file_and_not_for_long(
        self, public: FlaskClient, send: Send, link: Any, store: Store, clock: DrivenClock
    ) -> None:
        send()
        path = link("access")
        assert press(public, f"{path}/download", "key=x").status_code == 410
        assert press(public, f"{path}/download").status_code == 410
        key = read_page(press(public, path).text).one("input", name="key").get("value")
        assert press(public, f"{path}/download", f"key={key[:-1]}").status_code == 410
        assert public.get(f"{path}/download?key={key}").status_code == 405
        assert press(public, f"{path}/download", f"key={key}").status_code == 200
        clock.advance(minutes=15)
        assert press(public, f"{path}/download", f"key={key}").status_code == 410
        assert end_rights_cases(store, now=clock()) == 1
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM rights_cases WHERE sealed IS NOT NULL")) == 0

    def test_s18_nothing_of_somebody_else_with_the_same_name_or_phone(
        self, public: FlaskClient, send: Send, link: Any
    ) -> None:
        send(phone="+371 20 000 000", message="mine")
        send(email=STRANGER, phone="+371 20 000 000", message="theirs")
        page = press(public, link("access")).text
        assert "mine" in page
        assert "theirs" not in page
        assert STRANGER not in page


@pytest.fixture
def delivered(store: Store, queue: Queue, clock: DrivenClock, receiver: Receiver) -> Callable[[str], None]:
    """Let a reviewer approve a lead and the webhook take it."""

    def go(reference: str) -> None:
        with store.reading() as tx:
            seen = get_lead(tx, reference).version
        made = approve_lead(
            store, queue, reference, destination="webhook", recipient="crm", seen_version=seen, staff_id="5" * 32,
            now=clock(),
        )  # fmt: skip
        deliver(store, webhook(receiver.url), made.id, made.turn, clock=clock)

    return go
