"""Marked values through every way of being refused, then a search of the database's files and of every log line."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from intake_api.flows.read_lead import read_lead
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.html import read_page

MARK = "zq7f3"
FIELDS = {"name": f"Zane {MARK}", "email": f"{MARK}@guest.example", "message": f"I am {MARK}"}
API = "/v1/forms/request_demo"


# What must not be kept, each in a sentence around which everything else is; the second is what to search for.
LEFT_OUT = [
    ("Pay by 4929 1391 7346 0011 please", "4929 1391 7346 0011", "4929139173460011"),
    ("Konto LV80 BANK 0000 4351 9500 1", "4351 9500 1", "LV80BANK0000435195001"),
    ("Mans personas kods 161175-19997", "161175-19997", "16117519997"),
    ("Mój PESEL: 44051401359", "44051401359", "44051401359"),
    ("Rodné číslo 710319/2745", "710319/2745", "7103192745"),
    ("Паспорт 4509 731846", "4509 731846", "4509731846"),
    (f"I have diabetes {MARK}", MARK, "diabetes"),
    (f"Esmu arodbiedrības biedrs {MARK}", MARK, "arodbiedr"),
    (f"Я беременна {MARK}", MARK, "беременна"),
    (f"Jestem muzułmaninem {MARK}", MARK, "muzułman"),
    (f"Byl jsem odsouzen {MARK}", MARK, "odsouzen"),
]


@dataclass
class Traces:
    """Everything that is on the disk, and everything that was said from the beginning of the test on."""

    store: Store
    folder: Path
    log: pytest.LogCaptureFixture
    output: pytest.CaptureFixture[str]

    def expect_none_of(self, *marks: str, written: str | None = None) -> None:
        """Search it all; `written` is what to search the files for where a bare mark may stand in them."""
        self.store.close()
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        assert files
        in_files = marks if written is None else (written,)
        assert [(file.name, mark) for file in files for mark in in_files if mark.encode() in file.read_bytes()] == []
        assert [mark for said in (self.log.text, *self.output.readouterr()) for mark in marks if mark in said] == []
        messages = [record.getMessage() for record in self.log.records]
        assert [one for one in messages if "\n" in one or "\x1b" in one] == []


@pytest.fixture
def traces(store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Traces:
    caplog.set_level(logging.DEBUG)
    return Traces(store, tmp_path, caplog, capfd)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestWhatIsLeftOut:
    def test_m05_c11_leaves_no_trace_in_store_or_log_not_even_inside_the_seal(
        self,
        public: FlaskClient,
        internal_app: Flask,
        store: Store,
        clock: DrivenClock,
        settings: Settings,
        traces: Traces,
    ) -> None:
        service = {"Authorization": f"Bearer {settings.secrets.service_token}"}
        sealed = []
        for typed, *_ in LEFT_OUT:
            shown = public.get("/v1/forms/request_contact").json
            assert shown
            fields = {"email": "zane@guest.example", "name": typed, "message": f"Hello. {typed}. Thanks"}
            body = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": fields, "decisions": {}}
            answer = public.post("/v1/forms/request_contact/submissions", json=body)
            assert answer.status_code == 201
            page = read_page(public.get("/f/request_contact").text).form()
            place = public.post(
                "/f/request_contact", data={**page, "f-email": "zane@guest.example", "f-message": typed}
            ).headers["Location"]
            public.get(place)
            asked = {"locale": "en", "text": typed}
            told = internal_app.test_client().post("/v1/texts/checks", json=asked, headers=service)
            checked = public.post("/v1/forms/request_contact/checks", json={"locale": "en", "fields": fields})
            lead = read_lead(store, answer.json["reference"], actor="operator", why="test", now=clock())
            sealed += [str(dict(lead.values)), json.dumps([*lead.notice.values()]), answer.text, told.text]
            sealed += [checked.text, place]
        marks = [mark for _, *marks in LEFT_OUT for mark in marks]
        assert [mark for mark in marks for text in sealed if mark in text] == []
        traces.expect_none_of(*marks)

    def test_k03_a_childs_words_leave_none_either(self, public: FlaskClient, kept: Count, traces: Traces) -> None:
        typed = {"f-email": f"{MARK}@guest.example", "f-message": f"I'm 12. {MARK}"}
        page = read_page(public.get("/f/request_contact").text).form()
        assert public.post("/f/request_contact", data={**page, **typed}).status_code == 422
        shown = public.get("/v1/forms/request_contact").json
        assert shown
        fields = {"email": f"{MARK}@guest.example", "message": f"mam 12 lat {MARK}. Jestem Ola, mam 12 lat"}
        body = {"presentation": shown["presentation"]["id"], "locale": "pl", "fields": fields, "decisions": {}}
        answer = public.post("/v1/forms/request_contact/submissions", json=body)
        assert (answer.status_code, MARK in answer.text) == (422, False)
        assert kept() == 0
        assert traces.log.records
        traces.expect_none_of(MARK)

    def test_k02_who_is_under_age_leaves_none(self, public: FlaskClient, kept: Count, traces: Traces) -> None:
        typed = {"email": f"{MARK}@guest.example", "message": f"A tip {MARK}", "name": f"Ola {MARK}"}
        for decisions in ({"newsletter": True}, {"newsletter": False}, {}):
            shown = public.get("/v1/forms/contest").json
            assert shown
            body = {"presentation": shown["presentation"]["id"], "locale": "en", "fields": typed, "age": "under"}
            answer = public.post("/v1/forms/contest/submissions", json={**body, "decisions": decisions})
            assert (answer.status_code, MARK in answer.text) == (422, False)
        assert kept() == 0
        assert traces.log.records
        traces.expect_none_of(MARK)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestWhatIsRefused:
    def test_h14_m01_sec36_leaves_no_trace_in_store_or_log(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count, traces: Traces
    ) -> None:
        marked = {**submission, "fields": FIELDS}
        statuses = [
            public.post(f"{API}/checks", json={"locale": "en", "fields": FIELDS}).status_code,
            public.post(f"{API}/submissions", json={**marked, "fields": {**FIELDS, "email": MARK}}).status_code,
            public.post(f"{API}/submissions", json={**marked, "fields": {**FIELDS, MARK: MARK}}).status_code,
            public.post(f"{API}/submissions", json={**marked, "decisions": {MARK: True}}).status_code,
            public.post(f"{API}/submissions", json={**marked, "decisions": {"newsletter": MARK}}).status_code,
            public.post(f"{API}/submissions", json={**marked, "locale": "de"}).status_code,
            public.post(f"{API}/submissions", json={**marked, "presentation": MARK}).status_code,
            public.post(f"{API}/submissions", json={**marked, "attribution": {"utm_source": f"<{MARK}>"}}).status_code,
            public.post(f"{API}/submissions", json=marked, headers={"Idempotency-Key": f"{MARK} {MARK}"}).status_code,
            public.post(f"{API}/submissions", json=marked, headers={"Origin": f"https://{MARK}.example"}).status_code,
            public.post(f"{API}/submissions?{MARK}={MARK}", json=marked).status_code,
            public.post(f"{API}/submissions", data=f'{{"{MARK}'.encode(), content_type="application/json").status_code,
            public.post(f"{API}/submissions", data=MARK, content_type="text/plain").status_code,
            public.post(f"/v1/forms/{MARK}/submissions", json=marked).status_code,
            public.get(f"/v1/receipts/{MARK}").status_code,
            public.get(f"/{MARK}\r\n\x1b[31m{MARK}").status_code,
            public.get("/", headers={"Host": f"{MARK}.example", "User-Agent": MARK, "Referer": MARK}).status_code,
            public.post(f"{API}/refusals", json={"presentation": submission["presentation"]}).status_code,
        ]
        assert max(statuses) < 500
        assert kept() == 0
        assert traces.log.records
        traces.expect_none_of(MARK)

    def test_h14_sec42_nor_does_an_outage(
        self,
        public: FlaskClient,
        submission: dict[str, Any],
        store: Store,
        kept: Count,
        traces: Traces,
    ) -> None:
        page = read_page(public.get("/f/request_demo").text).form()
        # Each refuses at another moment of the transaction: the sealed lead may have been written already.
        for trigger in ("leads", "lead_index", "decisions", "evidence"):
            with store.writing() as tx:
                tx.exec_driver_sql(
                    f"CREATE TRIGGER refuse BEFORE INSERT ON {trigger} BEGIN SELECT RAISE(ABORT, '{MARK}'); END"
                )
            sent = {**page, "f-name": FIELDS["name"], "f-email": FIELDS["email"]}
            assert public.post(f"{API}/submissions", json={**submission, "fields": FIELDS}).status_code == 503
            assert public.post("/f/request_demo", data=sent).status_code == 503
            with store.writing() as tx:
                tx.exec_driver_sql("DROP TRIGGER refuse")
        assert kept() == 0
        assert traces.log.records
        traces.expect_none_of(MARK, written=f"{MARK}@")  # the trigger itself is written, with the bare mark in it
