"""The link of a real mail: looking changes nothing, it works once, not for long and for nobody else."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.flows.end_rights_cases import end_rights_cases
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import everything_kept
from tests.intake_api.web.html import read_page
from tests.intake_api.web.my_data.asker import EMAIL, HTML, PRESSED, YESES, Send, press, states


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
