"""How often each code of a campaign came back with a form: a number, and nothing that leads to anybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Table


class CodeUseRow(Table):
    """The count of one code with one form. It outlives the leads it counted: an erased one was a use all the same."""

    __tablename__ = "code_uses"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    form: Mapped[str] = mapped_column(String(64), primary_key=True)
    uses: Mapped[int]


@dataclass(frozen=True)
class CodeUses:
    """How often a code came back with a form."""

    code: str
    form: str
    uses: int


def count_use(tx: Connection, code: str, form: str, *, times: int = 1) -> None:
    """Count a use of a code, or several."""
    add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = add(CodeUseRow).values(code=code, form=form, uses=times)
    tx.execute(row.on_conflict_do_update(index_elements=["code", "form"], set_={"uses": CodeUseRow.uses + times}))


def list_uses(tx: Connection) -> Sequence[CodeUses]:
    """Return all counts, by code and form."""
    rows = tx.execute(select(CodeUseRow).order_by(CodeUseRow.code, CodeUseRow.form))
    return [CodeUses(row.code, row.form, row.uses) for row in rows]
