"""The page a confirmation's mail leads to, as people, scanners and other sites knock at it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.expire_unconfirmed import expire_unconfirmed
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.confirmations import confirmation_token, list_confirmations
from intake_api.store.decisions import current_decisions
from intake_api.store.mailed_links import stop_token
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.flows.letters import PostRoom

SCANNERS = (
    {"Purpose": "prefetch", "Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch", "User-Agent": "ExampleLinkScanner/1.0"},
)
HTML = {"Accept": "text/html"}
UNKNOWN = f"{'0' * 32}-{'a' * 32}"
LEAD_TABLES = ("leads", "lead_index", "decisions", "subjects", "confirmations", "evidence")
StateOf = Callable[[], DecisionState]


@pytest.fixture
def link(public: FlaskClient, store: Store, settings: Settings, submission: dict[str, object]) -> str:
    """The path of the link in the mail, after a visitor said yes to the newsletter on the real form API."""
    sent = public.post("/v1/forms/request_demo/submissions", json={**submission, "decisions": {"newsletter": True}})
    assert sent.status_code == 201
    with store.reading() as tx:
        (lead_id,) = tx.scalars(text("SELECT id FROM leads"))
        (confirmation,) = list_confirmations(tx, lead_id)
    return f"/confirm/{confirmation_token(settings.secrets.token_key, confirmation.id)}"


@pytest.fixture
def state(store: Store) -> StateOf:
    def now() -> DecisionState:
        with store.reading() as tx:
            (lead_id,) = tx.scalars(text("SELECT id FROM leads"))
            return current_decisions(tx, lead_id)["newsletter"].state

    return now


@pytest.fixture
def everything(store: Store) -> Callable[[], str]:
    def read() -> str:
        with store.reading() as tx:
            return repr([tx.execute(text(f"SELECT * FROM {table}")).all() for table in LEAD_TABLES])  # noqa: S608

    return read


def press(client: FlaskClient, path: str, **headers: str) -> "tuple[int, str]":
    """Press the button of a page the way a browser does."""
    sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": PUBLIC_URL}
    response = client.post(path, headers={**HTML, **sent, **headers}, data=b"")
    return response.status_code, response.text


class TestLooking:
    @pytest.mark.parametrize("page", ["", "/not-me"])
    def test_c13_w05_looking_changes_nothing_whoever_looks(
        self, public: FlaskClient, link: str, page: str, everything: Callable[[], str]
    ) -> None:
        before = everything()

        answers = [public.get(link + page) for _ in range(3)] + [public.head(link + page)]
        answers += [ask(link + page, headers=headers) for ask in (public.get, public.head) for headers in SCANNERS]
        answers += [public.options(link + page)]

        assert {response.status_code for response in answers} == {200}
        assert everything() == before

    def test_it_says_what_is_asked_and_on_which_notice(
        self, public: FlaskClient, link: str, catalogue: Catalogue
    ) -> None:
        page = public.get(link).text

        texts = catalogue.notice("request_demo", "en").texts
        for key in ("title.newsletter", "text.newsletter", "confirmation.title", "confirmation.button", "withdraw"):
            assert texts[key] in page
        assert f"/notices/{catalogue.notice('request_demo', 'en').hash}" in page
        assert f'action="{link}"' in page
        assert f'href="{link}/not-me"' in page
        assert "zane" not in page.lower()

    def test_sec17_its_address_is_a_secret(self, public: FlaskClient, link: str) -> None:
        for page in ("", "/not-me"):
            headers = public.get(link + page).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Robots-Tag"] == "noindex, nofollow"
            assert headers["Referrer-Policy"] == "same-origin"

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    @pytest.mark.parametrize("page", ["", "/not-me"])
    @pytest.mark.parametrize("token", ["x", "%00", "%00-x", f"{'0' * 31}%00-{'a' * 32}", "a" * 300, UNKNOWN, "ÿ"])
    def test_an_unknown_link_is_not_found(self, public: FlaskClient, store: Store, token: str, page: str) -> None:
        assert public.get(f"/confirm/{token}{page}", headers=HTML).status_code == 404
        assert press(public, f"/confirm/{token}{page}")[0] == 404

    def test_sec45_a_receipt_opens_no_confirmation(self, public: FlaskClient, submission: dict[str, object]) -> None:
        sent = public.post("/v1/forms/request_demo/submissions", json=submission).json
        assert sent
        assert public.get(f"/confirm/{sent['receipt'].rpartition('/')[2]}").status_code == 404


class TestPressingYes:
    def test_c13_it_confirms_once_and_again_shows_the_same(
        self, public: FlaskClient, link: str, state: StateOf, everything: Callable[[], str], clock: DrivenClock
    ) -> None:
        assert state() is DecisionState.REQUESTED

        status, first = press(public, link)

        assert (status, state()) == (200, DecisionState.GIVEN)
        before = everything()
        clock.advance(minutes=5)
        assert press(public, link) == (200, first)
        assert public.get(link).text == first
        assert everything() == before

    def test_p01_the_receipt_goes_to_the_address_once_it_is_confirmed_and_only_once(
        self,
        public: FlaskClient,
        link: str,
        store: Store,
        catalogue: Catalogue,
        settings: Settings,
        clock: DrivenClock,
        tmp_path: Path,
    ) -> None:
        post_room = PostRoom(store, catalogue, clock, tmp_path / "letters", settings.secrets.token_key)
        public.get(link)
        assert post_room.sent() == []
        for _ in range(2):
            press(public, link)
        (said,) = post_room.sent()
        (found,) = re.findall(rf"{PUBLIC_URL}(/receipts/\S+)", said)
        assert catalogue.notice("request_demo", "en").texts["title.newsletter"] in said
        assert public.get(found, headers=HTML).status_code == 200

    def test_p01_no_receipt_goes_to_an_address_that_is_somebody_elses(
        self, public: FlaskClient, link: str, store: Store, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path
    ) -> None:
        press(public, f"{link}/not-me")
        press(public, link)
        assert PostRoom(store, catalogue, clock, tmp_path / "letters").sent() == []

    def test_a_press_without_a_browser_counts_too(self, public: FlaskClient, link: str, state: StateOf) -> None:
        assert public.post(link).status_code == 200
        assert state() is DecisionState.GIVEN

    def test_sec11_another_site_cannot_press_it(self, public: FlaskClient, link: str, state: StateOf) -> None:
        for origin in ("https://evil.example", "null"):
            assert press(public, link, Origin=origin)[0] == 403
            assert press(public, f"{link}/not-me", Origin=origin)[0] == 403
        assert state() is DecisionState.REQUESTED

    @pytest.mark.parametrize("way", ["json", "extra", "query_get", "query"])
    def test_only_the_bare_button_counts(self, public: FlaskClient, link: str, state: StateOf, way: str) -> None:
        if way == "json":
            assert public.post(link, json={"yes": True}).status_code == 415
        elif way == "extra":
            assert public.post(link, data={"yes": "1"}).status_code == 422
        elif way == "query":
            assert press(public, f"{link}?status=approved&__proto__=1")[0] == 422
            assert press(public, f"{link}/not-me?status=approved")[0] == 422
        else:
            assert public.get(f"{link}?confirm=1&_method=POST").status_code == 200
        assert state() is DecisionState.REQUESTED

    def test_after_72_hours_the_page_says_so(
        self, public: FlaskClient, link: str, state: StateOf, clock: DrivenClock, catalogue: Catalogue
    ) -> None:
        clock.advance(hours=72)

        over = public.get(link)

        assert over.status_code == 410
        assert catalogue.notice("request_demo", "en").texts["confirmation.over_text"] in over.text
        assert press(public, link)[0] == 410
        assert state() is DecisionState.REQUESTED

    def test_what_was_confirmed_and_taken_back_since_is_not_called_unconfirmed(
        self, public: FlaskClient, link: str, state: StateOf, store: Store, settings: Settings
    ) -> None:
        press(public, link)
        with store.reading() as tx:
            (lead_id,) = tx.scalars(text("SELECT id FROM leads"))
        stop = stop_token(settings.secrets.token_key, lead_id, "newsletter")
        assert public.post(f"/u/{stop}").status_code == 200
        assert state() is DecisionState.WITHDRAWN
        page = public.get(link, headers=HTML)
        assert page.status_code == 410
        assert "Nothing was confirmed" not in page.text
        assert "Taken back." in page.text

    def test_what_was_confirmed_and_erased_since_is_called_erased(
        self, public: FlaskClient, link: str, submission: dict[str, object]
    ) -> None:
        press(public, link)
        assert press(public, f"{link}/not-me")[0] == 200
        page = public.get(link, headers=HTML)
        assert page.status_code == 410
        assert "Nothing was confirmed" not in page.text
        assert "It is erased." in page.text


class TestPressingNotMe:
    def test_c14_all_is_gone_at_once(
        self, public: FlaskClient, link: str, state: StateOf, store: Store, catalogue: Catalogue
    ) -> None:
        status, page = press(public, f"{link}/not-me")

        assert status == 200
        assert catalogue.notice("request_demo", "en").texts["confirmation.disowned_title"] in page
        assert state() is DecisionState.REFUSED
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM lead_index")) == 0
            assert tx.scalar(text("SELECT state FROM leads")) == "erased"
        assert press(public, f"{link}/not-me") == (200, page)
        assert public.get(f"{link}/not-me").text == page
        assert public.get(link).status_code == 410
        assert press(public, link)[0] == 410

    def test_after_a_week_there_is_nothing_left_to_disown(
        self, public: FlaskClient, link: str, store: Store, clock: DrivenClock
    ) -> None:
        expire_unconfirmed(store, now=clock.advance(days=7))

        assert public.get(f"{link}/not-me").status_code == 410
        assert press(public, f"{link}/not-me")[0] == 410


class TestTheVisitorsAnswer:
    def test_c15_c18_it_is_the_same_whether_the_address_was_asked_or_not(
        self, public: FlaskClient, submission: dict[str, object], queue: Queue
    ) -> None:
        answers = []
        for _ in range(5):
            shown = public.get("/v1/forms/request_demo").json
            assert shown
            presentation = shown["presentation"]["id"]
            body = {**submission, "presentation": presentation, "decisions": {"newsletter": True}}
            sent = public.post("/v1/forms/request_demo/submissions", json=body)
            assert sent.json
            answers.append((sent.status_code, sent.json["state"], sent.json["what_next"], sorted(sent.json)))

        assert len({repr(answer) for answer in answers}) == 1
