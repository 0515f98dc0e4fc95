"""Staff write down a call or a paper form; they can give nobody's consent (C-19, N-14)."""

import json
import re

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.evidence import list_entries
from intake_api.store.lead_lists import list_leads
from intake_api.store.leads import Lead, get_lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, Page, path_of, words_of

PATH = "/record?form=request_demo&locale=en"
SAID = {"way": "phone", "said_on": "2026-11-20", "told": "no", "f-name": "Anna Example", "f-headcount": ""}
CALL = {**SAID, "f-email": "anna@caller.example", "wish-newsletter": "no", "wish-product_offers": "yes"}
OTHERS = {"f-phone": "", "f-company": "", "f-role": "", "f-budget": "", "f-message": ""}


def kept(store: Store) -> list[Lead]:
    with store.reading() as tx:
        return list_leads(tx)


@pytest.fixture
def recorded(reviewer: Browser, store: Store) -> Lead:
    """A call that Ilze wrote down."""
    answer = reviewer.send(reviewer.page(PATH), "/record", **CALL, **OTHERS)
    assert answer.status_code == 303, answer.text
    (lead,) = kept(store)
    return lead


class TestThePage:
    def test_c19_it_shows_the_notice_of_a_visitor_in_the_chosen_language(
        self, reviewer: Browser, public: FlaskClient, catalogue: Catalogue
    ) -> None:
        for locale in catalogue.locales:
            visitors = public.get(f"/v1/forms/request_demo?locale={locale}").json
            assert visitors
            answer = reviewer.get(f"/record?form=request_demo&locale={locale}")
            assert f'data-notice="{visitors["notice"]["hash"]}"' in answer.text
            page = Page(answer.text)
            assert visitors["notice"]["short"] in page.text
            assert all(field["question"] in page.text for field in visitors["fields"])

    def test_the_queue_leads_to_it(self, reviewer: Browser) -> None:
        assert "/record" in reviewer.page("/").links
        assert "request_demo" in reviewer.get("/record").text

    def test_c01_nothing_is_chosen_beforehand(self, reviewer: Browser) -> None:
        assert " checked" not in reviewer.get(PATH).text

    def test_another_form_or_language_is_told(self, reviewer: Browser) -> None:
        assert reviewer.get("/record?form=nothing&locale=en").status_code == 404
        assert reviewer.get("/record?form=request_demo&locale=de").status_code == 409

    def test_nobody_else_gets_it(self, stranger: Browser) -> None:
        assert stranger.get("/record").status_code == stranger.get(PATH).status_code == 401

    def test_no_search_engine_and_no_cache_keeps_it(self, reviewer: Browser) -> None:
        headers = reviewer.get(PATH).headers
        assert "no-store" in headers["Cache-Control"]
        assert "noindex" in headers["X-Robots-Tag"]


