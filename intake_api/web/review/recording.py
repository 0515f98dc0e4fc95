"""Write down what somebody said on the telephone or on paper, on the notice a visitor would see (C-19), and that they
were given that notice (N-14).

Staff can give nobody's consent: what would be one is refused wherever it is sent at this door.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.catalogue.definitions import OPT_IN
from intake_api.catalogue.shown import FormView
from intake_api.flows.record_lead import (
    FieldsInvalid,
    NothingAgreed,
    PresentationExpired,
    PresentationMismatch,
    PresentationUnknown,
    PresentationUsed,
    SaidOnRefused,
    Spoken,
    Way,
    record_lead,
)
from intake_api.flows.record_told import AlreadyTold, LeadUnknown, Telling, record_told
from intake_api.flows.show_form import show_form
from intake_api.rules.age_of_consent import AGE, SaidAge
from intake_api.rules.fields import from_typed
from intake_api.rules.sensitive_text import TOO_YOUNG
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.presentations import STAFF
from intake_api.web.access import CHANGING, open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.names import form_name, language_name
from intake_api.web.review.permits import needs
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import _l

recording = Blueprint("recording", __name__, template_folder="templates")
SAID = ("way", "said_on", "told")
FIELD, WISH = "f-", "wish-"  # a field and a purpose may have the same name
SHOW_AGAIN = (PresentationUnknown, PresentationExpired, PresentationUsed, PresentationMismatch)
NOT_BY_STAFF = ("consent", "decision", "decided")  # how the names of what would be a consent begin
ANEW = _l(
    "The notice was shown too long ago, or has changed. It stands here anew: check that it is what the person heard."
)
USED = _l("Something else was written down from this page already. Here is a fresh one.")
NOTHING = _l("Nothing to keep: this form lives on a yes, and none was said.")
SAID_ON = _l("Choose a day within the last month. Who could not be told within a month is not written down.")
CHOOSE = _l("Please choose.")
UNDER = _l(
    "Nothing was kept, and what you typed is gone: the person is under the age from which a yes counts. Tell them:"
)
TELLINGS = {
    Telling.READ_OUT: _l("Read out to them"),
    Telling.HANDED_OVER: _l("Handed over"),
    Telling.POSTED: _l("Sent by post"),
}


@dataclass(frozen=True)
class Written:
    """A page of a form as staff have filled it in so far; `said` are the answers about the answer.

    `tell` is a sentence for the person, in their language.
    """

    view: FormView
    presentation: str
    typed: Mapping[str, str] = field(default_factory=dict)
    wishes: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    age: str = ""
    message: str = ""
    tell: str = ""

    @property
    def opt_ins(self) -> list[Mapping[str, str]]:
        """What the notice asks a yes for."""
        return [one for one in self._purposes if one["control"] == OPT_IN]

    @property
    def acts(self) -> list[Mapping[str, str]]:
        """What is done because the person asked for it."""
        return [one for one in self._purposes if one["control"] != OPT_IN]

    @property
    def _purposes(self) -> list[Mapping[str, str]]:
        return self.view.document["notice"]["purposes"]  # type: ignore[index,no-any-return]


def refuse_consents(app: Flask) -> None:
    """Refuse, at every address of a door, what would be a consent given by staff; call after `guard_routes` (C-19)."""

    @app.before_request
    def refuse() -> None:
        if request.method in CHANGING and any(name.lower().startswith(NOT_BY_STAFF) for name in request.form):
            raise RequestProblem("consent_by_staff")


@recording.get("/record")
@open_to("staff")
@needs(StaffAct.WRITE_DOWN)
def choose() -> ResponseReturnValue:
    """Ask for form and language; with both, show the form on a fresh showing of its notice."""
    form, locale = request.args.get("form", ""), request.args.get("locale", "")
    if not form:
        catalogue = door().catalogue
        forms = {key: form_name(key) for key in catalogue.forms}
        languages = {code: language_name(code) for code in catalogue.locales}
        return render_template("review/record_choose.html", forms=forms, languages=languages)
    return _page(_fresh(form, locale))


@recording.post("/record")
@open_to("staff")
@needs(StaffAct.WRITE_DOWN)
def keep() -> ResponseReturnValue:
    """Keep what was written down and go to the lead; or show the page again, with what was typed."""
    here = door()
    view = here.catalogue.view(request.form.get("form", ""), request.form.get("locale", ""))
    written = _written(view)
    if problems := _unsaid(written.said):
        return _page(replace(written, problems=problems), 422)
    try:
        receipt = record_lead(
            here.store,
            here.queue,
            here.catalogue,
            here.settings.secrets.token_key,
            _spoken(written),
            reviewer().id,
            now=here.now(),
        )
    except FieldsInvalid as error:
        if error.problems.get(AGE) == TOO_YOUNG:
            fresh = _fresh(view.form.key, view.locale)
            return _page(replace(fresh, message=UNDER, tell=view.problem_text(AGE, TOO_YOUNG)), 422)
        problems = {FIELD + name: view.problem_text(name, code) for name, code in error.problems.items()}
        return _page(replace(written, problems=problems), 422)
    except SaidOnRefused:
        return _page(replace(written, problems={"said_on": SAID_ON}), 422)
    except NothingAgreed:
        return _page(replace(written, message=NOTHING), 422)
    except SHOW_AGAIN as error:
        message = USED if isinstance(error, PresentationUsed) else ANEW
        fresh = _fresh(view.form.key, view.locale)
        return _page(replace(written, presentation=fresh.presentation, message=message), 409)
    return redirect(url_for("lead.show", reference=receipt.reference), 303)


@recording.post("/leads/<reference>/told")
@open_to("staff")
@needs(StaffAct.WRITE_DOWN)
def tell(reference: str) -> ResponseReturnValue:
    """Note how the person of a lead was given its notice, and show the lead again."""
    by = request.form.get("by", "")
    if by not in TELLINGS:
        raise RequestProblem("request_malformed")
    try:
        record_told(door().store, reference, Telling(by), staff_id=reviewer().id, now=door().now())
    except LeadUnknown:
        raise RequestProblem("not_found") from None
    except AlreadyTold:
        pass  # somebody was quicker, or the mail was: the page says so
    return redirect(url_for("lead.show", reference=reference), 303)


def _fresh(form: str, locale: str) -> Written:
    """Show a form to staff.

    :raises FormUnknown, LocaleNotOffered, StoreUnavailable: as `show_form` says.
    """
    here = door()
    shown = show_form(here.store, here.catalogue, here.settings.secrets.token_key, form, locale, STAFF, now=here.now())
    return Written(shown.view, shown.signed_id)


def _written(view: FormView) -> Written:
    wishes = [WISH + one["id"] for one in Written(view, "").opt_ins]
    fields = [FIELD + name for name in view.form.rules]
    age = {AGE} if view.age_of_consent else set()
    sent = _sent({"proof", "form", "locale", "presentation", *SAID, *fields, *wishes, *age})
    return Written(
        view,
        sent.get("presentation", ""),
        typed={name: sent[FIELD + name] for name in view.form.rules if FIELD + name in sent},
        wishes={name.removeprefix(WISH): sent[name] for name in wishes if name in sent},
        said={name: sent.get(name, "") for name in SAID},
        age=sent.get(AGE, ""),
    )


def _sent(known: set[str]) -> dict[str, str]:
    """Return what the page sent: names that it has, each once; another page than ours sent anything else."""
    names = [name for name, _ in request.form.items(multi=True)]
    if set(names) - known or len(names) > len(set(names)):
        raise RequestProblem("body_invalid")
    return request.form.to_dict()


def _unsaid(said: Mapping[str, str]) -> dict[str, str]:
    """Name what is not said of how, when and on which notice it was said."""
    problems = {} if said["way"] in set(Way) else {"way": CHOOSE}
    if said["told"] not in ("yes", "no"):
        problems["told"] = CHOOSE
    try:
        date.fromisoformat(said["said_on"])
    except ValueError:
        problems["said_on"] = SAID_ON
    return problems


def _spoken(written: Written) -> Spoken:
    rules = written.view.form.rules
    return Spoken(
        form=written.view.form.key,
        presentation=written.presentation,
        locale=written.view.locale,
        fields={name: from_typed(rules[name], typed) for name, typed in written.typed.items()},
        wishes={purpose: answer == "yes" for purpose, answer in written.wishes.items()},
        way=Way(written.said["way"]),
        said_on=date.fromisoformat(written.said["said_on"]),
        told=written.said["told"] == "yes",
        age=SaidAge(written.age) if written.age in set(SaidAge) else None,
    )


def _page(written: Written, status: int = 200) -> Response:
    page = render_template(
        "review/record.html",
        written=written,
        view=written.view,
        texts=written.view.notice.texts,
        form=form_name(written.view.form.key),
        language=language_name(written.view.locale),
        notice_page=f"{door().settings.public_url}/notices/{written.view.notice.hash}",
        today=door().now().date().isoformat(),
    )
    return make_response(page, status)
