"""The pages that explain: a notice by its hash, and the privacy page."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from tests.intake_api.forms import FORMS
from tests.intake_api.web.html import read_page


class TestNoticesAndPrivacy:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.parametrize("path", ["/notices/{hash}", "/privacy?form={form}"])
    def test_n21_the_page_says_the_same_as_the_document(
        self, public: FlaskClient, catalogue: Catalogue, form: str, path: str
    ) -> None:
        notice = catalogue.notice(form, "en")
        page = read_page(public.get(path.format(hash=notice.hash, form=form)).text)
        document: Any = notice.document
        purposes = {p["id"]: (p["basis"].rpartition("#")[2], p["retention"]["duration"]) for p in document["purposes"]}
        shown = {
            e.get("data-purpose"): (e.get("data-basis"), e.get("data-retention"))
            for e in page.all("div", class_="purpose")
        }
        assert shown == purposes
        assert [e.get("data-recipient") for e in page.all("li") if e.get("data-recipient")] == [
            r["id"] for r in document["recipients"]
        ]
        fields = {e.get("data-field"): e.get("data-necessity") for e in page.all("div") if e.get("data-field")}
        assert fields == {f["name"]: f["necessity"] for f in document["fields"]}
        assert [e.get("data-right") for e in page.all("li") if e.get("data-right")] == document["rights"]["list"]
        for key in ("page.who_text", "withdraw", "page.complaint_text", "ai"):
            assert notice.texts[key] in page.text

    def test_an_unknown_notice_is_a_404_page(self, public: FlaskClient) -> None:
        answer = public.get(f"/notices/{'0' * 64}", headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert answer.content_type.startswith("text/html")

    @pytest.mark.parametrize("path", ["/notices/{hash}", "/privacy?form=request_demo"])
    def test_n11_the_authority_and_the_mail_addresses_are_links(
        self, public: FlaskClient, catalogue: Catalogue, path: str
    ) -> None:
        notice = catalogue.notice("request_demo", "en")
        page = read_page(public.get(path.format(hash=notice.hash)).text)
        assert page.one("a", href="https://www.dvi.gov.lv/").text == "Datu valsts inspekcija"
        assert {link.text for link in page.all("a", href="mailto:privacy@tidewick.example")} == {
            "privacy@tidewick.example"
        }
        assert page.one("a", href="mailto:dpo@tidewick.example")

    def test_n07_what_follows_from_no_answer_is_told_apart_from_why_it_is_asked(
        self, public: FlaskClient, catalogue: Catalogue
    ) -> None:
        notice = catalogue.notice("request_demo", "en")
        page = read_page(public.get(f"/notices/{notice.hash}").text)
        said = " ".join(page.one("div", data_field="phone").text.split())
        why, without = notice.texts["field.phone.why"], notice.texts["field.phone.if_not_given"]
        assert said.endswith(f"{why} If you do not give it: {without}")
