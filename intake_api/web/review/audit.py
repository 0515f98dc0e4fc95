"""What the data-protection officer sees: who looked at what, and what people asked for. No lead (A-05)."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.read_audit import Asked, Deed, read_audit
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.evidence import OPERATOR
from intake_api.store.rights_cases import list_cases
from intake_api.store.staff import list_staff
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.entry_words import AUDITED, FACTS
from intake_api.web.review.fact_words import fact_says
from intake_api.web.review.permits import needs, person
from intake_api.web.review.tongue import _
from intake_api.web.review.words import RIGHTS, STATUSES

audit = Blueprint("audit", __name__, template_folder="templates")
PAGE = 50
ENTRY_ID = re.compile("[0-9a-f]{32}")


@audit.get("/audit")
@open_to("staff")
@needs(StaffAct.SEE_AUDIT)
def show() -> ResponseReturnValue:
    """Show one page of what staff did, newest first: `who`, `reference` and `kind` narrow it down."""
    here, args = door(), request.args
    who, kind, reference = (args.get(name, "").strip() for name in ("who", "kind", "reference"))
    after = args.get("after", "")
    with here.store.reading() as tx:
        names = {one.id: one.email for one in list_staff(tx)} | {OPERATOR: _("the command line")}
    asked = Asked(
        who=who if who in names else None,
        kind=kind if kind in AUDITED else None,
        after=after if ENTRY_ID.fullmatch(after) else None,
    )
    deeds = read_audit(here.store, asked, reference=reference, limit=PAGE + 1, staff_id=person().id, now=here.now())
    narrowed: dict[str, Any] = {"who": asked.who, "kind": asked.kind, "reference": reference or None}
    older = url_for("audit.show", **narrowed, after=deeds[PAGE - 1].id) if len(deeds) > PAGE else None
    return render_template(
        "review/audit.html",
        deeds=[(deed, _facts(deed, names)) for deed in deeds[:PAGE]],
        names=names,
        kinds=AUDITED,
        asked=asked,
        reference=reference,
        first=url_for("audit.show", **narrowed) if asked.after else None,
        older=older,
    )


@audit.get("/rights")
@open_to("staff")
@needs(StaffAct.SEE_RIGHTS)
def rights() -> ResponseReturnValue:
    """Show what people asked for, by the day it is due. No address is among it."""
    with door().store.reading() as tx:
        cases = list_cases(tx)
    waiting = [case for case in cases if case.is_waiting]
    settled = sorted((case for case in cases if not case.is_waiting), key=lambda case: case.made_at, reverse=True)
    return render_template(
        "review/rights.html", waiting=waiting, settled=settled[:PAGE], statuses=STATUSES, wishes=RIGHTS
    )


def _facts(deed: Deed, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what an entry says besides who, when and what: names of fields and codes, never a value."""
    said = []
    for name, label in FACTS.items():
        value = deed.facts.get(name)
        if value in (None, "", [], deed.by):
            continue
        values = value if isinstance(value, list) else [value]
        said.append((label, ", ".join(names.get(str(one)) or fact_says(name, str(one)) for one in values)))
    return said