class TestKeeping:
    def test_c19_it_is_a_lead_with_a_wish_that_waits(self, recorded: Lead, store: Store) -> None:
        assert recorded.channel == "staff"
        with store.reading() as tx:
            states = {name: one.state.value for name, one in current_decisions(tx, recorded.id).items()}
        assert states == {"respond_to_request": "acted", "newsletter": "refused", "product_offers": "requested"}

    def test_its_page_says_who_wrote_it_down_and_how_it_was_said(self, recorded: Lead, reviewer: Browser) -> None:
        said = words_of(reviewer.page(path_of(recorded)))
        assert "Said by telephone, 2026-11-20" in said
        assert "Written down by ilze@tidewick.example" in said
        assert "Came by telephone, written down by staff" in said

    def test_pressed_twice_it_leads_to_the_same_lead(self, reviewer: Browser, store: Store) -> None:
        page = reviewer.page(PATH)
        first, second = (reviewer.send(page, "/record", **CALL, **OTHERS) for _ in range(2))
        assert first.location == second.location
        assert len(kept(store)) == 1

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"way": ""}, "Please choose."),
            ({"told": "perhaps"}, "Please choose."),
            ({"said_on": "2026-11-22"}, "within the last month"),
            ({"said_on": "2026-09-01"}, "within the last month"),
            ({"said_on": "yesterday"}, "within the last month"),
            ({"f-email": "no address"}, "e-mail"),
            ({"f-name": ""}, "needed"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(
        self, reviewer: Browser, store: Store, changes: dict[str, str], says: str
    ) -> None:
        answer = reviewer.send(
            reviewer.page(PATH), "/record", **{**CALL, **OTHERS, "f-message": "Call again", **changes}
        )
        assert answer.status_code == 422
        assert says in answer.text
        assert "Call again</textarea>" in answer.text
        assert re.search(r'value="yes" checked> <span>They said yes', answer.text)
        assert kept(store) == []

    def test_m05_a_card_number_that_was_dictated_is_not_kept(self, reviewer: Browser, store: Store) -> None:
        sent = {**CALL, **OTHERS, "f-message": "Charge 4111 1111 1111 1111 please"}
        answer = reviewer.send(reviewer.page(PATH), "/record", **sent)
        assert answer.status_code == 303
        assert "4111" not in reviewer.get(str(answer.location)).text

    def test_a_form_of_consent_alone_without_a_yes_is_not_kept(self, reviewer: Browser, store: Store) -> None:
        page = reviewer.page("/record?form=newsletter&locale=en")
        said = {"way": "paper", "said_on": "2026-11-21", "told": "yes", "f-email": "anna@caller.example"}
        answer = reviewer.send(page, "/record", **said, **{"wish-newsletter": "no"})
        assert (answer.status_code, kept(store)) == (422, [])
        assert "none was said" in answer.text

    def test_c06_after_half_an_hour_it_shows_the_notice_anew(
        self, reviewer: Browser, store: Store, clock: DrivenClock
    ) -> None:
        page = reviewer.page(PATH)
        clock.advance(minutes=29)
        reviewer.get("/")  # somebody who works on is signed in still
        clock.advance(minutes=2)
        answer = reviewer.send(page, "/record", **CALL, **OTHERS)
        assert (answer.status_code, kept(store)) == (409, [])
        again = reviewer.send(Page(answer.text), "/record", **CALL, **OTHERS)
        assert again.status_code == 303


class TestNoConsentByStaff:
    @pytest.mark.parametrize("name", ["consent", "decisions", "decision-newsletter", "Consent"])
    def test_c19_a_consent_is_refused_at_every_address(self, reviewer: Browser, lead: Lead, name: str) -> None:
        for path, action in ((PATH, "/record"), (path_of(lead), path_of(lead, "/approve"))):
            answer = reviewer.send(reviewer.page(path), action, **CALL, **{name: "true"})
            assert answer.status_code == 403
            assert "confirm it themselves" in answer.text

    def test_c19_so_is_one_in_json(self, reviewer: Browser, store: Store) -> None:
        body = {"consent": True, "decisions": {"newsletter": True}}
        assert reviewer.client.post("/record", json=body, headers=OURS).status_code == 403
        assert kept(store) == []

    def test_sec11_without_the_proof_of_the_session_nothing_is_kept(
        self, reviewer: Browser, reviewing: MakeReviewer, store: Store
    ) -> None:
        foreign = reviewing("other@tidewick.example").page(PATH)
        assert reviewer.send(foreign, "/record", **CALL, **OTHERS).status_code == 403
        assert kept(store) == []

    def test_an_unknown_or_repeated_name_is_refused(self, reviewer: Browser, store: Store) -> None:
        page = reviewer.page(PATH)
        assert reviewer.send(page, "/record", **CALL, other="x").status_code == 422
        twice = {**page.forms["/record"].fields, **CALL, "f-name": ["A", "B"]}
        assert reviewer.client.post("/record", data=twice, headers=OURS).status_code == 422
        assert kept(store) == []

    def test_c19_what_staff_were_shown_is_no_showing_for_a_visitor(
        self, reviewer: Browser, public: FlaskClient, store: Store
    ) -> None:
        shown = reviewer.page(PATH).forms["/record"].fields["presentation"]
        body = {
            "presentation": shown,
            "locale": "en",
            "fields": {"name": "Anna Example", "email": "anna@caller.example"},
            "decisions": {"product_offers": True},
        }
        answer = public.post("/v1/forms/request_demo/submissions", json=body)
        assert answer.status_code == 409
        assert answer.json
        assert (answer.json["code"], answer.json["form"]["channel"]) == ("presentation_unknown", "page")
        assert kept(store) == []


class TestTelling:
    def test_n14_it_cannot_be_approved_before_and_can_after(
        self, reviewer: Browser, recorded: Lead, store: Store
    ) -> None:
        page = reviewer.page(path_of(recorded))
        assert "To be told by 20 Dec 2026" in words_of(page)
        assert path_of(recorded, "/approve") not in page.forms
        refused = reviewer.client.post(
            path_of(recorded, "/approve"),
            data={**page.forms[path_of(recorded, "/decline")].fields},
            headers=OURS,
        )
        assert refused.status_code == 409
        told = reviewer.send(page, path_of(recorded, "/told"), by="read_out")
        assert told.status_code == 303
        page = reviewer.page(path_of(recorded))
        assert "told by" not in words_of(page)
        assert reviewer.send(page, path_of(recorded, "/approve")).status_code == 303
        with store.reading() as tx:
            assert get_lead(tx, recorded.reference).state.value == "qualified"

    def test_an_unknown_way_is_refused(self, reviewer: Browser, recorded: Lead) -> None:
        page = reviewer.page(path_of(recorded))
        assert reviewer.send(page, path_of(recorded, "/told"), by="mail").status_code == 400
        assert reviewer.send(page, path_of(recorded, "/told"), by="").status_code == 400

    def test_again_it_is_no_harm(self, reviewer: Browser, recorded: Lead) -> None:
        page = reviewer.page(path_of(recorded))
        for _ in range(2):
            assert reviewer.send(page, path_of(recorded, "/told"), by="posted").status_code == 303

    def test_n14_the_queue_shows_that_it_is_overdue(
        self, reviewing: MakeReviewer, recorded: Lead, clock: DrivenClock
    ) -> None:
        clock.advance(days=31)
        assert "Not told since 20 Dec 2026" in words_of(reviewing("late@tidewick.example").page("/"))


CONTEST = "/record?form=contest&locale=lv"
TIP = {"f-name": "Anna Example", "f-email": "anna@caller.example", "f-message": "A tip zq7f3"}
NEWS = {"age": "", "way": "phone", "said_on": "2026-11-20", "told": "no", **TIP, "wish-newsletter": "yes"}


class TestChildren:
    """K-01, K-02: whoever says yes by telephone is asked what everybody is asked."""

    def send(self, reviewer: Browser, **more: str) -> tuple[int, str]:
        answer = reviewer.send(reviewer.page(CONTEST), "/record", **{**NEWS, **more})
        return answer.status_code, answer.text

    def test_k01_a_wish_needs_the_answer(self, reviewer: Browser, store: Store, catalogue: Catalogue) -> None:
        status, text = self.send(reviewer)
        assert (status, kept(store)) == (422, [])
        assert catalogue.notice("contest", "lv").texts["age.missing"] in Page(text).text
        assert self.send(reviewer, age="at_or_over")[0] == 303
        (lead,) = kept(store)
        (entry,) = [one for one in entries_of(store, lead) if one["kind"] == "submission.received"]
        assert entry["age"] == {"threshold": 13, "answer": "at_or_over"}

    def test_k01_without_a_wish_it_needs_none(self, reviewer: Browser) -> None:
        status, text = self.send(reviewer, **{"wish-newsletter": "no"})
        assert status == 303, text

    def test_k02_of_who_is_under_it_nothing_is_kept_nor_shown_again(
        self, reviewer: Browser, store: Store, catalogue: Catalogue
    ) -> None:
        status, text = self.send(reviewer, age="under")
        assert (status, kept(store)) == (422, [])
        assert catalogue.notice("contest", "lv").texts["age.too_young"] in Page(text).text
        assert "zq7f3" not in text

    def test_k05_a_form_that_does_not_ask_shows_no_question(self, reviewer: Browser) -> None:
        assert 'name="age"' not in reviewer.get(PATH).text


def entries_of(store: Store, lead: Lead) -> list[dict[str, object]]:
    """Return what the evidence says of a lead."""
    with store.reading() as tx:
        return [json.loads(entry.body) for entry in list_entries(tx, lead_id=lead.id)]
