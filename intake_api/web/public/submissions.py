"""Take what a visitor sends: a dry run of some answers, a submission, or a no to the notice."""

import json
from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, Response, request

from intake_api.catalogue.shown import FormView
from intake_api.flows.refuse_form import refuse_form
from intake_api.flows.submit_lead import (
    DecisionInvalid,
    FieldsInvalid,
    PresentationExpired,
    PresentationMismatch,
    PresentationUnknown,
    PresentationUsed,
    Submission,
    submit_lead,
)
from intake_api.rules.age_of_consent import SaidAge
from intake_api.rules.fields import Checked, check_some_fields
from intake_api.store.presentations import read_presentation
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer, nothing
from intake_api.web.arriving import arrival, signals_gpc
from intake_api.web.door import Door, door
from intake_api.web.errors import FieldProblem, RequestProblem
from intake_api.web.public.forms import form_json
from intake_api.web.public.schemas.forms import CHANNELS
from intake_api.web.public.schemas.submissions import ChecksBody, RefusalBody, SubmissionBody
from intake_api.web.shapes import VISIBLE
from intake_api.web.showing import show_at
from intake_api.web.strict_json import read_json
from intake_api.web.strict_query import refuse_query

submissions = Blueprint("submissions", __name__)

IDEMPOTENCY_KEY_LENGTH = 255
SHOW_AGAIN = (PresentationUnknown, PresentationExpired, PresentationUsed, PresentationMismatch)
NO_CAME_TOO_LATE = "This form was already sent, so this no came too late. The notice says how to take a yes back."
DECISION_TEXTS = {
    "purpose_unknown": "This notice does not ask about this purpose.",
    "not_true_or_false": "A decision is exactly true or false.",
    "purpose_is_an_act": "This purpose is agreed to by sending; without it there is nothing to send.",
}

_CHECKS, _SUBMISSION, _REFUSAL = ChecksBody(), SubmissionBody(), RefusalBody()


@submissions.post("/v1/forms/<form>/checks")
@open_to("anyone", "service")
def check(form: str) -> Response:
    """Look at some answers without keeping any."""
    refuse_query()
    view_of = door().catalogue.view
    body = cast("dict[str, Any]", read_json(_CHECKS))
    view = view_of(form, body["locale"])
    checked = check_some_fields(view.form, view.locale, body["fields"], view.free_texts.reader)
    verdicts = {name: _verdict(view, checked, name) for name in body["fields"]}
    return json_answer({"ok": checked.ok, "fields": verdicts})


@submissions.post("/v1/forms/<form>/submissions")
@open_to("anyone", "service")
def submit(form: str) -> Response:
    """Keep a submission. 201 is said after the commit is on the disk, and for the same one again."""
    refuse_query()
    here = door()
    body = cast("dict[str, Any]", read_json(_SUBMISSION))
    came = arrival(trap=body.pop("trap"), proof=body.pop("proof"))
    age = body.pop("age")
    submission = Submission(
        form=form,
        idempotency_key=_idempotency_key(),
        arrival=came,
        age=age and SaidAge(age),
        gpc=signals_gpc(),
        **body,
    )
    try:
        receipt = submit_lead(
            here.store, here.queue, here.catalogue, here.settings.secrets.token_key, submission, now=here.now()
        )
    except FieldsInvalid as error:
        view = here.catalogue.view(form, submission.locale)
        raise RequestProblem(error.code, fields=_field_problems(view, error.problems)) from None
    except DecisionInvalid as error:
        problems = {name: {"code": code, "text": DECISION_TEXTS[code]} for name, code in error.problems.items()}
        raise RequestProblem(error.code, fields=problems) from None
    except SHOW_AGAIN as error:
        raise RequestProblem(error.code, extra={"form": _fresh_form(here, submission)}) from None
    view = here.catalogue.view(form, submission.locale)
    answer: dict[str, object] = {
        "reference": receipt.reference,
        "state": receipt.state.value,
        "receipt": f"{here.settings.public_url}/receipts/{receipt.token}",
        "what_next": view.document["what_next"],
    }
    if receipt.left_out:
        answer["left_out"] = view.free_texts.told(receipt.left_out)
    return json_answer({**answer, **_downloads(here, submission)}, 201)


@submissions.post("/v1/forms/<form>/refusals")
@open_to("anyone", "service")
def refuse(form: str) -> Response:
    """Record that a visitor said no to the notice; nothing of the person is kept."""
    refuse_query()
    here = door()
    body = cast("dict[str, str]", read_json(_REFUSAL))
    here.catalogue.form(form)
    try:
        refuse_form(here.store, here.settings.secrets.token_key, form, body["presentation"], now=here.now())
    except PresentationUsed as error:
        raise RequestProblem(error.code, NO_CAME_TOO_LATE) from None
    return nothing()


def _verdict(view: FormView, checked: Checked, name: str) -> dict[str, object]:
    """Tell about one field of a dry run. What is left out of a text is told, and is in neither of its values."""
    if code := checked.problems.get(name):
        return {"ok": False, "code": code, "text": view.problem_text(name, code)}
    value = checked.values.get(name, "")
    verdict: dict[str, object] = {"ok": True, "value": value, "masked": view.shown(name, value) if value != "" else ""}
    if codes := checked.left_out.get(name):
        verdict["warnings"] = view.free_texts.told(codes)
    return verdict


def _downloads(here: Door, submission: Submission) -> dict[str, object]:
    """Say where the content is that was asked for; nothing where a form gives none."""
    delivered = here.catalogue.delivered(submission.form, submission.locale, submission.fields)
    where = f"{here.settings.public_url}/downloads"
    found = [{"title": one.title, "url": f"{where}/{one.id}/{one.locale}"} for one in delivered]
    return {"downloads": found} if found else {}


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and (len(key) > IDEMPOTENCY_KEY_LENGTH or not VISIBLE.fullmatch(key)):
        raise RequestProblem("idempotency_key_invalid")
    return key


def _field_problems(view: FormView, problems: Mapping[str, str]) -> dict[str, FieldProblem]:
    return {name: {"code": code, "text": view.problem_text(name, code)} for name, code in problems.items()}


def _fresh_form(here: Door, submission: Submission) -> object:
    """Show the form again in the channel it was shown in."""
    key = here.settings.secrets.token_key
    try:
        channel = read_presentation(key, submission.presentation, form=submission.form).channel
    except PresentationUnknown:
        channel = ""
    if channel not in CHANNELS:  # unknown, or shown to staff, who have a page of their own
        channel = "chat" if here.name == "internal" else "page"
    return json.loads(form_json(show_at(here, submission.form, submission.locale, channel)))
