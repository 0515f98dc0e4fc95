"""Deliveries that failed for good: why, since when, who was told; try again, say it was done by hand, or give up."""

import re
from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from intake_api.flows.settle_parked import (
    ForwardingBlocked,
    NotParked,
    WordsInvalid,
    close_parked,
    do_by_hand,
    try_parked_again,
)
from intake_api.rules.by_hand import ClosedFor
from intake_api.rules.exports import WORDS_LENGTH
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.parked import Parked, Told, count_parked, list_parked, list_told
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.review.lead import get_queue, seen_version
from intake_api.web.review.permits import needs
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import _, _l, from_below

parked = Blueprint("parked", __name__, template_folder="templates")
PAGE = 25
DELIVERY_ID = re.compile("[0-9a-f]{32}")
CLOSED_FOR = {
    ClosedFor.NOT_WANTED: _l("It is not wanted there any more"),
    ClosedFor.WRONG_DATA: _l("What was typed cannot be used"),
    ClosedFor.NOT_POSSIBLE: _l("It is not possible there"),
    ClosedFor.OTHER: _l("Another reason"),
}
# What was to be done over there, by the kind of a delivery.
KINDS = {
    "upsert": _l("pass on"),
    "update_consent": _l("tell what was decided"),
    "correct": _l("put right"),
    "erase": _l("erase"),
}
DONE = {
    "again": _l("It is on its way again."),
    "by_hand": _l("It is written down as done by hand."),
    "closed": _l("It is given up, and the reason is written down."),
}
QUICKER = _l("Somebody was quicker, or it is under way again. Nothing was changed; this is how it stands now.")
CHOOSE = _l("Choose a reason from the list, so that the next person understands.")


@parked.get("/destinations/parked")
@open_to("staff")
@needs(StaffAct.SETTLE_DELIVERIES)
def show() -> ResponseReturnValue:
    """Show a page of what waits for a person, the longest first; `reason` narrows it down."""
    return _page()


@parked.post("/destinations/parked/<delivery_id>/again")
@open_to("staff")
@needs(StaffAct.SETTLE_DELIVERIES)
def again(delivery_id: str) -> ResponseReturnValue:
    """Let it go again, to the destination that is set up now."""
    here = door()
    where = {"destination": here.settings.destination, "recipient": here.settings.destination_recipient}
    return _settle(
        lambda: try_parked_again(
            here.store,
            get_queue(),
            delivery_id,
            seen_turn=seen_version("seen_turn"),
            **where,
            staff_id=reviewer().id,
            now=here.now(),
        ),
        "again",
    )


@parked.post("/destinations/parked/<delivery_id>/by-hand")
@open_to("staff")
@needs(StaffAct.SETTLE_DELIVERIES)
def by_hand(delivery_id: str) -> ResponseReturnValue:
    """Write down that it was done over there by hand."""
    here = door()
    return _settle(
        lambda: do_by_hand(
            here.store,
            delivery_id,
            seen_turn=seen_version("seen_turn"),
            remote_id=request.form.get("remote_id", "").strip(),
            words=request.form.get("words", ""),
            staff_id=reviewer().id,
            now=here.now(),
        ),
        "by_hand",
    )


@parked.post("/destinations/parked/<delivery_id>/close")
@open_to("staff")
@needs(StaffAct.SETTLE_DELIVERIES)
def close(delivery_id: str) -> ResponseReturnValue:
    """Give it up for a reason of the list."""
    here, reason = door(), request.form.get("reason", "")
    if reason not in set(ClosedFor):
        return _page(problem=CHOOSE), 422
    return _settle(
        lambda: close_parked(
            here.store,
            delivery_id,
            seen_turn=seen_version("seen_turn"),
            reason=ClosedFor(reason),
            words=request.form.get("words", ""),
            staff_id=reviewer().id,
            now=here.now(),
        ),
        "closed",
    )


def _settle(act: Callable[[], None], done: str) -> ResponseReturnValue:
    try:
        act()
    except NotParked:
        return _page(problem=QUICKER), 409
    except ForwardingBlocked as error:
        why = " ".join(from_below(one.says) for one in error.obstacles)
        return _page(problem=_("It may not be passed on: %(why)s", why=why)), 409
    except WordsInvalid as error:
        return _page(problem=from_below(str(error))), 422
    return redirect(url_for("parked.show", done=done, reason=request.form.get("at") or None), 303)


def _page(*, problem: str = "") -> str:
    args = request.args if request.method == "GET" else {}
    reason, after = args.get("reason"), args.get("after", "")
    with door().store.reading() as tx:
        counts = count_parked(tx)
        reason = reason if reason in counts else None
        found = list_parked(tx, reason=reason, after=after if DELIVERY_ID.fullmatch(after) else None, limit=PAGE + 1)
        since = min((one.parked_at for one in found), default=door().now())
        told = list_told(tx, [one.delivery for one in found], since=since)
    return render_template(
        "review/parked.html",
        items=[(one, _told_of(one, told)) for one in found[:PAGE]],
        counts=counts,
        reason=reason,
        further=found[PAGE - 1].delivery.id if len(found) > PAGE else None,
        is_further=bool(after),
        closed_for=CLOSED_FOR,
        kinds=KINDS,
        words_length=WORDS_LENGTH,
        problem=problem,
        done=DONE.get(args.get("done", "")),
    )


def _told_of(one: Parked, told: list[Told]) -> list[Told]:
    """Return the first mails that were about a delivery: those of the first moment after it failed."""
    place = (one.delivery.destination, one.delivery.last_reason or "")
    mine = [mail for mail in told if (mail.destination, mail.reason) == place and mail.made_at >= one.parked_at]
    return [mail for mail in mine if mail.made_at == mine[0].made_at]
