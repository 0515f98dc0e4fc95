"""The page of a form: shown, sent, and shown again with what was typed when something is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, Response, redirect, render_template, request, url_for

from intake_api import log
from intake_api.catalogue.definitions import OPT_IN, Form
from intake_api.catalogue.shown import FormView
from intake_api.flows.refuse_form import refuse_form
from intake_api.flows.submit_lead import (
    FieldsInvalid,
    NothingAgreed,
    PresentationExpired,
    PresentationMismatch,
    PresentationUnknown,
    PresentationUsed,
    Submission,
    TooManySubmissions,
    submit_lead,
)
from intake_api.rules.age_of_consent import AGE, SaidAge, why_not
from intake_api.rules.attribution import allowed
from intake_api.rules.fields import check_fields, from_typed
from intake_api.rules.sensitive_text import TOO_YOUNG
from intake_api.store.presentations import Presentation, find_answered, read_presentation
from intake_api.web.access import open_to
from intake_api.web.arriving import arrival, signals_gpc
from intake_api.web.door import Door, door
from intake_api.web.errors import PROBLEMS, UNAVAILABLE, RequestProblem
from intake_api.web.pages.controls import ControlForged, read_controls
from intake_api.web.pages.form_page import (
    AGE_CONTROL,
    CHECK,
    DECISION,
    FIELD,
    GO,
    PROOF,
    SEND,
    STEP,
    TRAP,
    FormPage,
    campaign_of_address,
    is_checked,
    known_inputs,
    pages_of,
)
from intake_api.web.pages.frames import FRAME, as_framed, frame_sites, is_framed
from intake_api.web.pages.language import Language, choose_language
from intake_api.web.pages.receipts import thanks_page
from intake_api.web.showing import show_at
from intake_api.web.strict_query import read_form, refuse_query

form_pages = Blueprint("form_pages", __name__, template_folder="templates")

SHOW_AGAIN = (PresentationUnknown, PresentationExpired, PresentationUsed, PresentationMismatch)
RETRY_SECONDS = 60
PROOF_LENGTH = 2000
ONLY_FRAMED = f"{FRAME}=1".encode()
NO_SUCH_STEP = {"code": "value_wrong", "text": "There is no such step in this form."}


@form_pages.app_context_processor
def common_words() -> dict[str, object]:
    """Give every page the name of the company and the names of the languages."""
    catalogue = door().catalogue
    return {
        "frame_sites": " ".join(frame_sites()),
        "brand": catalogue.organisation.product,
        "language_names": catalogue.language_names,
    }


@form_pages.get("/f/<form>")
@open_to("anyone")
def get_page(form: str) -> Response:
    """Show the page of a form; nothing is written."""
    language = choose_language(form)
    if request.method == "HEAD":
        return _html("")
    if not language.is_offered:
        return choose_another(form, language)
    return _page(fresh_page(form, language, campaign_of_address()))


@form_pages.post("/f/<form>")
@open_to("anyone")
def send_page(form: str) -> Response:
    """Keep what was sent and go on to the thanks; or show the form again, with what was typed."""
    _refuse_any_other_query()
    here = door()
    anywhere = here.catalogue.view(form, here.catalogue.default_locale)
    sent = read_form(known_inputs(anywhere))
    language = choose_language(form, sent.get("lang") or here.catalogue.default_locale)
    if not language.is_offered:
        return choose_another(form, language, status=409)
    view = here.catalogue.view(form, language.locale)
    page = _page_as_sent(here, view, language, sent)
    go = sent.get(GO, SEND)
    if go != SEND:
        return _turn_to(here, page, _step_of(view, go))
    try:
        receipt = submit_lead(
            here.store, here.queue, here.catalogue, here.settings.secrets.token_key, _submission(page), now=here.now()
        )
    except FieldsInvalid as error:
        if TOO_YOUNG in error.problems.values():
            return _too_young(page, error.problems)
        return _again(here, _with_problems(page, error.problems), 422)
    except NothingAgreed:
        return _nothing_agreed(here, page)
    except SHOW_AGAIN as error:
        return _anew(page, language.words["problems"][error.code])
    except TooManySubmissions as error:
        return _later(page, error.code, retry_seconds=int(error.wait.total_seconds()))
    except UNAVAILABLE as error:
        # What was typed must not be lost with the store, nor anybody thanked (SEC-42).
        log.failure("page.not_kept", error, form=form)
        return _later(page, "unavailable", retry_seconds=RETRY_SECONDS)
    return _thank(receipt.token, receipt.left_out)


def fresh_page(form: str, language: Language, campaign: Mapping[str, str] | None = None) -> FormPage:
    """Show a form anew, with a presentation of its own.

    :raises StoreUnavailable: nothing can be kept now, so nothing is asked.
    """
    shown = show_at(door(), form, language.locale, "page")
    return FormPage(shown.view, language, shown.signed_id, campaign or {})


def _refuse_any_other_query() -> None:
    if request.query_string != ONLY_FRAMED:
        refuse_query()


def _thank(token: str, left_out: Sequence[str]) -> Response:
    """Go on to the page of thanks; it opens by its address and stands in nobody's frame: there it is shown at once."""
    if is_framed():
        return as_framed(thanks_page(token, left_out))
    told = ".".join(left_out) or None
    return redirect(url_for("receipt_pages.get_thanks", token=token, left_out=told), 303)  # type: ignore[return-value]


