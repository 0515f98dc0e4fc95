"""What goes wrong, as it is told outside: one table from code to status and words, for all doors (RFC 9457).

Outside goes a stable code and words of ours, never the text of a library or of the database (SEC-49).
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from intake_api import log
from intake_api.catalogue.model import FormUnknown, LocaleNotOffered
from intake_api.clock import rfc3339
from intake_api.flows.read_lead import TooManyReadings
from intake_api.flows.show_receipt import ReceiptErased
from intake_api.flows.submit_lead import (
    DecisionInvalid,
    FieldsInvalid,
    IdempotencyKeyReused,
    NothingAgreed,
    PresentationExpired,
    PresentationMismatch,
    PresentationUnknown,
    PresentationUsed,
    TooManySubmissions,
)
from intake_api.store.base import AnotherWasFirst, StoreUnavailable
from intake_api.store.leads import LeadRestricted, LeadUnknown
from intake_api.store.notices import NoticeAltered, NoticeUnknown
from intake_api.store.signer import KeyNotHeld
from intake_api.store.subjects import SubjectErased
from intake_api.store.vault import CannotOpen

# Every code a door answers with: status, and what it means in words. `docs/api.md` explains each.
PROBLEMS: Mapping[str, tuple[int, str]] = {
    "request_malformed": (400, "The request cannot be read."),
    "host_not_allowed": (400, "This service does not answer to that host name."),
    "json_invalid": (400, "The body is not strict JSON in UTF-8."),
    "json_too_deep": (400, "The JSON is nested too deeply."),
    "unauthorised": (401, "A valid token is needed."),
    "signature_invalid": (401, "The message is not signed as it has to be, or not just now."),
    "may_only_reduce": (403, "A destination can take permission away, and never give it."),
    "origin_not_allowed": (403, "Requests from that site are not accepted."),
    "consent_by_staff": (403, "Nobody else can give a person's consent."),
    "not_your_role": (403, "This is not part of what you do here."),
    "factor_needed": (403, "The second factor is asked for anew."),
    "second_person_needed": (403, "Somebody else has to agree to this."),
    "form_not_ours": (403, "This form does not belong to your present session."),
    "not_found": (404, "There is nothing at this address."),
    "form_unknown": (404, "There is no such form."),
    "notice_unknown": (404, "There is no such notice."),
    "receipt_unknown": (404, "There is no such receipt."),
    "log_unknown": (404, "The evidence has no such entry, or no such signed state."),
    "conversation_unknown": (404, "This conversation has ended. Please begin a new one."),
    "method_not_allowed": (405, "This address does not take that method."),
    "presentation_unknown": (409, "This form was not opened here. Please look at the notice again."),
    "presentation_expired": (409, "This form was open for too long. Please look at the notice again."),
    "presentation_used": (409, "This form was already answered. Please look at the notice again."),
    "presentation_mismatch": (409, "The notice has changed since it was shown. Please look at it again."),
    "locale_not_available": (409, "This form is not available in that language."),
    "button_stale": (409, "That button belongs to an earlier moment. Please use the newest ones."),
    "receipt_erased": (410, "What this receipt was given for was erased."),
    "export_gone": (410, "This file is not there any more."),
    "lead_restricted": (423, "The person asked that this be kept and not used."),
    "lead_erased": (410, "This person was erased: nothing is left to show."),
    "body_too_large": (413, "The body is too large."),
    "address_too_long": (414, "The address is too long."),
    "content_type_not_accepted": (415, "The body must be sent as the one content type that this address takes."),
    "body_invalid": (422, "The body does not have the expected shape."),
    "json_duplicate_key": (422, "A key stands twice in the same JSON object."),
    "json_too_many_keys": (422, "A JSON object has too many keys."),
    "json_key_too_long": (422, "A key of the JSON is too long."),
    "query_invalid": (422, "The query has a parameter that is unknown, repeated or not valid."),
    "fields_invalid": (422, "Some answers need another look."),
    "decision_invalid": (422, "A decision is not valid; nothing was kept."),
    "nothing_agreed": (422, "Nothing was agreed to, so nothing was kept."),
    "idempotency_key_invalid": (422, "An Idempotency-Key has 1 to 255 visible ASCII characters."),
    "idempotency_key_reused": (422, "This Idempotency-Key was used for other content."),
    "button_unknown": (422, "That button is not one of this conversation."),
    "too_many_conversations": (429, "Too many conversations are beginning. Please try again in a moment."),
    "too_many_requests": (429, "Too many requests of this kind are coming in. Please try again in a moment."),
    "too_many_turns": (429, "This conversation has become too long. Please begin a new one or use the form."),
    "too_fast": (429, "One message at a time, please."),
    "internal_error": (500, "Something went wrong on our side."),
    "unavailable": (503, "We cannot keep anything at this moment, so nothing was kept. Please try again later."),
    "chat_unavailable": (503, "The assistant is away at this moment. The form does the same."),
}

# What flows and store raise, by the code it is told under.
RAISED: Mapping[type[Exception], str] = {
    FormUnknown: FormUnknown.code,
    LocaleNotOffered: LocaleNotOffered.code,
    TooManyReadings: TooManyReadings.code,
    FieldsInvalid: FieldsInvalid.code,
    DecisionInvalid: DecisionInvalid.code,
    NothingAgreed: NothingAgreed.code,
    PresentationUnknown: PresentationUnknown.code,
    PresentationExpired: PresentationExpired.code,
    PresentationUsed: PresentationUsed.code,
    PresentationMismatch: PresentationMismatch.code,
    IdempotencyKeyReused: IdempotencyKeyReused.code,
    TooManySubmissions: TooManySubmissions.code,
    NoticeUnknown: NoticeUnknown.code,
    LeadUnknown: "receipt_unknown",
    LeadRestricted: LeadRestricted.code,
    SubjectErased: "receipt_unknown",
    StoreUnavailable: StoreUnavailable.code,
    # Whatever else the database or the evidence says: closed, not "kept perhaps" (SEC-42).
    AnotherWasFirst: "unavailable",
    NoticeAltered: "unavailable",
    CannotOpen: "unavailable",
    KeyNotHeld: "unavailable",
    SQLAlchemyError: "unavailable",
}

UNAVAILABLE = tuple(kind for kind, code in RAISED.items() if code == StoreUnavailable.code)

OF_STATUS = {
    400: "request_malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    414: "address_too_long",
    415: "content_type_not_accepted",
}
KEPT_HEADERS = ("Allow", "Retry-After")

FieldProblem = Mapping[str, str]


class RequestProblem(Exception):
    """A request that a door refuses, by a code of `PROBLEMS`. Nothing a person typed goes into it."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        fields: Mapping[str, FieldProblem] | None = None,
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.fields = fields
        self.extra = extra or {}
        self.headers = headers or {}


