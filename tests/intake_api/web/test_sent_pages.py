"""A form sent from its page without JavaScript: what counts as an answer, and that nothing typed is lost or told."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.flows.read_lead import WholeLead, read_lead
from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.corpora import naughty_strings, needs_corpora
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.demo_page import PAGE, TYPED, no, yes
from tests.intake_api.web.html import Page, read_page


class TestSending:
    def test_ends_at_a_thank_you_with_reference_and_receipt(
        self, public: FlaskClient, shown: Page, store: Store, clock: DrivenClock
    ) -> None:
        sent = {
            **shown.form(),
            **TYPED,
            "f-headcount": "7",
            "d-newsletter": yes(shown, "newsletter"),
            "d-product_offers": no(shown, "product_offers"),
        }
        answer = public.post(PAGE, data=sent)
        assert answer.status_code == 303
        thanks = public.get(answer.headers["Location"])
        lead = self.lead_of(thanks.text, store, clock)
        assert lead.values == {"name": "Zane Example", "email": "zane@guest.example", "headcount": 7}
        assert {decision.purpose: decision.state for decision in lead.decisions} == {
            "respond_to_request": DecisionState.ACTED,
            "newsletter": DecisionState.REQUESTED,
            "product_offers": DecisionState.REFUSED,
        }
        receipt = public.get(read_page(thanks.text).all("a", class_="button")[0].get("href"))
        assert lead.lead.reference in receipt.text
        assert lead.lead.notice_hash in receipt.text
        entry = next(entry for entry in lead.entries if entry.kind == "submission.received")
        assert entry.id in receipt.text
        assert entry.leaf_hash.hex() in receipt.text
        assert "zane" not in (thanks.text + receipt.text).lower()

    def test_twice_is_once(self, public: FlaskClient, shown: Page, store: Store) -> None:
        sent = {**shown.form(), **TYPED}
        places = {public.post(PAGE, data=sent).headers["Location"] for _ in range(3)}
        assert len(places) == 1
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM leads")) == 1

    def test_m09_a_campaign_travels_along_and_a_click_id_does_not(
        self, public: FlaskClient, store: Store, clock: DrivenClock
    ) -> None:
        page = read_page(
            public.get(f"{PAGE}?utm_source=letter&utm_medium=%3Cb%3E&gclid=zq7f3&utm_campaign={'x' * 65}").text
        )
        assert "zq7f3" not in str(page.form())
        thanks = public.get(public.post(PAGE, data={**page.form(), **TYPED}).headers["Location"])
        assert self.lead_of(thanks.text, store, clock).lead.attribution == {"utm_source": "letter"}

    def test_sec18_it_goes_nowhere_else(self, public: FlaskClient) -> None:
        targets = {"next": "//evil.example", "return_to": "https:evil.example"}
        shown = read_page(public.get(PAGE, query_string=targets).text)
        assert not shown.form().keys() & targets.keys()
        for name, target in targets.items():
            assert public.post(PAGE, data={**shown.form(), **TYPED, name: target}).status_code == 422
        answer = public.post(PAGE, data={**shown.form(), **TYPED})
        assert re.fullmatch(r"/thanks/[A-Za-z0-9_-]{43,}", answer.headers["Location"])

    def test_p04_thanks_and_receipt_are_not_kept_not_indexed_and_told_to_nobody(
        self, public: FlaskClient, shown: Page
    ) -> None:
        thanks = public.post(PAGE, data={**shown.form(), **TYPED}).headers["Location"]
        for path in (thanks, thanks.replace("/thanks/", "/receipts/")):
            headers = public.get(path).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Robots-Tag"].startswith("noindex")
            assert headers["Referrer-Policy"] == "no-referrer"

    def lead_of(self, thanks: str, store: Store, clock: DrivenClock) -> WholeLead:
        """Read the lead whose reference a page says."""
        reference = re.search("VB-[0-9A-Z]{4}-[0-9A-Z]{4}", thanks)
        assert reference
        return read_lead(store, reference.group(), actor="operator", why="test", now=clock())


class TestConsentControls:
    """C-02: only the value rendered for this control on this showing counts."""

    @pytest.mark.parametrize("value", ["yes", "true", "on", "1", "", "True", "{other}", "{swapped}", "ā"])
    def test_c02_any_other_value_is_refused_and_nothing_is_stored(
        self, public: FlaskClient, shown: Page, kept: Count, value: str
    ) -> None:
        other = read_page(public.get(PAGE).text)
        value = value.replace("{other}", yes(other, "newsletter")).replace("{swapped}", yes(shown, "product_offers"))
        answer = public.post(PAGE, data={**shown.form(), **TYPED, "d-newsletter": value})
        assert answer.status_code == 422
        assert kept() == 0

    def test_c02_an_act_cannot_be_decided(self, public: FlaskClient, shown: Page, kept: Count) -> None:
        answer = public.post(PAGE, data={**shown.form(), **TYPED, "d-respond_to_request": "x"})
        assert answer.status_code == 422
        assert kept() == 0

    def test_c02_a_control_that_is_sent_twice_is_refused(self, public: FlaskClient, shown: Page, kept: Count) -> None:
        twice = {**shown.form(), **TYPED, "d-newsletter": [no(shown, "newsletter"), yes(shown, "newsletter")]}
        assert public.post(PAGE, data=twice).status_code == 422
        assert kept() == 0

    def test_c01_an_open_answer_is_a_no(self, public: FlaskClient, shown: Page, store: Store) -> None:
        public.post(PAGE, data={**shown.form(), **TYPED})
        with store.reading() as tx:
            states = {row.purpose: row.state for row in tx.execute(text("SELECT purpose, state FROM decisions"))}
        assert states["newsletter"] == states["product_offers"] == "refused"


class TestRefusing:
    """A form that lives on one yes, answered with no."""

    def test_c10_a_no_keeps_nothing(self, public: FlaskClient, kept: Count, store: Store) -> None:
        page = read_page(public.get("/f/newsletter").text)
        sent = {**page.form(), "f-email": "zane@guest.example", "d-newsletter": no(page, "newsletter")}
        answer = public.post("/f/newsletter", data=sent)
        assert answer.status_code == 200
        assert "Nothing was kept" in answer.text
        assert "zane" not in answer.text
        assert kept() == 0
        with store.reading() as tx:
            assert tx.scalar(text("SELECT outcome FROM presentations")) == "refused"

    def test_c10_a_no_after_a_yes_was_sent_is_told_that_it_came_too_late(
        self, public: FlaskClient, kept: Count, store: Store
    ) -> None:
        page = read_page(public.get("/f/newsletter").text)
        sent = {**page.form(), "f-email": "zane@guest.example"}
        assert public.post("/f/newsletter", data={**sent, "d-newsletter": yes(page, "newsletter")}).status_code == 303
        before = kept()
        answer = public.post("/f/newsletter", data={**sent, "d-newsletter": no(page, "newsletter")})
        assert answer.status_code == 409
        assert "already sent with a yes" in answer.text
        assert "Nothing was kept" not in answer.text
        assert kept() == before

    def test_c01_who_chose_nothing_is_asked_to_choose(self, public: FlaskClient, kept: Count) -> None:
        page = read_page(public.get("/f/newsletter").text)
        answer = public.post("/f/newsletter", data={**page.form(), "f-email": "zane@guest.example"})
        assert answer.status_code == 422
        assert "Please choose yes or no" in answer.text
        assert kept() == 0


class TestWhenSomethingIsWrong:
    def test_what_was_typed_and_chosen_stays_and_each_problem_is_named(
        self, public: FlaskClient, shown: Page, kept: Count, store: Store
    ) -> None:
        sent = {
            **shown.form(), "f-email": "zane@", "f-message": "Line one\r\nLine two", "f-role": "owner",
            "d-newsletter": yes(shown, "newsletter"),
        }  # fmt: skip
        answer = public.post(PAGE, data=sent)
        assert answer.status_code == 422
        page = read_page(answer.text)
        again = page.form()
        assert {name: again[name] for name in ("f-email", "f-message", "f-role", "d-newsletter", "presentation")} == {
            name: sent[name] for name in ("f-email", "f-message", "f-role", "d-newsletter", "presentation")
        }
        summary = page.one("div", id="trouble")
        assert summary.get("role") == "alert"
        assert "autofocus" in summary.attributes
        for name in ("name", "email"):
            field = page.one("input", id=f"f-{name}")
            assert field.get("aria-invalid") == "true"
            assert f"problem-{name}" in field.get("aria-describedby").split()
            assert page.one("a", href=f"#f-{name}")
        assert kept() == 0
        fixed = public.post(PAGE, data={**again, **TYPED})
        assert fixed.status_code == 303

    def test_c06_after_half_an_hour_the_notice_is_fresh_and_the_text_still_there(
        self, public: FlaskClient, shown: Page, clock: DrivenClock, kept: Count
    ) -> None:
        sent = {**shown.form(), **TYPED, "d-newsletter": yes(shown, "newsletter")}
        clock.advance(minutes=31)
        answer = public.post(PAGE, data=sent)
        assert answer.status_code == 409
        again = read_page(answer.text).form()
        assert again["presentation"] != sent["presentation"]
        assert again["f-name"] == "Zane Example"
        assert "d-newsletter" not in again
        assert "half an hour" in answer.text
        assert kept() == 0
        assert public.post(PAGE, data=again).status_code == 303

    def test_c06_a_problem_on_an_expired_showing_shows_a_fresh_one(
        self, public: FlaskClient, shown: Page, clock: DrivenClock
    ) -> None:
        clock.advance(minutes=31)
        again = read_page(public.post(PAGE, data={**shown.form(), "f-name": "Zane Example"}).text).form()
        assert again["presentation"] != shown.form()["presentation"]
        assert public.post(PAGE, data={**again, **TYPED}).status_code == 303

    @pytest.mark.parametrize("presentation", ["", "x" * 24, "x" * 5000, "'"])
    def test_c06_an_unknown_showing_is_shown_again(
        self, public: FlaskClient, shown: Page, kept: Count, presentation: str
    ) -> None:
        answer = public.post(PAGE, data={**shown.form(), **TYPED, "presentation": presentation})
        assert answer.status_code == 409
        assert read_page(answer.text).form()["f-name"] == "Zane Example"
        assert kept() == 0

    def test_sec42_when_nothing_can_be_kept_it_says_so_and_keeps_the_text(
        self, public: FlaskClient, shown: Page, store: Store, kept: Count
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE evidence RENAME TO evidence_gone"))
        answer = public.post(PAGE, data={**shown.form(), **TYPED})
        assert answer.status_code == 503
        assert "nothing of this was kept" in answer.text
        assert "Thank you" not in answer.text
        assert answer.headers["Retry-After"]
        again = read_page(answer.text).form()
        assert again["f-name"] == "Zane Example"
        assert kept() == 0
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE evidence_gone RENAME TO evidence"))
        assert public.post(PAGE, data=again).status_code == 303

    def test_sec42_a_form_that_could_not_be_kept_is_not_shown(self, public: FlaskClient, store: Store) -> None:
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE leads RENAME TO leads_gone"))
        answer = public.get(PAGE, headers={"Accept": "text/html"})
        assert answer.status_code == 503
        assert answer.content_type.startswith("text/html")
        assert not read_page(answer.text).all("form")

    @pytest.mark.parametrize(
        ("data", "status"),
        [
            ({"f-extra": "zq7f3"}, 422),
            ({"score": "zq7f3"}, 422),
            ({"f-name": ["zq7f3", "zq7f3"]}, 422),
            ({"f-name": "x" * 70_000}, 413),
        ],
    )
    def test_m01_what_the_page_did_not_ask_is_refused_and_not_told(
        self, public: FlaskClient, shown: Page, kept: Count, data: dict[str, Any], status: int
    ) -> None:
        answer = public.post(PAGE, data={**shown.form(), **TYPED, **data}, headers={"Accept": "text/html"})
        assert answer.status_code == status
        assert "zq7f3" not in answer.text
        assert kept() == 0

    @pytest.mark.parametrize("query", ["status=approved", "__proto__=zq7f3", "zq7f3=1", "utm_source=zq7f3", "lang=en"])
    def test_m01_nor_may_it_come_in_the_address(
        self, public: FlaskClient, shown: Page, kept: Count, query: str
    ) -> None:
        answer = public.post(f"{PAGE}?{query}", data={**shown.form(), **TYPED}, headers={"Accept": "text/html"})
        assert answer.status_code == 422
        assert "zq7f3" not in answer.text
        assert kept() == 0

    @pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", "application/json"])
    def test_sec26_only_a_plain_form_is_read(self, public: FlaskClient, kept: Count, kind: str) -> None:
        assert public.post(PAGE, data=b"f-name=zane", content_type=kind).status_code == 415
        assert kept() == 0

    @pytest.mark.parametrize("body", [b"f-name=%ff", b"f-name=\xc4\x81", b"&" * 100 + b"a=b&" * 100])
    def test_sec25_what_is_not_utf_8_or_far_too_much_is_400_or_422(
        self, public: FlaskClient, kept: Count, body: bytes
    ) -> None:
        answer = public.post(PAGE, data=body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (400, 422)
        assert kept() == 0


class TestWhatWasTyped:
    XSS = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"

    def test_sec14_what_was_typed_is_shown_as_text(self, public: FlaskClient, shown: Page) -> None:
        answer = public.post(
            PAGE,
            data={**shown.form(), "f-company": self.XSS, "f-message": f"</textarea>{self.XSS}", "f-email": self.XSS},
        )
        page = read_page(answer.text)
        assert len(page.all("script")) == 0
        assert not page.all("img", src="x")
        assert page.form()["f-company"] == self.XSS
        assert page.form()["f-message"] == f"</textarea>{self.XSS}"

    @needs_corpora
    def test_sec14_naughty_strings_come_back_as_they_were(self, public: FlaskClient, shown: Page) -> None:
        for string in naughty_strings():
            answer = public.post(PAGE, data={**shown.form(), "f-company": string, "f-email": "not one"})
            assert answer.status_code == 422
            page = read_page(answer.text)
            assert [e.tag for e in page.all() if e.tag == "script"] == []
            # A browser's parser has no NUL and one kind of line end; everything else is the very text.
            assert page.form()["f-company"].split() == string.split(), ascii(string)
