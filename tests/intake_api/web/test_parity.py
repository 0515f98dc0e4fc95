"""One form, three doors: on its page, by the API as an embedding script asks for it, and as the chat is given it.

The same fields in the same order with the same words, the same notice byte for byte, and evidence that differs in
nothing but the channel it names.
"""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.flows.read_lead import WholeLead, read_lead
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.forms import FORMS
from tests.intake_api.web.html import Page, read_page

LOCALES = ("en", "lv", "ru", "pl", "cs")
ANSWERS: dict[str, Any] = {
    "name": "Zane Example",
    "email": "zane@guest.example",
    "phone": "+37129123456",
    "company": "Pine Villa Example",
    "role": "owner",
    "headcount": 7,
    "budget": "not_sure",
    "message": "Is there a late check-out?",
    "rating": 4,
    "comment": "Shorter mails",
    "start": "later",
    "content": "welcome_letter",
    "order_number": "A-17",
    "workday": "Keys",
    "wish": "A map",
    "solved": "not_solved",
}


class Doors:
    """Shows and sends one form by each of the three ways."""

    def __init__(
        self,
        public: FlaskClient,
        internal: FlaskClient,
        service: dict[str, str],
        catalogue: Catalogue,
        clock: DrivenClock,
        form: str,
    ) -> None:
        self.public, self.internal, self.service, self.clock = public, internal, service, clock
        self.catalogue, self.form = catalogue, catalogue.form(form)

    def by_api(self, locale: str, channel: str) -> Any:
        """Return the form object: of the public door, or for the chat of the internal one."""
        path = f"/v1/forms/{self.form.key}?locale={locale}&channel={channel}"
        if channel == "chat":
            return self.internal.get(path, headers=self.service).json
        return self.public.get(path).json

    def by_page(self, locale: str) -> list[Page]:
        """Return every page of the form, turned as a visitor does."""
        path = f"/f/{self.form.key}"
        pages = [read_page(self.public.get(f"{path}?lang={locale}").text)]
        for number in range(2, len(self.form.pages) + 1):
            data = {**pages[-1].form(), **self.typed(), "go": str(number)}
            pages.append(read_page(self.public.post(path, data=data).text))
        return pages

    def typed(self) -> dict[str, str]:
        return {f"f-{name}": str(ANSWERS[name]) for name in self.form.rules}

    def opt_ins(self) -> list[str]:
        return [name for name in self.form.purposes if self.catalogue.purpose(name).control == "opt_in"]

    def sent_by_api(self, locale: str, channel: str) -> str:
        """Send all answers and a yes to everything; return the reference."""
        shown = self.by_api(locale, channel)
        self.clock.advance(minutes=1)  # nobody reads and answers in no time
        body = {
            "presentation": shown["presentation"]["id"],
            "locale": locale,
            "fields": {field["name"]: ANSWERS[field["name"]] for field in shown["fields"]},
            "decisions": dict.fromkeys(self.opt_ins(), True),
            **({"age": "at_or_over"} if "age" in shown else {}),
        }
        path = f"/v1/forms/{self.form.key}/submissions"
        answer = (
            self.internal.post(path, json=body, headers=self.service)
            if channel == "chat"
            else self.public.post(path, json=body)
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json["reference"])

    def sent_by_page(self, locale: str) -> str:
        """Fill in the last page of the form, send it, and return the reference that the thanks name."""
        last = self.by_page(locale)[-1]
        self.clock.advance(minutes=1)
        yeses = {f"d-{name}": last.one("input", id=f"d-{name}-yes").get("value") for name in self.opt_ins()}
        aged = {one.get("name"): one.get("value") for one in last.all("input", id="age-yes")}
        sent = {**last.form(), **self.typed(), **yeses, **aged, "go": "send"}
        answer = self.public.post(f"/f/{self.form.key}", data=sent)
        assert answer.status_code == 303, answer.text
        found = re.search("VB-[0-9A-Z]{4}-[0-9A-Z]{4}", self.public.get(answer.headers["Location"]).text)
        assert found
        return found.group()