@dataclass(frozen=True)
class ProblemDetails:
    """A problem, ready to be told: as JSON, or on a page. `id` finds it in the log of the operator."""

    status: int
    code: str
    title: str
    detail: str
    fields: Mapping[str, FieldProblem] | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    id: str = ""


PageOfProblem = Callable[[ProblemDetails], Response]


def answer_errors(app: Flask, page: PageOfProblem | None = None) -> None:
    """Answer everything that is raised, in any view of an app.

    :param page: makes a page of a problem, for people in a browser; the API and everything without it answers
        `application/problem+json`.
    """

    @app.errorhandler(Exception)
    def answer(error: Exception) -> Response:
        problem = describe(error)
        _log(problem, error)
        response = page(problem) if page and _a_person_asks(problem) else as_json(problem)
        response.status_code = problem.status
        response.headers.update(problem.headers)
        return response


def describe(error: Exception) -> ProblemDetails:
    """Turn what was raised into what is told. Unknown errors become `internal_error`, without their words."""
    if isinstance(error, RequestProblem):
        return _details(error.code, error.detail, fields=error.fields, extra=error.extra, headers=error.headers)
    if isinstance(error, LocaleNotOffered):
        return _details(error.code, extra={"locales": list(error.locales)})
    if isinstance(error, TooManySubmissions):
        return _details(error.code, headers={"Retry-After": str(int(error.wait.total_seconds()))})
    if isinstance(error, ReceiptErased):
        return _details(error.code, extra={"erased_at": rfc3339(error.at)})
    if isinstance(error, HTTPException):
        return _of_http(error)
    return _details(next((code for kind, code in RAISED.items() if isinstance(error, kind)), "internal_error"))


def as_json(problem: ProblemDetails) -> Response:
    """Tell a problem as `application/problem+json`."""
    body: dict[str, object] = {
        "type": f"urn:problem-type:vestibule:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.id:
        body["instance"] = f"urn:uuid:{problem.id}"
    if problem.fields is not None:
        body["fields"] = problem.fields
    text = json.dumps({**body, **problem.extra}, ensure_ascii=False)
    return Response(text, problem.status, content_type="application/problem+json")


def _details(
    code: str,
    detail: str = "",
    *,
    fields: Mapping[str, FieldProblem] | None = None,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProblemDetails:
    status, title = PROBLEMS[code]
    # Only what may have to be looked up gets an id: a refusal explains itself.
    incident = str(uuid.uuid4()) if status >= 500 else ""
    return ProblemDetails(status, code, title, detail or title, fields, extra or {}, headers or {}, incident)


def _of_http(error: HTTPException) -> ProblemDetails:
    headers = {name: value for name, value in error.get_headers() if name in KEPT_HEADERS}
    if type(error).__name__ == "SecurityError":
        return _details("host_not_allowed")
    status = error.code or 500
    return _details(OF_STATUS.get(status, "request_malformed" if status < 500 else "internal_error"), headers=headers)


def _a_person_asks(problem: ProblemDetails) -> bool:
    # A page links to our other pages, and at a host name that is not ours there are none.
    if request.path.startswith("/v1/") or problem.code == "host_not_allowed":
        return False
    return request.accept_mimetypes.best_match(["text/html", "application/problem+json"]) == "text/html"


def _log(problem: ProblemDetails, error: Exception) -> None:
    """Log ids and codes: neither the address nor a value, since both can be personal (H-14, SEC-45)."""
    if problem.status >= 500:
        log.failure("request.failed", error, id=problem.id, code=problem.code, endpoint=request.endpoint)
    else:
        log.event("request.refused", code=problem.code, status=problem.status, endpoint=request.endpoint)
