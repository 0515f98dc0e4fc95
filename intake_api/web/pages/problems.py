"""A problem as a page: what happened in words, that nothing was kept, and a number for those who ask.

Where a form's page may stand in a frame its problem may, too: else the visitor of that site sees a grey nothing.
"""

from flask import Response, render_template, request

from intake_api.web.errors import ProblemDetails
from intake_api.web.pages.frames import as_framed, is_framed
from intake_api.web.pages.language import only_in
from intake_api.web.words import all_words


def page_of_problem(problem: ProblemDetails) -> Response:
    """Show a problem to a person."""
    spoken, asked = tuple(all_words()), request.args.get("lang", "")
    locale = asked if asked in spoken else request.accept_languages.best_match(spoken, "en")
    language = only_in(locale)
    titles = language.words["problem"]["titles"]
    title = titles.get(str(problem.status)) or titles["400" if problem.status < 500 else "500"]
    text = render_template("pages/problem.html", problem=problem, title=title, language=language)
    response = Response(text, problem.status, content_type="text/html; charset=utf-8")
    return as_framed(response) if is_framed() else response