def choose_another(form: str, language: Language, status: int = 200) -> Response:
    """Offer the languages there are; nothing is asked in one that is not whole (N-17)."""
    return _html(render_template("pages/languages.html", form=form, language=language), status)


def _page_as_sent(here: Door, view: FormView, language: Language, sent: dict[str, str]) -> FormPage:
    presentation = sent.get("presentation", "")
    controls = {purpose: sent[DECISION + purpose] for purpose in view.form.purposes if DECISION + purpose in sent}
    try:
        decided = read_controls(here.settings.secrets.token_key, presentation, _opt_ins(here, view), controls)
        age = _age_as_sent(here, presentation, sent)
    except ControlForged:
        raise RequestProblem("decision_invalid") from None
    if controls.keys() - decided.keys():
        raise RequestProblem("decision_invalid")
    return FormPage(
        view,
        language,
        presentation,
        campaign=allowed(sent),
        typed={name: sent[FIELD + name] for name in view.form.rules if FIELD + name in sent},
        decided=decided,
        age=age,
        step=_step_of(view, sent.get(STEP, str(len(pages_of(view.form))))),
        trap=sent.get(TRAP, ""),
        proof=sent.get(PROOF, "")[:PROOF_LENGTH],
    )


def _age_as_sent(here: Door, presentation: str, sent: Mapping[str, str]) -> SaidAge | None:
    """Read the answer about the age, which was rendered for this showing as the decisions were."""
    given = {AGE_CONTROL: sent[AGE]} if AGE in sent else {}
    read = read_controls(here.settings.secrets.token_key, presentation, given, given)
    return (SaidAge.AT_OR_OVER if read[AGE_CONTROL] else SaidAge.UNDER) if read else None


def _step_of(view: FormView, written: str) -> int:
    """Read which step of a form a button or a page names: one of its pages, or the check after them."""
    pages = len(pages_of(view.form))
    known = {str(number): number for number in range(1, pages + 1)}
    if is_checked(view.form):
        known |= {CHECK: pages + 1, str(pages + 1): pages + 1}
    if written not in known:
        raise RequestProblem("body_invalid", fields={GO: NO_SUCH_STEP})
    return known[written]


def _turn_to(here: Door, page: FormPage, step: int) -> Response:
    """Show another page, or the check of all answers, once what was answered before it is good. Nothing is kept."""
    if _current(here, page) is None:
        return _anew(page, page.language.words["problems"]["presentation_expired"])
    form = page.view.form
    granted = [purpose for purpose, yes in page.decided.items() if yes]
    fields, reader = _submission(page).fields, page.view.free_texts.reader
    checked = check_fields(form, page.view.locale, fields, reader, granted=granted)
    why = why_not(page.view.age_of_consent, page.age, says_yes=bool(granted))
    found = {**checked.problems, **({AGE: why} if why else {})}
    if TOO_YOUNG in found.values():
        return _too_young(page, found)
    passed = {name for names in _pages_with_age(form)[: step - 1] for name in names}
    problems = {name: code for name, code in found.items() if name in passed and step > page.step}
    if problems:
        return _page(_with_problems(page, problems), 422)
    return _page(replace(page, step=step, checked=checked))


def _with_problems(page: FormPage, codes: Mapping[str, str]) -> FormPage:
    """Turn to the first page that has a problem, and say it there."""
    problems = {name: page.view.problem_text(name, code) for name, code in codes.items()}
    pages = enumerate(_pages_with_age(page.view.form), start=1)
    wrong = [number for number, names in pages if problems.keys() & set(names)]
    return replace(page, problems=problems, step=min(wrong, default=page.step))


