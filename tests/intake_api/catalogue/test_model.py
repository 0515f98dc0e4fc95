"""What the doors and the flows ask a loaded catalogue."""

import json
from collections.abc import Callable

import pytest

from intake_api.catalogue.form_kinds import KINDS
from intake_api.catalogue.model import Catalogue, FormUnknown, LocaleNotOffered
from intake_api.rules.fields import CODES, check_fields
from intake_api.rules.qualification import score
from tests.intake_api.catalogue.conftest import PUBLIC_URL, Copy
from tests.intake_api.forms import FORMS


class TestForms:
    def test_the_forms_stand_in_their_order(self, real: Catalogue) -> None:
        assert tuple(real.forms) == FORMS

    def test_every_kind_has_an_example(self, real: Catalogue) -> None:
        assert {form.kind for form in real.forms.values()} == set(KINDS)

    def test_an_unknown_form_is_said_to_be_unknown(self, real: Catalogue) -> None:
        for ask in (lambda: real.form("nope"), lambda: real.view("nope", "en"), lambda: real.locales_of("nope")):
            with pytest.raises(FormUnknown):
                ask()

    def test_m_02_contact_is_e_mail_or_phone(self, real: Catalogue) -> None:
        for form in ("request_demo", "request_contact", "request_quote", "complaint", "order"):
            rules = real.form(form).rules
            assert rules["email"].necessity == rules["phone"].necessity == "one_of:contact"

    def test_m_02_the_newsletter_asks_for_nothing_but_the_address(self, real: Catalogue) -> None:
        assert list(real.form("newsletter").rules) == ["email"]

    def test_a_form_is_what_the_rules_take(self, real: Catalogue) -> None:
        form = real.form("request_demo")
        fields = {"name": "Anna", "phone": "29123456", "headcount": 30, "role": "owner"}
        checked = check_fields(form, "lv", fields, real.free_texts["lv"].reader)
        assert checked.ok
        assert score(form, checked.values).points == 55

    def test_a_quote_is_scored_by_its_size_and_its_start(self, real: Catalogue) -> None:
        form = real.form("request_quote")
        fields = {"headcount": 7, "start": "within_month", "name": "Anna", "email": "anna@liepa.example"}
        checked = check_fields(form, "lv", fields, real.free_texts["lv"].reader)
        assert checked.ok
        assert score(form, checked.values).points == 65

    @pytest.mark.parametrize("rating", [0, 6, 10])
    def test_feedback_may_be_anonymous_whatever_the_rating(self, real: Catalogue, rating: int) -> None:
        reader = real.free_texts["en"].reader
        assert check_fields(real.form("feedback"), "en", {"rating": rating}, reader).ok

    def test_only_who_is_not_content_is_asked_for_a_way_to_answer(self, real: Catalogue) -> None:
        form = real.form("feedback")
        asked = {field.name: field.asked_if and (field.asked_if.field, field.asked_if.at_most) for field in form.fields}
        assert asked == {
            "rating": None, "comment": None, "phone": ("rating", 6), "email": ("rating", 6), "name": ("rating", 6),
        }  # fmt: skip

    def test_c_04_no_form_needs_what_serves_only_its_newsletter(self, real: Catalogue) -> None:
        """The download and the card are given to whoever says no to the newsletter."""
        download = {"content": "welcome_letter", "email": "a@b.example"}
        loyalty = {"name": "Anna", "email": "a@b.example"}
        reader = real.free_texts["en"].reader
        assert check_fields(real.form("download"), "en", download, reader, granted=[]).ok
        assert check_fields(real.form("loyalty"), "en", loyalty, reader, granted=[]).ok
        assert {real.purpose(form.purposes[0]).control for form in map(real.form, ("download", "loyalty"))} == {"act"}


class TestPurposes:
    def test_each_rests_on_its_basis(self, real: Catalogue) -> None:
        assert {name: purpose.basis_id for name, purpose in real.purposes.items()} == {
            "respond_to_request": "A6-1-b-enter-into-contract",
            "newsletter": "A6-1-a",
            "product_offers": "A6-1-a",
            "loyalty_programme": "A6-1-b-contract-performance",
            "deliver_content": "A6-1-b-enter-into-contract",
            "learn_from_feedback": "A6-1-f-controller",
            "handle_complaint": "A6-1-b-contract-performance",
            "run_contest": "A6-1-b-contract-performance",
        }

    def test_c_03_consent_has_a_control_of_its_own_and_anything_else_is_an_act(self, real: Catalogue) -> None:
        assert {name: purpose.control for name, purpose in real.purposes.items()} == {
            "respond_to_request": "act",
            "newsletter": "opt_in",
            "product_offers": "opt_in",
            "loyalty_programme": "act",
            "deliver_content": "act",
            "learn_from_feedback": "act",
            "handle_complaint": "act",
            "run_contest": "act",
        }

    def test_c_12_the_newsletter_is_confirmed_twice(self, real: Catalogue) -> None:
        assert real.purpose("newsletter").confirmation == "double_opt_in"


