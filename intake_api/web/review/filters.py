"""Which leads a reviewer looks at, in which order: read from the address once, and put into every address that goes on.

What the address does not name is not asked for, and what it names wrongly is left out, as an unknown state always was:
a link of yesterday opens, and the page says which filters hold. A filter names kinds and days and nobody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import request

from intake_api.rules.attribution import CAMPAIGN, CAMPAIGN_LENGTH
from intake_api.rules.lead_state import OUT_OF_LISTS, LeadState
from intake_api.store.lead_lists import NOBODY, Due, Order, Wanted
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import _
from intake_api.web.review.words import AGES, STATES

ALL = "all"
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
SAID = re.compile(CAMPAIGN)
SCORE = re.compile(r"[0-9]{1,4}")
ME, NO_ONE = "me", "nobody"  # beside the ids of staff; "me" in a view for all is whoever looks
OVER = "over_"  # in front of an age: at least as old, and not at most
DUE_WITHIN = timedelta(days=1)  # "due today", seen from any hour of the day


@dataclass(frozen=True)
class Filter:
    """One view of the queue. An empty text asks for nothing."""

    state: str = LeadState.NEW.value
    form: str = ""
    channel: str = ""
    language: str = ""
    source: str = ""
    campaign: str = ""
    purpose: str = ""
    score: str = ""
    age: str = ""
    due: str = ""
    assignee: str = ""
    order: str = Order.NEWEST.value

    @property
    def args(self) -> dict[str, Any]:
        """Return what stands for this filter in an address: the state, and what else asks for something."""
        said = {name: str(getattr(self, name)) for name in self.__dataclass_fields__}
        usual = Filter()
        return {name: value for name, value in said.items() if name == "state" or value != getattr(usual, name)}

    @property
    def narrowed(self) -> dict[str, str]:
        """Return what is asked for beside the state, by name."""
        return {name: value for name, value in self.args.items() if name not in ("state", "order")}

    def without(self, name: str) -> "Filter":
        """Return this filter without one of its parts."""
        return replace(self, **{name: getattr(Filter(), name)})

    def with_state(self, state: str) -> "Filter":
        """Return this filter for another state."""
        return replace(self, state=state)

    def wanted(self, now: datetime) -> Wanted:
        """Return what the store is asked for at a moment."""
        is_over, days = self.age.startswith(OVER), self.age.removeprefix(OVER)
        edge = now - timedelta(days=int(days.removesuffix("d"))) if days else None
        due_by = now if self.due == Due.RESPONSE else now + DUE_WITHIN
        return Wanted(
            states=states_in(self.state),
            form=self.form or None,
            channel=self.channel or None,
            locale=self.language or None,
            source=self.source or None,
            campaign=self.campaign or None,
            purpose=self.purpose or None,
            score_at_least=int(self.score) if self.score else None,
            received_since=None if is_over else edge,
            received_before=edge if is_over else None,
            assigned_to=_assigned_to(self.assignee),
            due=Due(self.due) if self.due else None,
            due_by=due_by if self.due else None,
            order=Order(self.order),
        )


def chosen_filter() -> Filter:
    """Return the filter of the request, from its address or from the form that was sent."""
    return filter_of(request.values)


def filter_of(given: Mapping[str, Any]) -> Filter:
    """Return the filter that these arguments stand for."""
    usual = Filter()
    said = {name: str(given.get(name, "")) for name in usual.__dataclass_fields__}
    return Filter(**{name: value if _fits(name, value) else getattr(usual, name) for name, value in said.items()})


def states_in(name: str) -> tuple[LeadState, ...]:
    """Return the states that a filter shows. "All" leaves out who was erased, and what is shown with another lead."""
    return tuple(state for state in STATES if state not in OUT_OF_LISTS) if name == ALL else (LeadState(name),)


def filter_label(name: str) -> str:
    """Return how the state of a filter is said."""
    return _("All") if name == ALL else str(STATES[LeadState(name)])


def _assigned_to(assignee: str) -> str | None:
    if assignee == ME:
        return reviewer().id
    return NOBODY if assignee == NO_ONE else assignee or None


def _fits(name: str, value: str) -> bool:
    if name == "state":
        return value == ALL or value in {state.value for state in LeadState}
    if name == "order":
        return value in {order.value for order in Order}
    if name == "due":
        return value in {due.value for due in Due}
    if name == "age":
        return value in AGES
    if name in ("source", "campaign"):
        return len(value) <= CAMPAIGN_LENGTH and SAID.fullmatch(value) is not None
    if name == "score":
        return SCORE.fullmatch(value) is not None
    return NAME.fullmatch(value) is not None
