"""My data, put right: the page with what was sent, as fields, and what came of saving it (S-07).

Only whom the first page was shown has its key, for a quarter of an hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template

from intake_api.flows.correct_by_link import (
    CaseOver,
    CaseUnknown,
    Corrected,
    NotCorrectable,
    correct_by_link,
    correctable,
)
from intake_api.flows.read_by_link import OwnData, OwnLead, read_again
from intake_api.flows.show_case import show_case
from intake_api.rules.fields import from_typed
from intake_api.web.access import from_untold_pages, open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.headers import unseen
from intake_api.web.pages.language import only_in
from intake_api.web.pages.link_over import link_over
from intake_api.web.strict_query import read_form, refuse_query

correcting = Blueprint("correcting", __name__, template_folder="templates")

FIELD = "f-"


@dataclass(frozen=True)
class Sheet:
    """One lead as it can be put right; without fields it cannot be any more."""

    lead: OwnLead
    fields: Sequence[Mapping[str, Any]]
    outcome: Corrected | None = None

    @property
    def had_it(self) -> list[str]:
        """The names of those who got the old values before."""
        names = {one["id"]: str(one["name"]) for one in self.lead.notice["recipients"]}
        return [names.get(one, one) for one in self.outcome.recipients] if self.outcome else []


@correcting.post("/my-data/<token>/correct")
@open_to("anyone")
@from_untold_pages
def correct(token: str) -> Response:
    """Save one sheet, and show all of them again."""
    refuse_query()
    names = {field.name for form in door().catalogue.forms.values() for field in form.fields}
    sent = read_form(["key", "reference", *(FIELD + name for name in sorted(names))])
    key, reference = sent.get("key", ""), sent.get("reference", "")
    typed = {name.removeprefix(FIELD): value for name, value in sent.items() if name.startswith(FIELD)}
    here, now = door(), door().now()
    try:
        outcome = _correct(token, key, reference, typed)
        data = read_again(here.store, token, key, now=now)
    except (CaseOver, CaseUnknown):
        return _over(token)
    except NotCorrectable:
        raise RequestProblem("not_found") from None
    page = correction_page(data, token, outcome={reference: (outcome, typed)})
    page.status_code = 422 if outcome.problems else 200
    return page


def correction_page(
    data: OwnData, token: str, outcome: Mapping[str, tuple[Corrected, Mapping[str, str]]] | None = None
) -> Response:
    """Show all leads as sheets. `outcome`, by reference: what came of the sheet just sent, and what was typed."""
    sheets = [_sheet(one, *(outcome or {}).get(one.lead.reference, (None, {}))) for one in data.leads]
    text = render_template(
        "pages/my_data_correct.html",
        sheets=sheets,
        key=data.key,
        token=token,
        language=only_in(data.case.locale),
        contact=door().catalogue.organisation.email,
    )
    return unseen(Response(text, content_type="text/html; charset=utf-8"))


def _correct(token: str, key: str, reference: str, typed: Mapping[str, str]) -> Corrected:
    here = door()
    rules = {name: rule for form in here.catalogue.forms.values() for name, rule in form.rules.items()}
    return correct_by_link(
        here.store,
        here.queue,
        here.catalogue,
        here.settings.secrets.token_key,
        token,
        key,
        reference,
        {name: from_typed(rules[name], text) for name, text in typed.items()},
        now=here.now(),
    )


def _sheet(one: OwnLead, outcome: Corrected | None, typed: Mapping[str, str]) -> Sheet:
    view = correctable(door().catalogue, one.lead)
    if view is None:
        return Sheet(one, ())
    problems = (outcome and outcome.problems) or {}
    shown = typed if problems else {name: str(value) for name, value in one.values.items()}
    described: Sequence[Mapping[str, Any]] = view.document["fields"]  # type: ignore[assignment]
    fields = [
        {
            **field,
            "id": f"{one.lead.reference}-{field['name']}",
            "input": FIELD + field["name"],
            "typed": shown.get(field["name"], ""),
            "problem": view.problem_text(field["name"], problems[field["name"]]) if field["name"] in problems else "",
        }
        for field in described
    ]
    return Sheet(one, fields, outcome)


def _over(token: str) -> Response:
    try:
        shown = show_case(door().store, token)
    except CaseUnknown:
        raise RequestProblem("not_found") from None
    return link_over(shown, shown.case.locale)