def _pages_with_age(form: Form) -> list[tuple[str, ...]]:
    """Return what is answered on which page: the question about the age stands on the last, with the decisions."""
    *before, last = pages_of(form)
    return [*map(tuple, before), (*last, AGE)]


def _opt_ins(here: Door, view: FormView) -> list[str]:
    return [purpose for purpose in view.form.purposes if here.catalogue.purpose(purpose).control == OPT_IN]


def _submission(page: FormPage) -> Submission:
    rules = page.view.form.rules
    return Submission(
        form=page.view.form.key,
        presentation=page.presentation,
        locale=page.view.locale,
        fields={name: from_typed(rules[name], typed) for name, typed in page.typed.items()},
        decisions=page.decided,
        attribution=page.campaign,
        arrival=arrival(trap=page.trap, proof=page.proof),
        age=page.age,
        gpc=signals_gpc(),
    )


def _again(here: Door, page: FormPage, status: int) -> Response:
    """Show the form with its problems, on the same showing while that is good, else on a fresh one."""
    if _is_still_good(here, page):
        return _page(page, status)
    # Another showing, another decision: what was chosen on the old one is not carried over (C-06).
    fresh = fresh_page(page.view.form.key, page.language, page.campaign)
    return _page(replace(fresh, typed=page.typed, problems=page.problems, step=page.step), status)


def _anew(page: FormPage, message: str) -> Response:
    """Show the form on a fresh showing, with what was typed: the old one is no longer good."""
    fresh = fresh_page(page.view.form.key, page.language, page.campaign)
    return _page(replace(fresh, typed=page.typed, message=message), 409)


def _is_still_good(here: Door, page: FormPage) -> bool:
    shown = _current(here, page)
    if shown is None:
        return False
    with here.store.reading() as tx:
        return find_answered(tx, shown.id) is None


def _current(here: Door, page: FormPage) -> Presentation | None:
    """Return the showing this page is of, while it is of the current notice and not over."""
    try:
        shown = read_presentation(here.settings.secrets.token_key, page.presentation, form=page.view.form.key)
    except PresentationUnknown:
        return None
    is_same = shown.notice_hash == page.view.notice.hash and shown.locale == page.view.locale
    return shown if is_same and here.now() < shown.expires_at else None


def _nothing_agreed(here: Door, page: FormPage) -> Response:
    """Take a no for a no: what was typed goes nowhere. Who chose nothing is asked to choose."""
    missing = [purpose for purpose in _opt_ins(here, page.view) if purpose not in page.decided]
    if missing:
        sentence = page.language.words["problems"]["decision_missing"]
        last = len(pages_of(page.view.form))
        return _again(here, replace(page, problems=dict.fromkeys(missing, sentence), step=last), 422)
    words = page.language.words
    try:
        refuse_form(here.store, here.settings.secrets.token_key, page.view.form.key, page.presentation, now=here.now())
    except PresentationUnknown as error:
        return _anew(page, words["problems"][error.code])
    except PresentationUsed:  # a yes was sent on the same page before: the lead is there, and the no must not hide it
        text = render_template("pages/refused.html", page=page, language=page.language, said=words["refused_late"])
        return _html(text, 409)
    return _html(render_template("pages/refused.html", page=page, language=page.language, said=words["refused"]))


def _too_young(page: FormPage, problems: Mapping[str, str]) -> Response:
    """End kindly: nothing was kept, and the form is not shown again with what a child typed (K-02, K-03)."""
    name = next(name for name, code in problems.items() if code == TOO_YOUNG)
    text = page.view.problem_text(name, TOO_YOUNG)
    return _html(render_template("pages/too_young.html", text=text, language=page.language), 422)


def _later(page: FormPage, code: str, *, retry_seconds: int) -> Response:
    """Show the form with what was typed: it can be sent again in a while."""
    message, last = page.language.words["problems"][code], len(pages_of(page.view.form))
    response = _page(replace(page, message=message, step=min(page.step, last)), PROBLEMS[code][0])
    response.headers["Retry-After"] = str(retry_seconds)
    return response


def _page(page: FormPage, status: int = 200) -> Response:
    return _html(render_template("pages/form.html", page=page, language=page.language), status)


def _html(text: str, status: int = 200) -> Response:
    response = Response(text, status, content_type="text/html; charset=utf-8")
    return as_framed(response) if is_framed() else response
