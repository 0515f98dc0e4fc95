"""Read a table as it is found, by whoever checks what somebody may have done to it with a tool of their own (E-03).

SQLite keeps in a column whatever it is given. A check must not end there: it has to say where that is.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Dialect, LargeBinary, String, TypeDecorator, type_coerce

from intake_api.store.base import Moment, Table, table_of

NEVER = datetime.min.replace(tzinfo=UTC)


def as_found(row: type[Table], names: Iterable[str]) -> tuple[ColumnElement[Any], ...]:
    """Return columns of a table under their names: a time that is none is `NEVER`, bytes that are none are empty."""
    columns = table_of(row).c
    return tuple(_as_found(columns[name]) for name in names)


def _as_found(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, Moment):
        return type_coerce(column, _FoundMoment()).label(column.key)
    if isinstance(column.type, LargeBinary):
        return type_coerce(column, _FoundBytes()).label(column.key)
    return column


class _FoundMoment(TypeDecorator[datetime]):
    impl = String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            return NEVER
        if moment is None:
            return None
        if not isinstance(moment, datetime):
            return NEVER
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class _FoundBytes(TypeDecorator[bytes]):
    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return value if value is None or isinstance(value, bytes) else b""