class TestView:
    def test_it_is_the_answer_of_the_form_api(self, real: Catalogue) -> None:
        view = real.view("request_demo", "en")
        shown = json.loads(view.json)
        assert shown == view.document
        assert set(shown) == {
            "form", "kind", "locale", "title", "benefit", "page", "submit_label", "what_next", "fields", "notice",
        }  # fmt: skip
        email = shown["fields"][1]
        assert email["name"] == "email"
        assert email["limits"] == {"max_length": 254}
        assert email["purposes"] == ["respond_to_request", "newsletter", "product_offers"]
        role, headcount = shown["fields"][4:6]
        assert role["choices"][0] == {"value": "owner", "label": "I own it"}
        assert headcount["limits"] == {"min": 1, "max": 100_000}

    def test_a_field_asked_of_some_carries_its_condition_and_the_others_none(self, real: Catalogue) -> None:
        shown = {field["name"]: field for field in json.loads(real.view("feedback", "lv").json)["fields"]}
        assert shown["phone"]["asked_if"] == {"field": "rating", "at_most": 6}
        assert "asked_if" not in shown["comment"]

    def test_the_notice_is_linked_by_its_hash(self, real: Catalogue) -> None:
        shown = json.loads(real.view("newsletter", "en").json)["notice"]
        assert shown["url"] == f"{PUBLIC_URL}/v1/notices/{shown['hash']}"
        assert shown["page"] == f"{PUBLIC_URL}/notices/{shown['hash']}"
        assert shown["hash"] in real.notices
        assert shown["purposes"][0]["control"] == "opt_in"
        assert shown["purposes"][0]["confirmation"] == "double_opt_in"
        assert shown["purposes"][0]["retention"]["duration"] == "P24M"
        assert shown["purposes"][0]["recipients"][0] == {
            "id": "crm", "name": "Brightledger Example GmbH", "role": "processor", "country": "DE",
        }  # fmt: skip

    def test_every_code_has_a_sentence_with_its_numbers_filled_in(self, real: Catalogue) -> None:
        view = real.view("request_demo", "en")
        for code in CODES:
            for name in view.form.rules:
                assert "{" not in view.problem_text(name, code)
        assert view.problem_text("message", "text_too_long") == "Please shorten this to 1000 characters."
        assert view.problem_text("headcount", "integer_too_large") == "Please give a number of at most 100000."
        assert view.problem_text("<script>", "field_unknown") == "This form does not ask for this."

    def test_an_answer_is_shown_back_in_words_and_contact_data_masked(self, real: Catalogue) -> None:
        view = real.view("request_demo", "en")
        assert view.shown("role", "owner") == "I own it"
        assert view.shown("email", "anna@liepa.example") == "a***@liepa.example"
        assert view.shown("headcount", 12) == "12"

    def test_a_form_may_ask_a_field_in_its_own_words(self, real: Catalogue) -> None:
        asked = {
            form: json.loads(real.view(form, "en").json)["fields"][0]["why"]
            for form in ("request_contact", "newsletter")
        }
        assert asked["request_contact"].startswith("So that we can answer it.")
        assert asked["newsletter"] == "So that the letter reaches you."

    def test_a_purpose_is_asked_by_question_in_chat_and_by_label_elsewhere(self, real: Catalogue) -> None:
        view = real.view("newsletter", "en")
        assert view.asked_by("newsletter", "chat").endswith("You can stop it at any time.")
        assert view.asked_by("newsletter", "page").startswith("Yes, ")

    def test_a_purpose_agreed_to_by_sending_has_the_same_words_in_every_channel(self, real: Catalogue) -> None:
        view = real.view("request_demo", "en")
        said = {view.asked_by("respond_to_request", channel) for channel in ("chat", "page")}
        assert said == {"By sending this you ask us to answer your request."}


