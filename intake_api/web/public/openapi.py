"""The description of the API, made from the very schemas that check what comes in (`/openapi.json`, OpenAPI 3.1)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Response
from marshmallow import Schema

from intake_api.catalogue.model import Catalogue
from intake_api.flows.receipt_token import RECEIPT_TOKEN
from intake_api.web.access import open_to
from intake_api.web.answers import json_answer
from intake_api.web.public.schemas import chat, crm_events, forms, problems, receipts, rights, submissions
from intake_api.web.shapes import Shape
from intake_api.web.strict_query import refuse_query

READS, WRITES = (400, 422, 500, 503), (400, 403, 413, 415, 422, 500, 503)
NO_STORE = (400, 422, 500)
JSON_TYPE, PROBLEM_TYPE = "application/json", "application/problem+json"


@dataclass(frozen=True)
class Operation:
    """One method of one address, as it is described."""

    method: str
    path: str
    name: str
    summary: str
    status: int
    answer: type[Schema] | None
    problems: tuple[int, ...]
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    may_be_empty: bool = False
    headers: tuple[dict[str, Any], ...] = ()
    security: tuple[str, ...] = ()
    answer_type: str = "application/json"


IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Counts on its presentation: the same key with the same body gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}

FORM_OPERATIONS = (
    Operation("get", "/v1/forms", "list_forms", "List the forms", 200, forms.FormList, (409, *NO_STORE),
              query=forms.FormsQuery),
    Operation("get", "/v1/forms/{form}", "show_form", "Show a form with its notice and a fresh presentation", 200,
              forms.Form, (404, 409, *READS), query=forms.FormQuery),
    Operation("post", "/v1/forms/{form}/checks", "check_fields", "Look at some answers; nothing is kept", 200,
              submissions.Checks, (404, 409, *WRITES), body=submissions.ChecksBody),
    Operation("post", "/v1/forms/{form}/submissions", "submit", "Send a form, once", 201, submissions.SubmissionKept,
              (404, 409, 429, *WRITES), body=submissions.SubmissionBody, headers=(IDEMPOTENCY_KEY,)),
    Operation("post", "/v1/forms/{form}/refusals", "refuse", "Say no to the notice; nothing personal is kept", 204,
              None, (404, 409, *WRITES), body=submissions.RefusalBody),
    Operation("get", "/v1/answers", "list_answers", "What is answered to everybody, and when people answer", 200,
              forms.Answers, (409, *NO_STORE), query=forms.AnswersQuery),
    Operation("get", "/v1/notices/{notice_hash}", "get_notice", "The bytes of a notice; their SHA-256 is its name", 200,
              forms.Notice, (404, *READS)),
)  # fmt: skip
TEXT_OPERATIONS = (
    Operation("post", "/v1/texts/checks", "check_text", "Look at one free text; nothing is kept", 200,
              submissions.TextChecked, (404, 409, *WRITES), body=submissions.TextBody),
)  # fmt: skip
PERMISSION_OPERATIONS = (
    Operation("post", "/v1/permissions/checks", "check_permission", "May this contact be used for this purpose now?",
              200, rights.PermissionTold, WRITES, body=rights.PermissionBody),
)  # fmt: skip
RECEIPT_OPERATIONS = (
    Operation("get", "/v1/receipts/{token}", "get_receipt", "The visitor's own copy of what was agreed", 200,
              receipts.Receipt, (404, 410, *READS)),
    Operation("get", "/v1/receipts/{token}.jsonld", "get_signed_receipt", "The same as a signed file that verifies by "
              "itself", 200, receipts.SignedReceipt, (404, 410, *READS), answer_type="application/ld+json"),
)  # fmt: skip
RIGHTS_OPERATIONS = (
    Operation("post", "/v1/rights", "ask_for_right", "Ask by an address to take back, to see or to erase", 202,
              rights.RightsAsked, (409, 429, *WRITES), body=rights.RightsBody),
    Operation("post", "/v1/receipts/{token}/withdrawals", "withdraw", "Take back what was agreed to, some or all", 200,
              rights.TakenBack, (404, *WRITES), body=rights.WithdrawalBody, may_be_empty=True),
    Operation("post", "/v1/receipts/{token}/erasures", "erase", "Erase what was sent", 200, rights.Erased,
              (404, *WRITES), body=rights.ErasureBody, may_be_empty=True),
)  # fmt: skip
SIGNED = tuple(
    {"in": "header", "name": name, "required": True, "description": says, "schema": {"type": "string"}}
    for name, says in (
        ("webhook-id", "The same on every attempt; no full stop."),
        ("webhook-timestamp", "Seconds since 1970, within five minutes of now."),
        ("webhook-signature", "Standard Webhooks: `v1,` and the signature; several with a space between."),
    )
)
EVENT_OPERATIONS = (
    Operation("post", "/v1/destinations/events", "hear_event", "Hear from the CRM that less is allowed now",
              204, None, (401, 404, *WRITES), body=crm_events.EventBody, headers=SIGNED),
)  # fmt: skip
KEY_OPERATIONS = (
    Operation("get", "/.well-known/vestibule-keys.json", "list_keys", "The public keys of receipts and evidence", 200,
              receipts.PublicKeys, READS, answer_type="application/jwk-set+json"),
    Operation("get", "/.well-known/gpc.json", "tell_gpc", "That Global Privacy Control is honoured", 200,
              rights.PrivacyControl, READS),
    Operation("get", "/v1/evidence/checkpoint", "get_checkpoint", "The newest signed state of the evidence", 200,
              receipts.SignedCheckpoint, (404, *READS)),
    Operation("get", "/v1/evidence/proof", "get_proof", "The place of an entry in the evidence, proven", 200,
              receipts.InclusionProof, (404, *READS), query=receipts.ProofQuery),
    Operation("get", "/v1/evidence/growth", "get_growth", "That the evidence goes on from a signed state, proven", 200,
              receipts.GrowthProof, (404, *READS), query=receipts.GrowthQuery),
)  # fmt: skip
CHAT_OPERATIONS = (
    Operation("post", "/v1/chat/conversations", "begin_chat", "Begin a conversation with the assistant", 201,
              chat.ConversationBegun, (409, 429, *WRITES), body=chat.ConversationBody),
    Operation("post", "/v1/chat/messages", "say", "Take one turn: a text, or a button that was offered", 200,
              chat.ChatTurn, (404, 409, 429, *WRITES), body=chat.MessageBody, security=("conversation",)),
    Operation("get", "/v1/chat/conversations/current", "look", "Hear again what is open", 200,
              chat.ChatTurn, (404, 429, *READS), security=("conversation",)),
    Operation("delete", "/v1/chat/conversations/current", "forget_chat", "End the conversation and forget it", 204,
              None, (400, 403, 422, 500, 503), security=("conversation",)),
)  # fmt: skip
HEALTH_OPERATIONS = (
    Operation("get", "/healthz", "live", "The process answers", 200, problems.Alive, (400, 500)),
    Operation(
        "get", "/readyz", "ready", "The store answers and is the right one", 200, problems.Alive, (400, 500, 503)
    ),
)


def describe_api(
    title: str, catalogue: Catalogue, operations: Sequence[Operation], *, needs_token: bool = False
) -> Blueprint:
    """Make the address that gives the description.

    :param needs_token: every operation except the checks of health asks for the service token.
    """
    text = json.dumps(_document(title, catalogue, operations, needs_token=needs_token))
    blueprint = Blueprint("description", __name__)

    @blueprint.get("/openapi.json")
    @open_to("anyone")
    def get_description() -> Response:
        refuse_query()
        response = json_answer(text)
        response.headers["Cache-Control"] = "public, max-age=300"
        return response

    return blueprint


def _document(
    title: str, catalogue: Catalogue, operations: Sequence[Operation], *, needs_token: bool
) -> dict[str, Any]:
    spec = APISpec(
        title=title, version="1", openapi_version="3.1.0", plugins=[MarshmallowPlugin(schema_name_resolver=_name)]
    )
    spec.components.schema("Problem", schema=problems.Problem)
    for name in ("service", "conversation"):
        spec.components.security_scheme(name, {"type": "http", "scheme": "bearer"})
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, catalogue, needs_token)
    for path, methods in paths.items():
        spec.path(path=path, operations=methods)
    document = spec.to_dict()
    for shape in Shape.__subclasses__():
        if shape.also and shape.__name__ in document["components"]["schemas"]:
            document["components"]["schemas"][shape.__name__] |= shape.also
    return document


def _operation(operation: Operation, catalogue: Catalogue, needs_token: bool) -> dict[str, Any]:
    security = ("service",) if needs_token and operation.path.startswith("/v1/") else operation.security
    problems = sorted({*operation.problems, *((401,) if security else ())})
    description: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation.path, catalogue), *operation.headers],
        "responses": {
            str(operation.status): _answer(operation),
            **{str(status): _problem() for status in problems},
        },
        "security": [{name: []} for name in security],
    }
    if operation.query:
        description["parameters"].append({"in": "query", "schema": operation.query})
    if operation.body:
        description["requestBody"] = {
            "required": not operation.may_be_empty,
            "content": {JSON_TYPE: {"schema": operation.body}},
        }
    return description


def _path_parameters(path: str, catalogue: Catalogue) -> list[dict[str, Any]]:
    kinds = {
        "form": {"type": "string", "enum": sorted(catalogue.forms)},
        "notice_hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "token": {"type": "string", "pattern": f"^{RECEIPT_TOKEN.pattern}$"},
    }
    return [
        {"in": "path", "name": name, "required": True, "schema": schema}
        for name, schema in kinds.items()
        if f"{{{name}}}" in path
    ]


def _answer(operation: Operation) -> dict[str, Any]:
    if operation.answer is None:
        return {"description": operation.summary}
    return {"description": operation.summary, "content": {operation.answer_type: {"schema": operation.answer}}}


def _problem() -> dict[str, Any]:
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": "A problem; `code` says which.", "content": content}


def _name(shape: type[Schema] | Schema | str) -> str:
    kind = shape if isinstance(shape, type) else type(shape)
    return kind.__name__
