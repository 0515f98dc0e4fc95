"""Notices: complete, canonical, named by their hash, the same bytes wherever they are made."""

import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from tests.intake_api.catalogue.conftest import PUBLIC_URL, REAL, Copy
from tests.intake_api.flows.approving import TURN_ON
from tests.intake_api.forms import FORMS


def document(catalogue: Catalogue, form: str) -> dict[str, Any]:
    """The notice as anybody can read it from its bytes."""
    read: dict[str, Any] = json.loads(catalogue.notice(form, "en").canonical)
    return read


def sentences(value: Any) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        return [value]
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [sentence for item in inner for sentence in sentences(item)]


class TestBytes:
    @pytest.mark.parametrize("form", FORMS)
    def test_v_01_the_name_is_the_hash_of_the_bytes(self, real: Catalogue, form: str) -> None:
        notice = real.notice(form, "en")
        assert notice.hash == hashlib.sha256(notice.canonical).hexdigest()

    @pytest.mark.parametrize("form", FORMS)
    def test_v_01_the_bytes_are_canonical(self, real: Catalogue, form: str) -> None:
        """With ASCII keys and no fractions RFC 8785 is what the standard library writes when told to sort and pack."""
        packed = json.dumps(document(real, form), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert real.notice(form, "en").canonical == packed.encode()

    def test_the_same_files_give_the_same_bytes_under_any_address(self, real: Catalogue) -> None:
        elsewhere = load_catalogue(REAL, "https://elsewhere.example")
        assert dict(elsewhere.notices) == dict(real.notices)
        assert elsewhere.view("newsletter", "en").json != real.view("newsletter", "en").json

    def test_v_02_decomposed_letters_in_the_files_give_the_same_notice(self, copy: Copy, real: Catalogue) -> None:
        for path in copy.folder.rglob("*.yml"):
            path.write_text(unicodedata.normalize("NFD", path.read_text(encoding="utf-8")), encoding="utf-8")
        assert set(copy.load().notices) == set(real.notices)

    def test_another_word_is_another_notice(self, copy: Copy, real: Catalogue) -> None:
        copy.change("locales/en.yml", "for nothing else", "for nothing more")
        changed = copy.load()
        assert changed.notice("newsletter", "en").hash != real.notice("newsletter", "en").hash
        assert changed.notice("request_demo", "en").hash == real.notice("request_demo", "en").hash


class TestContent:
    @pytest.mark.parametrize("form", FORMS)
    def test_n_01_the_controller_can_be_named_visited_and_written_to(self, real: Catalogue, form: str) -> None:
        controller = document(real, form)["controller"]
        assert all(controller[name] for name in ("name", "address", "email"))
        assert {"representative", "dpo"} <= set(controller)

    def test_n_02_nobody_is_said_to_be_nobody(self, copy: Copy) -> None:
        copy.change(
            "organisation.yml", "data_protection_officer: dpo@tidewick.example", "data_protection_officer: none"
        )
        read = document(copy.load(), "newsletter")
        assert read["controller"]["dpo"] is None
        assert "have not appointed" in read["texts"]["page.officer_none"]
        assert "page.officer" not in read["texts"]

    @pytest.mark.parametrize("form", FORMS)
    def test_n_03_each_purpose_has_a_title_a_text_a_term_and_one_basis(self, real: Catalogue, form: str) -> None:
        for purpose in document(real, form)["purposes"]:
            assert purpose["title"]
            assert len(purpose["text"]) >= 40
            assert purpose["dpv"].startswith("https://w3id.org/dpv#")
            assert purpose["basis"].startswith("https://w3id.org/dpv/legal/eu/gdpr#A6-1-")

    def test_n_05_an_interest_is_spelled_out_and_may_be_objected_to(self, copy: Copy) -> None:
        copy.change("purposes.yml", "gdpr#A6-1-b-enter-into-contract", "gdpr#A6-1-f-controller")
        missing = {problem.key for problem in copy.problems()}
        assert {"purposes.respond_to_request.legitimate_interest", "purposes.respond_to_request.object"} <= missing

    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_n_05_feedback_says_whose_interest_it_is_and_how_to_object(self, real: Catalogue, locale: str) -> None:
        read = json.loads(real.notice("feedback", locale).canonical)
        (purpose,) = read["purposes"]
        assert purpose["basis"].endswith("#A6-1-f-controller")
        assert len(purpose["legitimate_interest"]) > 100
        assert "21" in read["texts"]["object.learn_from_feedback"]
        assert read["controller"]["email"] in read["texts"]["object.learn_from_feedback"]
        (shown,) = real.view("feedback", locale).document["notice"]["purposes"]  # type: ignore[index,call-overload]
        assert shown["legitimate_interest"] == purpose["legitimate_interest"]
        assert shown["object"] == read["texts"]["object.learn_from_feedback"]

    def test_a_field_asked_of_some_says_of_whom(self, real: Catalogue) -> None:
        read = document(real, "feedback")
        phone = next(field for field in read["fields"] if field["name"] == "phone")
        assert phone["asked_if"] == {"field": "rating", "at_most": 6}
        assert read["texts"]["field.phone.asked_if"].endswith(f"“{read['texts']['field.rating.label']}” is 6 or less.")
        assert not [field for field in document(real, "request_demo")["fields"] if "asked_if" in field]

    @pytest.mark.parametrize("form", FORMS)
    def test_n_06_recipients_are_named_for_each_purpose(self, real: Catalogue, form: str) -> None:
        read = document(real, form)
        named = {recipient["id"]: recipient for recipient in read["recipients"]}
        for purpose in read["purposes"]:
            assert {"crm", "mail"} <= set(purpose["recipients"]) <= set(named)
        assert all(recipient["name"] and recipient["role"] and recipient["country"] for recipient in named.values())

    def test_n_07_a_safeguard_is_part_of_the_notice(self, copy: Copy) -> None:
        copy.change(
            "recipients.yml",
            "country: DE\n  safeguard: none",
            "country: US\n  safeguard: standard clauses, copy from us",
        )
        copy.change("locales/en.yml", "  DE: Germany\n", "  US: the United States\n")
        for locale in ("lv", "ru", "pl", "cs"):
            text = (copy.folder / f"locales/{locale}.yml").read_text(encoding="utf-8")
            line = next(line for line in text.splitlines() if line.startswith("  DE: "))
            copy.change(f"locales/{locale}.yml", f"{line}\n", "")
        read = document(copy.load(), "newsletter")
        assert "standard clauses, copy from us" in read["texts"]["recipient.crm.safeguard"]

    @pytest.mark.parametrize("form", FORMS)
    def test_n_08_the_time_said_is_the_time_configured(self, real: Catalogue, form: str) -> None:
        read = document(real, form)
        for purpose in read["purposes"]:
            months = purpose["retention"]["duration"].removeprefix("P").removesuffix("M")
            assert read["texts"][f"retention.{purpose['id']}"].startswith(f"{months} months after")

    @pytest.mark.parametrize("form", FORMS)
    def test_n_09_n_10_n_11_rights_withdrawal_and_the_authority_are_there(self, real: Catalogue, form: str) -> None:
        read = document(real, form)
        assert read["rights"]["list"] == ["A15", "A16", "A17", "A18", "A20", "A21", "A7-3", "A77"]
        assert all(read["texts"][f"right.{right}"] for right in read["rights"]["list"])
        assert "stays lawful" in read["withdraw"]["text"]
        assert read["authority"]["name"] in read["texts"]["page.complaint_text"]

    @pytest.mark.parametrize("form", FORMS)
    def test_n_12_each_field_says_whether_it_is_needed_and_what_happens_without(
        self, real: Catalogue, form: str
    ) -> None:
        read = document(real, form)
        for field in read["fields"]:
            assert field["necessity"]
            assert field["purposes"]
            assert read["texts"][f"field.{field['name']}.why"]
            assert read["texts"][f"field.{field['name']}.if_not_given"]

    def test_n_13_the_score_is_explained_where_there_is_one(self, real: Catalogue) -> None:
        scoring = document(real, "request_demo")["scoring"]
        assert scoring["fields"] == ["headcount", "role", "budget"]
        assert "A person reads every request and decides" in scoring["text"]
        assert document(real, "newsletter")["scoring"] is None

    def test_n_13_a_rule_that_approves_is_said_in_place_of_that_a_person_reads_each(self, copy: Copy) -> None:
        for change in TURN_ON:
            copy.change(*change)
        ruled = document(copy.load(), "request_demo")
        told = {"version": 1, "score_at_least": 50, "confirmed_email": False}
        assert told.items() <= ruled["approval"].items()
        assert "without a person who looks at it first" in ruled["approval"]["text"]
        assert "From 50 points on your request goes" in ruled["scoring"]["text"]
        assert "page.automated_none" not in ruled["texts"]
        assert "A person reads every request" not in str(ruled)
        assert "approval" not in document(copy.load(), "request_quote")

    def test_n_13_the_points_of_a_rule_are_said(self, copy: Copy) -> None:
        for change in TURN_ON:
            copy.change(*change)
        copy.change("locales/en.yml", "{score_at_least} points", "Some points")
        (problem,) = copy.problems()
        assert (problem.key, "does not say {score_at_least}" in problem.wrong) == ("forms.request_demo.approval", True)

    @pytest.mark.parametrize("form", FORMS)
    def test_n_16_the_first_layer_is_short_and_says_who_for_whom_how_long_and_how_to_take_it_back(
        self, real: Catalogue, form: str
    ) -> None:
        read = document(real, form)
        short = read["texts"]["short"]
        assert len(short) <= 600
        assert read["controller"]["name"] in short
        assert read["controller"]["email"] in short
        assert all(recipient["name"] in short for recipient in read["recipients"])
        assert all(
            purpose["retention"]["duration"].removeprefix("P").removesuffix("M") + " months" in short
            for purpose in read["purposes"]
        )
        assert "say no" in short
        if any(purpose["control"] == "opt_in" for purpose in read["purposes"]):
            assert "taken back" in short
        if any(purpose["legitimate_interest"] for purpose in read["purposes"]):
            assert "object" in short
            assert "Article 21" in short

    @pytest.mark.parametrize("form", FORMS)
    def test_n_19_n_22_a_control_says_yes_to_one_thing_and_promises_nothing(self, real: Catalogue, form: str) -> None:
        read = document(real, form)
        labels = [
            read["texts"][f"label.{purpose['id']}"] for purpose in read["purposes"] if purpose["control"] == "opt_in"
        ]
        assert len(set(labels)) == len(labels)
        assert all(label.startswith("Yes, ") for label in labels)
        assert not any(read["texts"]["benefit"] in label for label in labels)

    @pytest.mark.parametrize("form", FORMS)
    def test_v_08_every_sentence_of_the_form_api_is_a_sentence_of_the_notice(self, real: Catalogue, form: str) -> None:
        view = real.view(form, "en")
        shown = json.loads(view.json)
        hashed = set(sentences(document(real, form)))
        for name in ("title", "benefit", "submit_label", "what_next"):
            assert shown[name] in hashed
        for field in shown["fields"]:
            assert {field[name] for name in ("label", "question", "why", "if_not_given")} <= hashed
            assert {choice["label"] for choice in field["choices"]} <= hashed
        assert {shown["notice"]["short"], shown["notice"]["withdraw"], shown["notice"]["ai"]} <= hashed
        for purpose in shown["notice"]["purposes"]:
            assert {purpose[name] for name in ("title", "label", "question", "text")} <= hashed
            assert purpose["retention"]["text"] in hashed

    def test_m_07_a_notice_holds_no_address_of_this_service(self, real: Catalogue) -> None:
        assert not any(PUBLIC_URL.encode() in notice.canonical for notice in real.notices.values())


class TestRecipientsNamed:
    def test_x_01_a_kept_notice_says_who_may_get_the_lead(self, real: Catalogue) -> None:
        notice = real.notice("request_demo", "en")
        assert recipients_named(notice.canonical) == notice.recipients == {"crm", "mail"}

    def test_x_01_a_notice_of_before_does_not_name_a_recipient_of_later(self, copy: Copy, real: Catalogue) -> None:
        copy.change("purposes.yml", "recipients: [crm, mail]", "recipients: [mail]")
        folder: Path = copy.folder
        text = (folder / "recipients.yml").read_text(encoding="utf-8")
        (folder / "recipients.yml").write_text(text[text.index("mail:") :], encoding="utf-8")
        for path in (folder / "locales").iterdir():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            start = next((at for at, line in enumerate(lines) if line == "  crm:\n"), None)
            kept = (
                [line for line in lines if not line.startswith("  DE: ")]
                if start is None
                else lines[:start] + lines[start + 2 :]
            )
            path.write_text("".join(line for line in kept if not line.startswith("  DE: ")), encoding="utf-8")
        assert "crm" not in recipients_named(copy.load().notice("newsletter", "en").canonical)
        assert "crm" in recipients_named(real.notice("newsletter", "en").canonical)


def recipients_named(canonical: bytes) -> set[str]:
    """Return whom the bytes of a notice name, as the gate before a delivery reads them."""
    return {recipient["id"] for recipient in json.loads(canonical)["recipients"]}
