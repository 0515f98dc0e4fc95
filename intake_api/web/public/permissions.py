"""Tell mailers and the CRM whether a contact may be used for a purpose now (C-21). On the internal door only.

A contact is personal data and never stands in an address, so this is a `POST` though it changes nothing by itself.
"""

from typing import Literal, cast

from flask import Blueprint, Response

from intake_api.catalogue.definitions import OPT_IN
from intake_api.clock import rfc3339
from intake_api.flows.check_permission import PurposeNotAsked, Question, Refused, Told
from intake_api.flows.check_permission import check_permission as check
from intake_api.rules.consent import DPV_STATUS, RENEWED
from intake_api.rules.permission import Permission
from intake_api.store.mailed_links import stop_url
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.asking import problem_with
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.public.schemas.rights import PermissionBody
from intake_api.web.strict_json import read_json
from intake_api.web.strict_query import refuse_query

permissions = Blueprint("permissions", __name__)

_PERMISSION = PermissionBody()
KINDS: tuple[Literal["email", "phone"], ...] = ("email", "phone")
NOT_ASKED = "The catalogue has no such purpose."


@permissions.post("/v1/permissions/checks")
@open_to("service")
def check_permission() -> Response:
    """Answer from what was decided, at once; the same shape whether or not anything is held about the contact."""
    refuse_query()
    body = read_json(_PERMISSION)
    given = [kind for kind in KINDS if kind in body]
    if len(given) != 1:
        raise RequestProblem("body_invalid", "Send either an email or a phone.")
    kind, here = given[0], door()
    contact, purpose, channel = (cast("str", body[name]) for name in (kind, "purpose", "channel"))
    question = Question(kind, contact, purpose, channel, use=body["use"] is True)
    try:
        told = check(here.store, here.catalogue, question, now=here.now())
    except Refused as error:
        text = problem_with(here.catalogue.default_locale, error.code)
        raise RequestProblem("fields_invalid", fields={kind: {"code": error.code, "text": text}}) from None
    except PurposeNotAsked as error:
        raise RequestProblem("fields_invalid", fields={"purpose": {"code": error.code, "text": NOT_ASKED}}) from None
    return json_answer({**_permission(told.permission), "unsubscribe": _unsubscribe(told, purpose)})


def _permission(permission: Permission) -> dict[str, object]:
    state = permission.state
    status = RENEWED if permission.renewed else DPV_STATUS.get(state) if state else None
    return {
        "allowed": permission.allowed,
        "reason": permission.reason,
        "until": rfc3339(permission.until) if permission.until else None,
        "state": state.value if state else None,
        "status": status,
    }


def _unsubscribe(told: Told, purpose: str) -> str | None:
    """Return the link for the header of a mail about what was agreed to; an answer to a request has none."""
    here = door()
    if told.lead_id is None or not told.permission.allowed or here.catalogue.purpose(purpose).control != OPT_IN:
        return None
    return stop_url(here.settings.public_url, here.settings.secrets.token_key, told.lead_id, purpose)
