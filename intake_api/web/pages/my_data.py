"""My data: ask by an address, and what the link in the mail leads to (S-01, S-02).

Looking at a link changes nothing, pressing its button does (C-13, W-05). A link's address is a secret, so its pages
tell no other where they are.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request

from intake_api.flows.ask_for_right import Refused
from intake_api.flows.correct_by_link import change_address
from intake_api.flows.erase_by_link import erase_by_link
from intake_api.flows.object_by_link import object_by_link
from intake_api.flows.read_by_link import OwnData, read_again, read_by_link
from intake_api.flows.restrict_by_link import restrict_by_link
from intake_api.flows.show_case import CaseUnknown, ShownCase, show_case
from intake_api.flows.show_told import told_by_case
from intake_api.flows.use_link import CaseOver
from intake_api.flows.withdraw_by_link import withdraw_by_link
from intake_api.rules.retention import kept_after_erasure
from intake_api.rules.rights import ASKED_FOR, RESTRICTED_FOR, RightsKind
from intake_api.web.access import from_untold_pages, open_to
from intake_api.web.asking import ask, problem_with
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.headers import unseen
from intake_api.web.pages.correcting import correction_page
from intake_api.web.pages.language import Language, choose_language, only_in, other_languages, words_in
from intake_api.web.pages.link_over import link_over
from intake_api.web.pages.my_data_document import my_data_document
from intake_api.web.pages.portable_document import portable_document, portable_table
from intake_api.web.strict_query import read_form, read_form_if_sent, refuse_query

my_data_pages = Blueprint("my_data_pages", __name__, template_folder="templates")

TOKEN = re.compile("[0-9a-f]{32}-[A-Za-z0-9_-]{32}")
KINDS = tuple(kind.value for kind in ASKED_FOR)
PURPOSE = "p-"
CHOSEN, ALL = "chosen", "all"
RESTRICT, LIFT = "restrict", "lift"
JSON, CSV = "json", "csv"


@my_data_pages.get("/my-data")
@open_to("anyone")
def get_asking() -> Response:
    """Show where one can ask, without an account."""
    return _asking_page(_language())


@my_data_pages.post("/my-data")
@open_to("anyone")
def send_asking() -> Response:
    """Take a request; the same page follows, whoever asks."""
    refuse_query()
    sent = read_form(["kind", "email", "lang"])
    language = _language(sent.get("lang"))
    kind, email = sent.get("kind", ""), sent.get("email", "")
    if kind not in KINDS:
        return _asking_page(language, email=email, missing=True, status=422)
    try:
        ask(kind, email, language.locale)
    except Refused as error:
        problem = problem_with(language.locale, error.code)
        return _asking_page(language, kind=kind, email=email, problem=problem, status=422)
    return _html(render_template("pages/my_data_asked.html", language=language), 202)


@my_data_pages.get("/my-data/<token>")
@open_to("anyone")
def get_link(token: str) -> Response:
    """Show what is asked, and a button for it."""
    shown = _shown(token)
    return _over(shown) if shown is None or _is_over(shown) else _ask_page(shown, token)


@my_data_pages.post("/my-data/<token>")
@open_to("anyone")
@from_untold_pages
def use_link(token: str) -> Response:
    """Do what was asked, once."""
    refuse_query()
    shown = _shown(token)
    if shown is None or _is_over(shown):
        return _over(shown)
    try:
        return ACTS[shown.case.kind](shown, token)
    except (CaseOver, CaseUnknown):  # two presses at once: the other one was first
        return _over(shown)


@my_data_pages.post("/my-data/<token>/download")
@open_to("anyone")
@from_untold_pages
def download(token: str) -> Response:
    """Give the data as a file, to whom the page with it was shown."""
    refuse_query()
    sent = read_form(["key", "format"])
    shown = _shown(token)
    try:
        data = read_again(door().store, token, sent.get("key", ""), now=door().now())
    except (CaseOver, CaseUnknown):
        return _over(shown)
    if data.case.kind is RightsKind.PORTABILITY and sent.get("format") == CSV:
        return _file(portable_table(data), "text/csv; charset=utf-8", "my-data.csv")
    document = portable_document(data) if data.case.kind is RightsKind.PORTABILITY else _document(data)
    return _file(json.dumps(document, ensure_ascii=False, indent=1), "application/json", "my-data.json")


def _file(text: str, kind: str, name: str) -> Response:
    response = Response(text, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return unseen(response)


def _withdraw(shown: ShownCase, token: str) -> Response:
    sent = read_form_if_sent(["which", *(PURPOSE + purpose for purpose in shown.living)])
    words = words_in(shown.case.locale)["my_data"]
    chosen = [purpose for purpose in shown.living if PURPOSE + purpose in sent]
    which = sent.get("which", CHOSEN if chosen else ALL)
    if which not in (CHOSEN, ALL):
        raise RequestProblem("body_invalid")
    if which == CHOSEN and not chosen:
        return _ask_page(shown, token, problem=words["choose"], status=422)
    purposes = None if which == ALL else chosen
    done = withdraw_by_link(door().store, token, purposes, words=words[which], now=door().now())
    return _done(shown, "withdraw", done)


def _erase(shown: ShownCase, token: str) -> Response:
    read_form_if_sent([])
    had_it = erase_by_link(door().store, token, now=door().now())
    return _done(shown, "erasure", None, had_it)


def _read(shown: ShownCase, token: str) -> Response:
    read_form_if_sent([])
    data = read_by_link(door().store, token, now=door().now())
    return _page("pages/my_data_shown.html", shown, data=_document(data), key=data.key, token=token)


def _take_along(shown: ShownCase, token: str) -> Response:
    read_form_if_sent([])
    data = read_by_link(door().store, token, kind=shown.case.kind, now=door().now())
    return _page("pages/my_data_portable.html", shown, data=portable_document(data), key=data.key, token=token)


def _begin_correcting(shown: ShownCase, token: str) -> Response:
    read_form_if_sent([])
    return correction_page(read_by_link(door().store, token, kind=shown.case.kind, now=door().now()), token)


def _object(shown: ShownCase, token: str) -> Response:
    read_form_if_sent([])
    words = words_in(shown.case.locale)["my_data"]["objection_button"]
    return _done(shown, "objection", object_by_link(door().store, token, words=words, now=door().now()))


def _restrict(shown: ShownCase, token: str) -> Response:
    which = read_form_if_sent(["which"]).get("which", LIFT if shown.is_restricted else RESTRICT)
    if which not in (RESTRICT, LIFT):
        raise RequestProblem("body_invalid")
    restrict_by_link(door().store, token, lift=which == LIFT, now=door().now())
    return _done(shown, "lift" if which == LIFT else "restriction", None)


def _take_over_address(shown: ShownCase, token: str) -> Response:
    read_form_if_sent([])
    here = door()
    change_address(here.store, here.queue, here.catalogue, here.settings.secrets.token_key, token, now=here.now())
    return _done(shown, "address", None)


ACTS: Mapping[RightsKind, Callable[[ShownCase, str], Response]] = {
    RightsKind.WITHDRAW: _withdraw,
    RightsKind.ACCESS: _read,
    RightsKind.PORTABILITY: _take_along,
    RightsKind.CORRECTION: _begin_correcting,
    RightsKind.OBJECTION: _object,
    RightsKind.RESTRICTION: _restrict,
    RightsKind.ERASURE: _erase,
    RightsKind.ADDRESS: _take_over_address,
}


def _is_over(shown: ShownCase) -> bool:
    return shown.case.kind not in ACTS or not shown.case.is_open(door().now())


def _done(shown: ShownCase, done: str, titles: list[str] | None, had_it: Sequence[str] = ()) -> Response:
    """Say what was done; `titles` are the purposes it was about, None where it is about everything."""
    until = kept_after_erasure(door().now()).date().isoformat()
    told = told_by_case(door().store, shown.case.id)
    return _page("pages/my_data_done.html", shown, done=done, titles=titles, had_it=had_it, kept_until=until, told=told)


def _document(data: OwnData) -> Mapping[str, Any]:
    return my_data_document(data, door().catalogue, door().settings.public_url, now=door().now())


def _shown(token: str) -> ShownCase | None:
    """Return what a token opens. The store is asked for nothing that cannot be one: it may not be able to take it."""
    if not TOKEN.fullmatch(token):
        raise RequestProblem("not_found")
    try:
        return show_case(door().store, token)
    except CaseUnknown:
        return None


def _language(asked: str | None = None) -> Language:
    form = next(iter(door().catalogue.forms))
    if request.method == "POST":
        return choose_language(form, asked or door().catalogue.default_locale)
    return choose_language(form)


def _asking_page(
    language: Language, *, kind: str = "", email: str = "", problem: str = "", missing: bool = False, status: int = 200
) -> Response:
    text = render_template(
        "pages/my_data_ask.html", language=language, languages=other_languages(language), kinds=KINDS, kind=kind,
        email=email, problem=problem, missing=missing, contact=door().catalogue.organisation.email,
        authority=_authority(language.locale),
    )  # fmt: skip
    return _html(text, status)


def _ask_page(shown: ShownCase, token: str, *, problem: str = "", status: int = 200) -> Response:
    template = f"pages/my_data_{shown.case.kind.value}.html"
    until = RESTRICTED_FOR.after(door().now()).strftime("%Y-%m-%d")
    return _page(template, shown, status, token=token, problem=problem, until=until)


def _over(shown: ShownCase | None) -> Response:
    return link_over(shown, _language().locale)


def _page(template: str, shown: ShownCase, status: int = 200, **values: object) -> Response:
    language = only_in(shown.case.locale)
    contact = door().catalogue.organisation.email
    text = render_template(template, shown=shown, case=shown.case, language=language, contact=contact, **values)
    return unseen(_html(text, status))


def _html(text: str, status: int = 200) -> Response:
    return Response(text, status, content_type="text/html; charset=utf-8")


def _authority(locale: str) -> str:
    """Return who hears a complaint in a language's country (S-19)."""
    document: Mapping[str, Any] = door().catalogue.any_view(locale).notice.document
    return str(document["authority"]["name"])
