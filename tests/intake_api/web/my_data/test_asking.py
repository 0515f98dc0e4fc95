"""My data asked for, at the API and on its page: the same answer to everybody."""

import pytest
from flask.testing import FlaskClient

from tests.intake_api.flows.rights import Office
from tests.intake_api.web.html import read_page
from tests.intake_api.web.my_data.asker import EMAIL, STRANGER, Send, ask


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
