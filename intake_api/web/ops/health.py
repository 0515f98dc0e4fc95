"""Is the process alive, and is it fit to work? Nothing about versions, places or keys is told (SEC-49)."""

from flask import Blueprint, Response

from intake_api.flows.check_readiness import NotReady, check_readiness
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem

health = Blueprint("health", __name__)


@health.get("/healthz")
@open_to("anyone")
def live() -> Response:
    """Say that the process answers; it asks nobody else."""
    return json_answer({"ok": True})


@health.get("/readyz")
@open_to("anyone")
def ready() -> Response:
    """Say that the store answers and is the right one; 503 when not."""
    here = door()
    try:
        check_readiness(here.store, here.settings, now=here.now())
    except NotReady as error:
        raise RequestProblem("unavailable") from error
    return json_answer({"ok": True})
