"""The report of how far it goes from a form that is shown to a lead that is delivered, and what people agree to."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy import Connection

from intake_api.catalogue.definitions import OPT_IN
from intake_api.catalogue.model import Catalogue
from intake_api.rules.period import Period
from intake_api.store.notices import get_notice_body
from intake_api.store.presentations import Outcome
from intake_api.store.report_counts import Counts
from intake_api.store.report_paths import (
    Reached,
    answered_by_notice,
    decided_by_notice,
    reached_by_form,
    shown_by_notice,
)
from intake_api.web.review.names import capital, form_name, language_name, purpose_name
from intake_api.web.review.pictures import Bar
from intake_api.web.review.report_tables import Both, Row, Share, Table, beside
from intake_api.web.review.tongue import _, _l

PATH_NOTE = _l(
    "Showings are counted in memory and written every few seconds; a process that is killed loses its last ones. "
    "Whether a visitor began to fill a form in is not counted: that would need a trace of somebody who sent nothing. "
    "Without what staff wrote down for somebody."
)
PURPOSE_NOTE = _l(
    "A yes here is the first one, also where a second is asked for by mail. Ignored: shown, and neither sent nor "
    "refused; left empty where more was answered than was counted as shown."
)


@dataclass(frozen=True)
class Asked:
    """What a notice asks about: its form, its language, and the purposes that want a yes."""

    form: str
    locale: str
    opt_ins: tuple[str, ...]


@dataclass(frozen=True)
class Became:
    """What became of what was shown in a period, by notice, and of the leads of each form."""

    shown: Mapping[str, int]
    answered: Mapping[tuple[str, Outcome], int]
    decided: Mapping[tuple[str, str, bool], int]
    reached: Mapping[str, Reached]

    @property
    def notices(self) -> set[str]:
        """Return the hashes of the notices that play a part."""
        return {*self.shown, *(notice for notice, _ in self.answered), *(notice for notice, _, _ in self.decided)}


@dataclass(frozen=True)
class Steps:
    """How far it went from being shown, for one form or all."""

    shown: int = 0
    refused: int = 0
    sent: int = 0
    qualified: int = 0
    delivered: int = 0


@dataclass(frozen=True)
class Said:
    """What became of one question for a yes."""

    shown: int = 0
    yes: int = 0
    no: int = 0
    answered: int = 0

    @property
    def ignored(self) -> int | None:
        """How often it was shown, and neither sent nor refused; None where more was answered than counted."""
        return self.shown - self.answered if self.shown >= self.answered else None


def path_tables(counts: Counts, catalogue: Catalogue, period: Period) -> list[Table]:
    """Return the tables of the report. What people were asked, their notices say."""
    del catalogue
    now, before = (_became(counts, one) for one in (period, period.before))
    asked = {notice: _asked(counts.tx, notice) for notice in now.notices | before.notices}
    steps = [steps_by_form(asked, one) for one in (now, before)]
    said = [said_by_purpose(asked, one) for one in (now, before)]
    return [*step_tables(*steps), path_table(*steps), purpose_table(*said)]


def steps_by_form(asked: Mapping[str, Asked], became: Became) -> dict[str, Steps]:
    """Follow each form from being shown to being delivered."""
    seen, sent, refused = Counter[str](), Counter[str](), Counter[str]()
    for notice in became.notices:
        form = asked[notice].form
        seen[form] += became.shown.get(notice, 0)
        sent[form] += became.answered.get((notice, Outcome.SUBMITTED), 0)
        refused[form] += became.answered.get((notice, Outcome.REFUSED), 0)
    steps = {}
    for form in seen.keys() | became.reached.keys():
        come = became.reached.get(form, Reached(0, 0))
        steps[form] = Steps(seen[form], refused[form], sent[form], come.qualified, come.delivered)
    return steps


def said_by_purpose(asked: Mapping[str, Asked], became: Became) -> dict[tuple[str, str], Said]:
    """Say what became of each question for a yes, by purpose and language."""
    found: dict[tuple[str, str], Said] = {}
    for notice in became.notices:
        one = asked[notice]
        shown, refused = became.shown.get(notice, 0), became.answered.get((notice, Outcome.REFUSED), 0)
        answered = sum(became.answered.get((notice, outcome), 0) for outcome in Outcome)
        for purpose in one.opt_ins:
            was = found.get((purpose, one.locale), Said())
            yes, no = (became.decided.get((notice, purpose, way), 0) for way in (True, False))
            found[purpose, one.locale] = Said(
                was.shown + shown, was.yes + yes, was.no + no + refused, was.answered + answered
            )
    return found


def step_tables(now: Mapping[str, Steps], before: Mapping[str, Steps]) -> list[Table]:
    """Add up the steps of all forms: how many there were of each, and how many of those before it came as far."""
    both = whole, then = _together(now), _together(before)
    steps = [
        (_("Shown"), whole.shown, then.shown),
        (_("Sent"), whole.sent, then.sent),
        (_("Qualified"), whole.qualified, then.qualified),
        (_("Delivered"), whole.delivered, then.delivered),
    ]
    shares: list[Row] = [
        (_("Sent of shown"), Both(*(Share(one.sent, one.shown) for one in both))),
        (_("Qualified of sent"), Both(*(Share(one.qualified, one.sent) for one in both))),
        (_("Delivered of qualified"), Both(*(Share(one.delivered, one.qualified) for one in both))),
    ]
    columns = (_("What"), _("Share"))
    return [
        Table("shares", _("In short"), columns, shares if now or before else [], is_wide=True, is_headline=True),
        Table(
            "steps",
            _("From shown to delivered"),
            (_("Step"), _("Number")),
            [(name, Both(count, before_it)) for name, count, before_it in steps],
            bars=[Bar(name, count, before_it) for name, count, before_it in steps],
            is_wide=True,
        ),
    ]


def _together(steps: Mapping[str, Steps]) -> Steps:
    """Add up all forms."""
    return Steps(*(sum(getattr(one, each.name) for one in steps.values()) for each in fields(Steps)))


def path_table(now: Mapping[str, Steps], before: Mapping[str, Steps]) -> Table:
    """Set the steps of each form beside those of the period before."""
    rows: list[Row] = []
    for form in sorted(now.keys() | before.keys()):
        one, then = now.get(form, Steps()), before.get(form, Steps())
        rows.append(
            (
                form_name(form),
                *beside((one.shown, one.refused, one.sent), (then.shown, then.refused, then.sent)),
                Both(Share(one.sent, one.shown), Share(then.sent, then.shown)),
                *beside((one.qualified, one.delivered), (then.qualified, then.delivered)),
            )
        )
    columns = (_("Form"), _("Shown"), _("Refused"), _("Sent"), _("Sent of shown"), _("Qualified"), _("Delivered"))
    return Table("path", _("From shown to delivered, by form"), columns, rows, PATH_NOTE, is_wide=True)


def purpose_table(now: Mapping[tuple[str, str], Said], before: Mapping[tuple[str, str], Said]) -> Table:
    """Set what became of each question for a yes beside the period before."""
    rows: list[Row] = []
    for purpose, locale in sorted(now.keys() | before.keys()):
        one, then = now.get((purpose, locale), Said()), before.get((purpose, locale), Said())
        label = f"{capital(purpose_name(purpose))} · {language_name(locale)}"
        numbers = beside((one.shown, one.yes, one.no, one.ignored), (then.shown, then.yes, then.no, then.ignored))
        rows.append((label, *numbers, Both(Share(one.yes, one.shown), Share(then.yes, then.shown))))
    columns = (_("Purpose and language"), _("Shown"), _("Accepted"), _("Refused"), _("Ignored"), _("Accepted of shown"))
    return Table("purposes", _("Yes and no by purpose"), columns, rows, PURPOSE_NOTE, is_wide=True)


def _became(counts: Counts, period: Period) -> Became:
    return Became(
        shown_by_notice(counts.tx, period),
        answered_by_notice(counts, period),
        decided_by_notice(counts, period),
        reached_by_form(counts, period),
    )


def _asked(tx: Connection, notice_hash: str) -> Asked:
    """Read what people were really asked, which the catalogue of today may ask no more."""
    notice = json.loads(get_notice_body(tx, notice_hash))
    opt_ins = tuple(one["id"] for one in notice["purposes"] if one["control"] == OPT_IN)
    return Asked(notice["form"], notice["locale"], opt_ins)