@pytest.fixture(params=FORMS)
def doors(
    request: pytest.FixtureRequest,
    public: FlaskClient,
    internal: FlaskClient,
    service: dict[str, str],
    catalogue: Catalogue,
    clock: DrivenClock,
) -> Doors:
    return Doors(public, internal, service, catalogue, clock, request.param)


class TestWhatIsShown:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_v08_the_same_fields_and_words_at_every_door(self, doors: Doors, locale: str) -> None:
        by_embed, by_chat = doors.by_api(locale, "popup"), doors.by_api(locale, "chat")
        own = {"channel", "presentation"}
        assert without(by_embed, own) == without(by_chat, own)
        pages = doors.by_page(locale)
        asked = [
            element.get("name").removeprefix("f-")
            for page in pages
            for element in page.elements
            if element.get("name").startswith("f-") and element.get("type") != "hidden"
        ]
        assert list(dict.fromkeys(asked)) == [field["name"] for field in by_embed["fields"]]
        text = " ".join(" ".join(page.text.split()) for page in pages)
        for field in by_embed["fields"]:
            for said in (field["label"], field["why"], field["if_not_given"]):
                assert " ".join(said.split()) in text
        if age := by_embed.get("age"):
            assert all(" ".join(age[name].split()) in text for name in ("question", "why", "yes", "no"))

    @pytest.mark.parametrize("locale", LOCALES)
    def test_v01_the_same_notice_byte_for_byte(self, doors: Doors, locale: str) -> None:
        named = {doors.by_api(locale, channel)["notice"]["hash"] for channel in ("page", "popup", "button", "chat")}
        for page in doors.by_page(locale):
            named |= {element.get("data-notice") for element in page.all() if element.get("data-notice")}
        (name,) = named
        bytes_of = doors.public.get(f"/v1/notices/{name}").data
        assert bytes_of == doors.internal.get(f"/v1/notices/{name}", headers=doors.service).data
        assert bytes_of == doors.catalogue.notice(doors.form.key, locale).canonical


class TestWhatIsKept:
    def test_c07_the_same_evidence_but_for_the_channel(self, doors: Doors, store: Store, clock: DrivenClock) -> None:
        """A chat asks an opt-in by a question and a page by a label: only there the hash of the words differs."""
        sent = {
            "page": doors.sent_by_page("en"),
            "popup": doors.sent_by_api("en", "popup"),
            "chat": doors.sent_by_api("en", "chat"),
        }
        kept = {
            channel: read_lead(store, reference, actor="operator", why="test", now=clock())
            for channel, reference in sent.items()
        }
        assert {channel: whole.lead.channel for channel, whole in kept.items()} == {name: name for name in sent}
        assert evidence(kept["page"], labels=True) == evidence(kept["popup"], labels=True)
        assert evidence(kept["page"], labels=False) == evidence(kept["chat"], labels=False)
        assert kept["page"].values == kept["popup"].values == kept["chat"].values
        opt_ins = set(doors.opt_ins())
        for purpose, label in labels(kept["chat"]).items():
            assert (label == labels(kept["page"])[purpose]) == (purpose not in opt_ins)


def evidence(whole: WholeLead, *, labels: bool) -> Any:
    """Return what is kept of the act: everything but ids, times and, if wished, the hashes of labels."""
    decisions = {
        one.purpose: (one.state, one.basis, one.control, one.label_hash if labels else None) for one in whole.decisions
    }
    (received,) = [entry for entry in whole.entries if entry.kind == "submission.received"]
    lead = whole.lead
    days_kept = (lead.delete_after - lead.received_at).days
    return (
        decisions,
        json.loads(received.body).get("age"),
        lead.notice_hash,
        lead.form,
        lead.locale,
        lead.state,
        lead.score,
        days_kept,
    )


def labels(whole: WholeLead) -> dict[str, str]:
    return {one.purpose: one.label_hash for one in whole.decisions}


def without(body: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}
