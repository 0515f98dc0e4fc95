"""A problem as a page: what happened in words, that nothing was kept, and a number for those who ask."""

from flask import Response, render_template, request

from intake_api.web.errors import ProblemDetails
from intake_api.web.pages.language import only_in
from intake_api.web.words import all_words


def page_of_problem(problem: ProblemDetails) -> Response:
    """Show a problem to a person."""
    asked = request.args.get("lang", "")
    locale = asked if asked in all_words() else "en"
    language = only_in(locale)
    titles = language.words["problem"]["titles"]
    title = titles.get(str(problem.status)) or titles["400" if problem.status < 500 else "500"]
    text = render_template("pages/problem.html", problem=problem, title=title, language=language)
    return Response(text, problem.status, content_type="text/html; charset=utf-8")
