"""Where the page that asks for a factor leads back to: a page of ours by its name, a lead by its reference (SEC-18)."""

from collections.abc import Mapping

from flask import request, url_for

from intake_api.rules.reference import spelled_reference
from intake_api.web.review.filters import chosen_filter, filter_of
from intake_api.web.review.permits import PLACES

A_LEAD, USUAL = "lead.show", "account.show"
AFTER_READING = (A_LEAD, "search.ask")  # where too many leads were seen, and nothing else is asked for a factor
BACK = {
    USUAL,
    "second_factor.show",
    "search.ask",
    "bulk.jobs",
    "exports.jobs",
    *(endpoint for _, endpoint, _ in PLACES),
}
# Where a factor that was asked for leads back to, by the part of the door.
OF_PART = {
    "people": "people.show",
    "second_factor": "second_factor.show",
    "passkeys": "second_factor.show",
    "search": "search.ask",
    "bulk": "bulk.jobs",
    "exports": "exports.jobs",
    "lead": A_LEAD,
    "work": A_LEAD,
    "merging": A_LEAD,
}


def back_from_here() -> dict[str, str]:
    """Return what a form carries that leads back to what was refused, as far as that can be asked for again."""
    back = OF_PART.get(request.blueprint or "", USUAL)
    if back != A_LEAD:
        return {"back": back}
    return {"back": back, "lead": (request.view_args or {}).get("reference", ""), **chosen_filter().args}


def back_once_more() -> dict[str, str]:
    """Return what the form that was sent carries, for showing it again."""
    return back_of(request.form)


def back_of(given: Mapping[str, str]) -> dict[str, str]:
    """Return what was carried along, and nothing else that was sent."""
    back = given.get("back", "")
    return {"back": back, "lead": given.get("lead", ""), **filter_of(given).args} if back == A_LEAD else {"back": back}


def path_back() -> str:
    """Return the path that the form that was sent leads back to: always one of ours."""
    return path_back_of(request.form)


def path_back_of(given: Mapping[str, str]) -> str:
    """Return the path that what was carried along leads back to: always one of ours."""
    back, reference = given.get("back", ""), spelled_reference(given.get("lead", ""))
    if back == A_LEAD and reference:
        return url_for(A_LEAD, reference=reference, **filter_of(given).args)
    return url_for(back if back in BACK else USUAL)
