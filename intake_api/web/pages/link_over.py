"""What a link of a rights case shows when it is over."""

from flask import Response, render_template

from intake_api.flows.show_case import ShownCase
from intake_api.flows.show_told import told_by_case
from intake_api.web.door import door
from intake_api.web.headers import unseen
from intake_api.web.pages.language import only_in


def link_over(shown: ShownCase | None, locale: str) -> Response:
    """Say that a link is over, what to do, and who was told of what it was used for.

    One of which all is forgotten (None) is over, too, in the reader's language.
    """
    text = render_template(
        "pages/my_data_over.html",
        language=only_in(shown.case.locale if shown else locale),
        told=told_by_case(door().store, shown.case.id) if shown else [],
        contact=door().catalogue.organisation.email,
    )
    return unseen(Response(text, 410 if shown else 404, content_type="text/html; charset=utf-8"))