class TestLocales:
    def test_n_17_every_form_collects_in_all_five_languages(self, real: Catalogue) -> None:
        assert real.locales == ("en", "lv", "ru", "pl", "cs")
        assert {form: real.locales_of(form) for form in real.forms} == dict.fromkeys(real.forms, real.locales)

    def test_n_17_a_language_that_is_not_complete_does_not_collect(
        self, copy: Copy, begun: Callable[[str], None]
    ) -> None:
        begun("lv")
        loaded = copy.load()
        with pytest.raises(LocaleNotOffered) as caught:
            loaded.view("request_demo", "lv")
        assert "lv" not in caught.value.locales
        assert "en" in caught.value.locales
        with pytest.raises(LocaleNotOffered):
            loaded.notice("request_demo", "xx")

    def test_n_17_a_complete_language_collects(self, copy: Copy, complete: Callable[[str], None]) -> None:
        complete("pl")
        loaded = copy.load()
        assert "pl" in loaded.locales_of("request_demo")
        assert loaded.notice("request_demo", "pl").hash != loaded.notice("request_demo", "en").hash

    def test_n_11_the_authority_is_that_of_the_language(self, copy: Copy, complete: Callable[[str], None]) -> None:
        complete("pl")
        polish = json.loads(copy.load().notice("newsletter", "pl").canonical)
        assert polish["authority"]["country"] == "PL"
        assert polish["authority"]["name"] in polish["texts"]["page.complaint_text"]

    def test_v_05_languages_of_a_form_differ_in_words_only(self, copy: Copy, complete: Callable[[str], None]) -> None:
        complete("cs")
        loaded = copy.load()
        english, czech = (json.loads(loaded.notice("request_demo", locale).canonical) for locale in ("en", "cs"))
        for name in ("family", "version", "controller", "recipients", "fields"):
            assert english[name] == czech[name]
        kept = [
            [(one["id"], one["retention"], one["recipients"]) for one in notice["purposes"]]
            for notice in (english, czech)
        ]
        assert kept[0] == kept[1]

    def test_a_language_may_be_ready_for_one_form_alone(self, copy: Copy, complete: Callable[[str], None]) -> None:
        complete("lv")
        copy.change("locales/lv.yml", "    title: Ask us anything\n", "")
        loaded = copy.load()
        assert "lv" in loaded.locales_of("newsletter")
        assert "lv" not in loaded.locales_of("request_contact")
        (gap,) = [gap for gap in loaded.gaps if (gap.form, gap.locale) == ("request_contact", "lv")]
        assert gap.missing == ("forms.request_contact.title",)

    def test_what_english_says_in_a_forms_own_words_is_needed_in_every_language(
        self, copy: Copy, complete: Callable[[str], None]
    ) -> None:
        complete("lv")
        copy.change("locales/lv.yml", "        why: So that the letter reaches you.\n", "")
        (gap,) = [gap for gap in copy.load().gaps if (gap.form, gap.locale) == ("newsletter", "lv")]
        assert gap.missing == ("forms.newsletter.fields.email.why",)

    def test_forms_are_listed_in_the_language_asked_for_where_they_have_it(
        self, copy: Copy, complete: Callable[[str], None]
    ) -> None:
        complete("lv")
        copy.change("locales/lv.yml", "    title: Ask us anything\n", "")
        copy.change("locales/lv.yml", "title: Once a month, for hosts", "title: Reizi mēnesī")
        listed = {one["form"]: one for one in copy.load().listed("lv")}
        assert listed["newsletter"]["title"] == "Reizi mēnesī"
        assert "lv" in listed["newsletter"]["locales"]
        assert listed["request_contact"]["title"] == "Ask us anything"
        assert "lv" not in listed["request_contact"]["locales"]


class TestNewForm:
    def test_a_form_added_as_one_file_and_its_words_is_there(self, copy: Copy) -> None:
        """One YAML file makes a form; whoever shows or asks it needs no new code."""
        (copy.folder / "forms/opinion.yml").write_text(
            "kind: survey\n"
            "stage: late\n"
            "position: 90\n"
            "notice: {family: opinion, version: 1, effective_from: 2026-11-01, material_change: false}\n"
            "purposes: [respond_to_request]\n"
            "fields:\n"
            "  - {name: rating, necessity: required, purposes: [respond_to_request]}\n"
            "  - {name: comment, necessity: optional, purposes: [respond_to_request]}\n",
            encoding="utf-8",
        )
        copy.change(
            "locales/en.yml",
            "\nforms:\n",
            "\nforms:\n"
            "  opinion:\n"
            "    title: How was it?\n"
            "    benefit: Two questions, and we read every answer.\n"
            "    submit_label: Send\n"
            "    what_next: A person reads it within a week.\n"
            "    short: >-\n"
            "      {controller} asks to learn from it. It goes to {recipients},\n"
            "      is kept for {duration.respond_to_request}. You may say no.\n"
            "      Write to {privacy_email} to take it back.\n",
        )
        loaded = copy.load()
        assert [field["name"] for field in json.loads(loaded.view("opinion", "en").json)["fields"]] == [
            "rating",
            "comment",
        ]
        assert check_fields(loaded.form("opinion"), "en", {"rating": 9}, loaded.free_texts["en"].reader).ok
