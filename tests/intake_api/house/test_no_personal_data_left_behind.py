"""Marked values through every way of being refused, then a search of the database's files and of every log line."""

import logging
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.store.base import Store
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.html import read_page

MARK = "zq7f3"
FIELDS = {"name": f"Zane {MARK}", "email": f"{MARK}@guest.example", "message": f"I am {MARK}"}
API = "/v1/forms/request_demo"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestWhatIsRefused:
    def test_h14_m01_sec36_leaves_no_trace_in_store_or_log(
        self,
        public: FlaskClient,
        submission: dict[str, Any],
        store: Store,
        kept: Count,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        caplog.set_level(logging.DEBUG)
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
        self.expect_no_trace(store, tmp_path, caplog, capfd)

    def test_h14_sec42_nor_does_an_outage(
        self,
        public: FlaskClient,
        submission: dict[str, Any],
        store: Store,
        kept: Count,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        caplog.set_level(logging.DEBUG)
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
        self.expect_no_trace(store, tmp_path, caplog, capfd, but=b"RAISE(ABORT")

    def expect_no_trace(
        self,
        store: Store,
        folder: Path,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
        but: bytes = b"",
    ) -> None:
        """Search everything that is on the disk and everything that was said."""
        store.close()
        files = [file for file in folder.rglob("*") if file.is_file()]
        assert files
        for file in files:
            found = file.read_bytes()
            if but:
                assert f"{MARK}@".encode() not in found, file.name
            else:
                assert MARK.encode() not in found, file.name
        out, err = capfd.readouterr()
        assert caplog.records
        for said in (caplog.text, out, err):
            assert MARK not in said
        assert all("\n" not in record.getMessage() and "\x1b" not in record.getMessage() for record in caplog.records)
