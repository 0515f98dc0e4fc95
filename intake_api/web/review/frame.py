"""What every review page stands in: filters, the style sheet from our own origin, and the page of a problem."""

import hashlib
from dataclasses import replace
from pathlib import Path

from flask import Blueprint, Flask, Response, g, make_response, render_template, request
from jinja2 import StrictUndefined

from intake_api.rules.reference import spelled_reference
from intake_api.rules.staff_roles import StaffAct
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import ProblemDetails, RequestProblem, as_json
from intake_api.web.review import code_words, names, words
from intake_api.web.review.permits import i_may, places
from intake_api.web.review.second_factor import step_up_page
from intake_api.web.review.session import form_proof
from intake_api.web.review.sign_in import sign_in_page
from intake_api.web.review.tongue import _, _l, from_below, speak
from intake_api.web.review.way_back import back_from_here

assets = Blueprint("assets", __name__)
STATIC = Path(__file__).parent / "static"
ASSETS = {
    "review.css": "text/css; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
    "passkey.js": "text/javascript; charset=utf-8",
    "go_on.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml; charset=utf-8",
}
ASSET_LASTS = 31_536_000  # its address names its content, so it never changes
# What to do now, by code; the table of codes itself says what happened.
ADVICE = {
    "not_your_role": _l("Nothing was changed. An administrator says who does what here."),
    "form_not_ours": _l("Nothing was changed. Open the page again and repeat what you did."),
    "consent_by_staff": _l("Nothing was changed. Write down what the person said; they confirm it themselves."),
    "origin_not_allowed": _l("Nothing was changed. Open the queue from its own address and try again."),
    "second_person_needed": _l("Nothing was changed. Whoever asks for a file does not agree to it as well."),
    "export_gone": _l(
        "A file lives for a day, and no longer than everybody in it may be in it. Its page says what was the case here."
    ),
    "not_found": _l("The address may be mistyped, or what was here was erased when its time was over."),
    "lead_erased": _l("Its evidence stays, without anything of the person."),
    "method_not_allowed": _l("Go back to the queue and use its buttons."),
    "unavailable": _l(
        "Reading a lead is recorded, and it cannot be recorded at this moment, so nothing is shown. "
        "Nothing was changed. Try again in a minute; if it stays so, tell whoever runs this service."
    ),
    "internal_error": _l(
        "Nothing was changed that the queue does not show. Try again; if it stays so, tell whoever runs "
        "this service, with the number below."
    ),
}


@assets.get("/assets/<name>")
@open_to("anyone")
def asset(name: str) -> Response:
    """Give a file of the pages' look; it tells nothing about anybody."""
    if name not in ASSETS:
        raise RequestProblem("not_found")
    response = Response((STATIC / name).read_bytes(), content_type=ASSETS[name])
    response.headers["Cache-Control"] = f"public, max-age={ASSET_LASTS}, immutable"
    return response


def frame_pages(app: Flask) -> None:
    """Give an app's templates what all pages use. A name that a template misspells is an error, not an empty place."""
    app.jinja_env.undefined = StrictUndefined
    speak(app)
    app.after_request(_unlisted)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    looks = hashlib.sha256(b"".join((STATIC / name).read_bytes() for name in ASSETS)).hexdigest()[:12]
    app.jinja_env.filters.update(
        age=lambda moment: words.age(moment, door().now()),
        ago=lambda moment: words.ago(moment, door().now()),
        moment=words.moment,
        is_over=lambda moment: moment < door().now(),
        day=words.day,
        spoken=names.spoken,
        field=names.field_name,
        destination=code_words.destination,
        why_not_sent=code_words.why_not_sent,
    )
    app.jinja_env.globals.update(
        form_proof=form_proof,
        words=words,
        looks=looks,
        this_page=_this_page,
        places=places,
        here=lambda: g.get("reviewer"),
        i_may=lambda act: i_may(StaffAct(act)),
        from_below=from_below,
        pauses_said=lambda: g.get("pauses", ()),
    )


def _this_page() -> str:
    """Return the address of the page shown; an empty text where it opens nothing, as of a form or a mistyped query."""
    if request.method != "GET" or g.get("told_a_problem"):
        return ""
    return request.full_path if request.query_string else request.path


def _unlisted(response: Response) -> Response:
    """Keep the door out of search engines; all but its entrance is closed to them anyway."""
    response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    return response


def problem_page(problem: ProblemDetails) -> Response:
    """Tell a problem as a page. Who is not signed in gets the page to sign in, and then what they asked for."""
    if problem.code == "host_not_allowed":
        return as_json(problem)  # a page has links, and under a name that is not ours there are none
    if problem.code == "unauthorised":
        reference = (request.view_args or {}).get("reference", "")
        return sign_in_page(lead=spelled_reference(reference) or "", status=problem.status)
    if problem.code == "factor_needed":
        return step_up_page(back_from_here(), status=problem.status)
    g.told_a_problem = True
    advice = ADVICE.get(problem.code, _("Go back to the queue and try again."))
    return make_response(
        render_template("review/problem.html", problem=replace(problem, title=from_below(problem.title)), advice=advice)
    )
