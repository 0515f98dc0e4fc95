"""Rows added by prepared statements, one by one or in one go."""

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from intake_api.store.adding import Adder, in_one_go
from intake_api.store.base import AnotherWasFirst, Store
from intake_api.store.notices import NoticeRow
from intake_api.store.subjects import SubjectRow

NOW = datetime(2026, 11, 21, 12, 0, 0, 123_000, tzinfo=UTC)
SUBJECTS, NOTICES = Adder(SubjectRow), Adder(NoticeRow)


def subject(subject_id: str) -> dict[str, Any]:
    return {"id": subject_id, "wrapped_key": b"\x00\xff", "created_at": NOW, "erased_at": None}


def notice(hash_: str) -> dict[str, Any]:
    return {"hash": hash_, "form": "f", "locale": "en", "version": 1, "body": b"{}", "kept_since": NOW}


@pytest.fixture(params=["in_one_go", "one_by_one"])
def way(request: pytest.FixtureRequest) -> Any:
    def block(tx: Connection) -> AbstractContextManager[None]:
        return in_one_go(tx) if request.param == "in_one_go" else nullcontext()

    return block


class TestAdding:
    """What is added reads as it was, and what cannot be added leaves nothing."""

    def test_values_come_back_as_they_were(self, store: Store, way: Any) -> None:
        with store.writing() as tx, way(tx):
            SUBJECTS.add(tx, subject("a"), subject("b"))
            NOTICES.add(tx)
            NOTICES.add(tx, notice("h"))
        with store.reading() as tx:
            rows = tx.execute(select(SubjectRow.__table__).order_by(SubjectRow.id)).all()
            kept_since = tx.scalar(select(NoticeRow.kept_since).where(NoticeRow.hash == "h"))
        assert [dict(row._mapping) for row in rows] == [subject("a"), subject("b")]
        assert kept_since == NOW

    def test_a_taken_place_undoes_everything(self, store: Store, way: Any) -> None:
        def add_twice() -> None:
            with store.writing() as tx, way(tx):
                NOTICES.add(tx, notice("h"))
                SUBJECTS.add(tx, subject("a"))
                SUBJECTS.add(tx, subject("a"))

        with pytest.raises(AnotherWasFirst):
            add_twice()
        with store.reading() as tx:
            assert tx.execute(select(func.count()).select_from(SubjectRow)).scalar_one() == 0
            assert tx.scalar(select(NoticeRow.hash).where(NoticeRow.hash == "h")) is None

    def test_a_row_without_a_column_is_a_mistake_of_ours(self, store: Store) -> None:
        with pytest.raises(KeyError), store.writing() as tx:
            SUBJECTS.add(tx, {"id": "a"})
