"""Ask for a right by an address (S-02, S-03), or take back and erase with a receipt in hand (W-01 to W-03)."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from flask import Blueprint, Response
from marshmallow import Schema

from intake_api.catalogue.definitions import ACT
from intake_api.flows.ask_for_right import Refused
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.withdraw_by_receipt import PurposeUnknown, TakenBack, withdraw_by_receipt
from intake_api.rules.retention import kept_after_erasure
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.asking import ask, problem_with
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.headers import unseen
from intake_api.web.public.schemas.rights import ErasureBody, RightsBody, WithdrawalBody
from intake_api.web.public.submissions import DECISION_TEXTS
from intake_api.web.strict_json import is_body_sent, read_json
from intake_api.web.strict_query import refuse_query
from intake_api.web.words import Words, words_for

rights = Blueprint("rights", __name__)

_WITHDRAWAL, _ERASURE, _RIGHTS = WithdrawalBody(), ErasureBody(), RightsBody()


@rights.post("/v1/rights")
@open_to("anyone", "service")
def ask_for_right() -> Response:
    """Take a request; what follows comes by mail, to an address that something is held about."""
    refuse_query()
    body = cast("dict[str, str]", read_json(_RIGHTS))
    kind, email, locale = body["kind"], body["email"], body["locale"]
    try:
        ask(kind, email, locale)
    except Refused as error:
        problem = {"code": error.code, "text": problem_with(locale, error.code)}
        raise RequestProblem("fields_invalid", fields={"email": problem}) from None
    return json_answer({"state": "asked", "text": _words(locale)["asked"]}, 202)


@rights.post("/v1/receipts/<token>/withdrawals")
@open_to("anyone", "service")
def withdraw(token: str) -> Response:
    """Take back some purposes or all; again gets the same answer."""
    body = _body(_WITHDRAWAL)
    purposes = cast("Collection[str] | None", body.get("purposes"))
    try:
        done = withdraw_by_receipt(door().store, token, purposes, now=door().now())
    except PurposeUnknown as error:
        text = DECISION_TEXTS[error.code]
        problems = {name: {"code": error.code, "text": text} for name in error.purposes}
        raise RequestProblem("decision_invalid", fields=problems) from None
    return unseen(json_answer({"state": "done", "withdrawn": done.purposes, "text": _withdrawn(done)}))


@rights.post("/v1/receipts/<token>/erasures")
@open_to("anyone", "service")
def erase(token: str) -> Response:
    """Erase what was sent; again gets the same answer."""
    _body(_ERASURE)
    done = erase_by_receipt(door().store, token, now=door().now())
    words = _words(done.locale)
    until = kept_after_erasure(done.at).date().isoformat()
    said = [words["erased"].format(until=until), *_passed_on(done.notice, done.recipients, words)]
    return unseen(json_answer({"state": "done", "text": " ".join(said)}))


def _body(shape: Schema) -> dict[str, object]:
    """Read the body, if there is one: everything in it may be left out, so it may be, too."""
    refuse_query()
    return read_json(shape) if is_body_sent() else {}


def _withdrawn(done: TakenBack) -> str:
    words = _words(done.locale)
    if not done.purposes:
        return str(words["nothing"])
    titles = ", ".join(done.notice["texts"].get(f"title.{one}", one) for one in done.purposes)
    said = [words["withdrawn"].format(purposes=titles)]
    if any(one["control"] == ACT and one["id"] in done.lives_on for one in done.notice["purposes"]):
        said.append(words["request_stays"])
    return " ".join([*said, *_passed_on(done.notice, done.recipients, words)])


def _passed_on(notice: Mapping[str, Any], recipients: Collection[str], words: Words) -> list[str]:
    """Say who had it before: they are not told by us yet, so the person has to know (Art. 19)."""
    names = [one["name"] for one in notice["recipients"] if one["id"] in recipients]
    contact = notice["controller"]["email"]
    return [words["passed_on"].format(recipients=", ".join(names), contact=contact)] if names else []


def _words(locale: str) -> Words:
    found: Words = words_for(locale)["rights"]
    return found
