"""An app for tests of the server: it answers at once, when it is told to, or not at all."""

import os
from pathlib import Path

from flask import Flask, request
from flask.typing import ResponseReturnValue


def create_app() -> Flask:
    """Make it. What it waits for is a named pipe, so that both sides know when the other is there."""
    app = Flask("waiting")

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return {"from": request.remote_addr}

    @app.post("/waits")
    def wait() -> ResponseReturnValue:
        with Path(os.environ["WAITS_FOR"]).open() as pipe:
            return {"told": pipe.read()}

    return app


def __getattr__(name: str) -> Flask:
    """Make the app when the server asks for it."""
    if name != "app":
        raise AttributeError(name)
    return create_app()
