"""The pages without JavaScript: what they say before they ask, in which language, and what they never do."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from intake_api.catalogue.model import Catalogue
from intake_api.store.base import Store, Table
from tests.intake_api.forms import FORMS
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.demo_page import PAGE, TYPED
from tests.intake_api.web.html import Page, read_page


class TestBeforeAnythingIsAsked:
    @pytest.mark.parametrize("path", ["/", *(f"/f/{form}" for form in FORMS)])
    def test_n18_the_notice_stands_before_the_first_field(self, public: FlaskClient, path: str) -> None:
        page = read_page(public.get(path).text)
        notice = page.one("section", class_="notice").place
        first = min(
            element.place
            for element in page.all()
            if element.tag in ("textarea", "select") or "f-" in element.get("name")[:2]
        )
        assert notice < first

    @pytest.mark.parametrize("form", FORMS)
    def test_n16_v08_it_says_the_hashed_words(self, public: FlaskClient, catalogue: Catalogue, form: str) -> None:
        page = read_page(public.get(f"/f/{form}").text)
        notice = catalogue.notice(form, "en")
        assert notice.texts["short"] in page.text
        assert page.one("section", class_="notice").get("data-notice") == notice.hash
        assert page.all("a", href=f"/notices/{notice.hash}")

    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_a_search_engine_may_show_what_the_page_itself_says(self, public: FlaskClient, locale: str) -> None:
        for path in ("/", "/f/request_demo", "/f/survey", "/privacy", "/my-data"):
            page = read_page(public.get(f"{path}?lang={locale}").text)
            described = page.one("meta", name="description").get("content")
            assert described
            assert described in page.text

    def test_n10_taking_back_is_explained_before_the_control(self, shown: Page) -> None:
        withdraw = shown.one("p", class_="withdraw").place
        assert all(withdraw < radio.place for radio in shown.all("input", type="radio"))

    def test_n12_each_field_says_whether_it_is_needed_why_and_what_if_not(
        self, shown: Page, catalogue: Catalogue
    ) -> None:
        texts = catalogue.notice("request_demo", "en").texts
        for name, rule in catalogue.form("request_demo").rules.items():
            label = shown.one("label", for_=f"f-{name}")
            assert texts[f"page.necessity_{rule.necessity.partition(':')[0]}"] in label.text
            field = next(e for e in shown.all() if e.get("name") == f"f-{name}")
            notes = " ".join(shown.one("p", id=note).text for note in field.get("aria-describedby").split())
            assert texts[f"field.{name}.why"] in notes
            assert texts[f"field.{name}.if_not_given"] in notes

    def test_c01_nothing_is_chosen_beforehand(self, public: FlaskClient) -> None:
        for path in ("/", *(f"/f/{form}" for form in FORMS)):
            page = read_page(public.get(path).text)
            assert page.all("input", type="radio") or path in ("/f/complaint", "/f/trial")  # they ask for no yes
            assert not [element for element in page.all() if {"checked", "selected"} & element.attributes.keys()]

    def test_n19_yes_and_no_are_alike(self, shown: Page) -> None:
        radios = shown.all("input", type="radio")
        assert len(radios) == 4
        assert [radio.attributes.keys() - {"id", "value", "name"} for radio in radios] == [{"type"}] * 4

    def test_n22_the_benefit_stands_apart_from_the_yes(self, shown: Page, catalogue: Catalogue) -> None:
        benefit = catalogue.notice("request_demo", "en").texts["benefit"]
        assert shown.one("p", class_="benefit").text == benefit
        assert all(benefit not in fieldset.text for fieldset in shown.all("fieldset"))

    def test_fields_help_the_browser_to_fill_them_in(self, shown: Page) -> None:
        found = {
            element.get("name"): element.get("autocomplete")
            for element in shown.all()
            if "f-" in element.get("name")[:2]
        }
        assert found["f-name"] == "name"
        assert found["f-email"] == "email"
        assert found["f-phone"] == "tel"
        assert found["f-message"] == "off"


class TestLanguages:
    """N-17: never silently another language."""

    @pytest.mark.parametrize("path", ["/", PAGE, "/privacy"])
    @pytest.mark.parametrize("lang", ["de", "", "../en", "EN"])
    def test_n17_a_language_that_is_not_whole_is_answered_with_a_choice(
        self, public: FlaskClient, path: str, lang: str, store: Store
    ) -> None:
        answer = public.get(path, query_string={"lang": lang})
        page = read_page(answer.text)
        assert answer.status_code == 200
        assert not page.all("form")
        assert page.all("a", hreflang="en")
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM presentations")) == 0

    def test_n17_sending_in_it_is_409(self, public: FlaskClient, shown: Page, kept: Count) -> None:
        answer = public.post(PAGE, data={**shown.form(), **TYPED, "lang": "de"})
        assert answer.status_code == 409
        assert kept() == 0

    def test_the_page_says_its_language(self, public: FlaskClient) -> None:
        assert (
            read_page(public.get(PAGE, headers={"Accept-Language": "de, en;q=0.5"}).text).one("html").get("lang")
            == "en"
        )


class TestSafety:
    @pytest.mark.parametrize("path", ["/", PAGE, "/privacy", "/no/such/page", "/f/request_demo?lang=de"])
    def test_m07_nothing_comes_from_elsewhere(self, public: FlaskClient, path: str) -> None:
        page = read_page(public.get(path, headers={"Accept": "text/html"}).text)
        loaded = [e.get("src") for e in page.all() if e.get("src")] + [e.get("href") for e in page.all("link")]
        assert loaded
        assert [address for address in loaded if not address.startswith("/") or address.startswith("//")] == []
        assert not page.all("style")
        assert not [
            e for e in page.all() if "style" in e.attributes or any(name.startswith("on") for name in e.attributes)
        ]
        assert all(script.get("src") for script in page.all("script"))

    def test_m08_no_cookie_is_set(self, public: FlaskClient, shown: Page) -> None:
        answers = [public.get("/"), public.get(PAGE), public.post(PAGE, data={**shown.form(), **TYPED})]
        assert ["Set-Cookie" in answer.headers for answer in answers] == [False] * 3

    @pytest.mark.parametrize("path", ["/", PAGE])
    def test_head_leaves_nothing(self, public: FlaskClient, path: str, store: Store) -> None:
        assert public.head(path).status_code == 200
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM presentations")) == 0

    def test_a_get_writes_nothing(self, public: FlaskClient, store: Store) -> None:
        def rows() -> dict[str, int]:
            with store.reading() as tx:
                return {
                    name: tx.execute(select(func.count()).select_from(table)).scalar_one()
                    for name, table in Table.metadata.tables.items()
                }

        before = rows()
        for path in ("/", PAGE, "/privacy", "/healthz", "/openapi.json"):
            assert public.get(path).status_code == 200
        assert rows() == before

    @pytest.mark.parametrize(
        "path", ["/static/../forms.py", "/static/%2e%2e/forms.py", "/embed/..%2f__init__.py", "/static/"]
    )
    def test_files_are_given_out_from_their_folder_only(self, public: FlaskClient, path: str) -> None:
        assert public.get(path).status_code == 404
