"""The report of what is asked and what it is used for: what nobody needs is not to be asked (Art. 5(1)(c))."""

import json
from collections import Counter

from intake_api.catalogue.model import Catalogue
from intake_api.rules.period import Period
from intake_api.store.notices import get_notice_body
from intake_api.store.report_counts import Counts
from intake_api.store.report_fields import Use, leads_by_notice, uses_of_fields
from intake_api.web.review.names import field_name, form_name
from intake_api.web.review.report_tables import Row, Share, Single, Table, beside
from intake_api.web.review.tongue import _, _l

NOTE = _l(
    "Leads of this period. Skipped: the notice names the field and it was left empty, or its question did not come up. "
    "Read: somebody opened a lead in which it was filled in. Forwarded: a destination took it."
)


NONE: tuple[Single, ...] = (0, 0, 0, 0, 0, Share(0, 0))


def field_tables(counts: Counts, catalogue: Catalogue, period: Period) -> list[Table]:
    """Return the table of the report. The fields are those of the notices that people saw, not of the catalogue."""
    del catalogue
    now, before = (_numbers(counts, one) for one in (period, period.before))
    rows: list[Row] = []
    for form, field in sorted(now.keys() | before.keys()):
        label = f"{form_name(form)} · {field_name(field)}"
        rows.append((label, *beside(now.get((form, field), NONE), before.get((form, field), NONE))))
    columns = (
        _("Form and field"),
        _("Asked"),
        _("Given"),
        _("Skipped"),
        _("Read"),
        _("Forwarded"),
        _("Forwarded of given"),
    )
    return [Table("fields", _("Fields by form"), columns, rows, NOTE, is_wide=True)]


def _numbers(counts: Counts, period: Period) -> dict[tuple[str, str], tuple[Single, ...]]:
    """Return the numbers of each form and field: how often it was asked, and what was done with it."""
    asked = Counter[tuple[str, str]]()
    for notice_hash, leads in leads_by_notice(counts, period).items():
        notice = json.loads(get_notice_body(counts.tx, notice_hash))
        for field in notice["fields"]:
            asked[notice["form"], field["name"]] += leads
    uses = uses_of_fields(counts, period)
    found: dict[tuple[str, str], tuple[Single, ...]] = {}
    for (form, field), times in asked.items():
        given, read, forwarded = (uses.get((form, field, use), 0) for use in Use)
        found[form, field] = (times, given, max(0, times - given), read, forwarded, Share(forwarded, given))
    return found
