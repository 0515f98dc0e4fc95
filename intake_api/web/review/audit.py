"""What the data-protection officer sees: who looked at what, and what people asked for. No lead (A-05)."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.read_audit import Asked, Deed, read_audit
from intake_api.flows.settle_parked import NotParked, WordsInvalid, close_parked, do_by_hand
from intake_api.rules.by_hand import ClosedFor
from intake_api.rules.exports import WORDS_LENGTH
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.case_deliveries import list_standing
from intake_api.store.evidence import OPERATOR
from intake_api.store.parked import list_untold
from intake_api.store.staff import list_staff
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.entry_words import AUDITED, FACTS
from intake_api.web.review.fact_words import fact_says
from intake_api.web.review.lead import seen_version
from intake_api.web.review.parked import QUICKER
from intake_api.web.review.permits import needs, person
from intake_api.web.review.tongue import _, from_below
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
    """Show what people asked for, by the day it is due, and who is still to be told of it. No address is among it."""
    return rights_page()


@audit.post("/rights/untold/<delivery_id>/by-hand")
@open_to("staff")
@needs(StaffAct.CLOSE_NOS)
def told_by_hand(delivery_id: str) -> ResponseReturnValue:
    """Write down that somebody told them in another way, or did it over there."""
    return _settle(delivery_id, None)


@audit.post("/rights/untold/<delivery_id>/close")
@open_to("staff")
@needs(StaffAct.CLOSE_NOS)
def close_untold(delivery_id: str) -> ResponseReturnValue:
    """Write down why they cannot be told."""
    return _settle(delivery_id, ClosedFor.OTHER)


def rights_page(*, problem: str = "") -> str:
    """Make the page; `problem` says why what was pressed was not done."""
    with door().store.reading() as tx:
        cases, untold = list_standing(tx), list_untold(tx, limit=PAGE + 1)
    settled = sorted((one for one in cases if not one.is_waiting), key=lambda one: one.case.made_at, reverse=True)
    recipients = door().catalogue.recipients
    return render_template(
        "review/rights.html",
        waiting=[one for one in cases if one.is_waiting],
        settled=settled[:PAGE],
        untold=untold[:PAGE],
        more=len(untold) > PAGE,
        names={name: one.name for name, one in recipients.items()},
        statuses=STATUSES,
        wishes=RIGHTS,
        words_length=WORDS_LENGTH,
        problem=problem,
        done=request.args.get("done") == "1" if request.method == "GET" else False,
    )


def _settle(delivery_id: str, reason: ClosedFor | None) -> ResponseReturnValue:
    """Close what a destination is still to be told, by the flows that settle any delivery that failed."""
    here, words, turn, staff_id = door(), request.form.get("words", ""), seen_version("seen_turn"), person().id
    said = partial(do_by_hand, remote_id="") if reason is None else partial(close_parked, reason=reason)
    try:
        said(here.store, delivery_id, seen_turn=turn, words=words, staff_id=staff_id, only_nos=True, now=here.now())
    except NotParked:
        return rights_page(problem=QUICKER), 409
    except WordsInvalid as error:
        return rights_page(problem=from_below(str(error))), 422
    return redirect(url_for("audit.rights", done=1), 303)


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
