"""The page on which who was asked again says yes or no. Looking changes nothing, a button does (C-13, C-17)."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for

from intake_api.flows.answer_renewal import (
    AgeMissing,
    Answer,
    NoticeChanged,
    RenewalOver,
    RenewalUnknown,
    answer_renewal,
)
from intake_api.flows.open_questions import OpenQuestion
from intake_api.flows.show_renewal import ShownRenewal, show_renewal
from intake_api.rules.age_of_consent import SaidAge
from intake_api.rules.told_changes import told_changes
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.pages.language import only_in
from intake_api.web.strict_query import read_form, refuse_query

renewal_pages = Blueprint("renewal_pages", __name__, template_folder="templates")

TOKEN = re.compile("[0-9a-f]{32}-[A-Za-z0-9_-]{32}")
ASK, DONE, OVER = "pages/renew.html", "pages/renewed.html", "pages/renew_over.html"
TOO_YOUNG = "pages/too_young.html"
ANSWERS = {"yes": True, "no": False}


@renewal_pages.url_value_preprocessor
def _know_a_token_by_its_shape(_endpoint: str | None, values: Mapping[str, Any] | None) -> None:
    """Ask the store for nothing that cannot be a token: it may not be able to take it."""
    if values and not TOKEN.fullmatch(values["token"]):
        raise RequestProblem("not_found")


@renewal_pages.get("/renew/<token>")
@open_to("anyone")
def get_renewal(token: str) -> Response:
    """Show what has changed or ends, and for each purpose a yes and a no that look alike (N-19)."""
    shown = _shown(token)
    if shown.questions:
        return _page(ASK, shown, token)
    return _page(DONE, shown, token) if shown.renewal.answered_at else _page(OVER, shown, token, 410)


@renewal_pages.post("/renew/<token>")
@open_to("anyone")
def answer(token: str) -> Response:
    """Take one answer, on the notice that was shown with it (C-06), and go on to what is still asked."""
    refuse_query()
    sent = read_form(["purpose", "notice", "answer", "age"])
    if sent.get("answer") not in ANSWERS or not sent.get("purpose") or not sent.get("notice"):
        raise RequestProblem("decision_invalid")
    if sent.get("age", SaidAge.UNDER) not in set(SaidAge):
        raise RequestProblem("decision_invalid")
    shown, here = _shown(token), door()
    question = next((one for one in shown.questions if one.purpose == sent["purpose"]), None)
    age = SaidAge(sent["age"]) if "age" in sent else None
    said = Answer(sent["purpose"], ANSWERS[sent["answer"]], sent["notice"], _asked(question) if question else "", age)
    try:
        answer_renewal(here.store, token, said, now=here.now())
    except RenewalUnknown:
        raise RequestProblem("not_found") from None
    except RenewalOver:
        return _page(OVER, _shown(token), token, 410)
    except NoticeChanged:
        return _page(ASK, _shown(token), token, 409, is_read_anew=True)
    except AgeMissing:
        return _page(ASK, _shown(token), token, 422, lacks_age=said.purpose)
    if age is SaidAge.UNDER and question and question.age_of_consent:
        return _too_young(shown)
    return _unseen(redirect(url_for("renewal_pages.get_renewal", token=token), 303))  # type: ignore[arg-type]


def _asked(question: OpenQuestion) -> str:
    """Return what the buttons answer: the question as the notice of today asks it."""
    return str(question.today["texts"][f"question.{question.purpose}"])


def _shown(token: str) -> ShownRenewal:
    try:
        return show_renewal(door().store, token, now=door().now())
    except RenewalUnknown:
        raise RequestProblem("not_found") from None


def _too_young(shown: ShownRenewal) -> Response:
    """End kindly: the old yes is taken back, and no new one was written down (K-02)."""
    language = only_in(shown.locale)
    text = render_template(TOO_YOUNG, text=language.words["renewal"]["too_young"], language=language)
    return _unseen(Response(text, content_type="text/html; charset=utf-8"))


def _page(
    template: str,
    shown: ShownRenewal,
    token: str,
    status: int = 200,
    *,
    is_read_anew: bool = False,
    lacks_age: str = "",
) -> Response:
    asked = [
        {"of": one, "asks": _asked(one), "changes": told_changes(one.before, one.today, one.purpose)}
        for one in shown.questions
    ]
    text = render_template(
        template,
        shown=shown,
        asked=asked,
        token=token,
        is_read_anew=is_read_anew,
        lacks_age=lacks_age,
        language=only_in(shown.locale),
    )
    return _unseen(Response(text, status, content_type="text/html; charset=utf-8"))


def _unseen(response: Response) -> Response:
    """Keep the address, which is a secret, out of search engines."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
