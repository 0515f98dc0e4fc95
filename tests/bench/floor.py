"""The floor for submissions: the smallest Flask and SQLAlchemy route that writes as many rows in one transaction.

Same server, same driver, same database settings (SQLite: WAL, synchronous=FULL). It checks and promises nothing.
"""

import os

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import LargeBinary, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from intake_api.store.base import open_engine


class Base(DeclarativeBase):
    """The floor's own tables."""


class Row(Base):
    """One row, as wide as the middle one of a submission's."""

    __tablename__ = "floor"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


def create_floor() -> Flask:
    """Make the floor; rows and database come from the environment of the bench."""
    engine = open_engine(os.environ["FLOOR_DATABASE_URL"])
    rows = int(os.environ["FLOOR_ROWS"])
    width = int(os.environ["FLOOR_ROW_BYTES"])
    Base.metadata.create_all(engine)
    app = Flask("floor")

    @app.post("/floor")
    def write() -> ResponseReturnValue:
        request.get_json()
        with Session(engine) as session:
            session.add_all([Row(body=os.urandom(width)) for _ in range(rows)])
            session.commit()
        return {"ok": True}, 201

    @app.post("/floor-core")
    def write_by_core() -> ResponseReturnValue:
        request.get_json()
        with engine.begin() as tx:
            tx.execute(insert(Row), [{"body": os.urandom(width)} for _ in range(rows)])
        return {"ok": True}, 201

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return {"ok": True}

    return app


def __getattr__(name: str) -> Flask:
    """Make the floor when the web server asks for it."""
    if name != "app":
        raise AttributeError(name)
    return create_floor()
