"""The report of what came in: by day, channel, form and language, beside the period before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from intake_api.catalogue.model import Catalogue
from intake_api.rules.period import Period
from intake_api.store.report_counts import Counts
from intake_api.store.reports import By, leads_by, leads_by_day
from intake_api.web.review.names import form_name, language_name
from intake_api.web.review.pictures import Bar
from intake_api.web.review.report_tables import Both, Share, Table
from intake_api.web.review.tongue import _
from intake_api.web.review.words import CHANNELS, short_day


def lead_tables(counts: Counts, catalogue: Catalogue, period: Period) -> list[Table]:
    """Return the tables of the report."""
    del catalogue
    both = {by: [leads_by(counts, by, one) for one in (period, period.before)] for by in By}
    forms = {form: form_name(form) for one in both[By.FORM] for form in one}
    languages = {code: language_name(code) for one in both[By.LANGUAGE] for code in one}
    return [
        total_table(period, *(sum(one.values()) for one in both[By.FORM])),
        day_table(period, leads_by_day(counts, period), leads_by_day(counts, period.before)),
        kind_table("channels", _("Leads by channel"), _("Channel"), CHANNELS, *both[By.CHANNEL]),
        replace(kind_table("forms", _("Leads by form"), _("Form"), forms, *both[By.FORM]), is_tall=True),
        kind_table("languages", _("Leads by language"), _("Language"), languages, *both[By.LANGUAGE]),
    ]


def day_table(period: Period, now: Mapping[date, int], before: Mapping[date, int]) -> Table:
    """Set each day beside the one that is as far into the period before."""
    pairs = list(zip(period.days, period.before.days, strict=True))
    return Table(
        "days",
        _("Leads by day"),
        (_("Day"), _("Leads"), _("Day before"), _("Leads then")),
        [(day, now.get(day, 0), other, before.get(other, 0)) for day, other in pairs],
        bars=[Bar(short_day(day), now.get(day, 0), before.get(other, 0)) for day, other in pairs],
        is_by_day=True,
        is_wide=True,
    )


def kind_table(
    name: str, title: str, column: str, words: Mapping[str, str], now: Mapping[str, int], before: Mapping[str, int]
) -> Table:
    """Set the numbers of a period beside those of the one before, the largest first."""
    kinds = sorted(now.keys() | before.keys(), key=lambda kind: (-now.get(kind, 0), -before.get(kind, 0), kind))
    numbers = [(str(words.get(kind, kind)), now.get(kind, 0), before.get(kind, 0)) for kind in kinds]
    whole, whole_before = sum(now.values()), sum(before.values())
    return Table(
        name,
        title,
        (column, _("Leads"), _("Share")),
        [
            (label, Both(count, then), Both(Share(count, whole), Share(then, whole_before)))
            for label, count, then in numbers
        ],
        bars=[Bar(label, count, then) for label, count, then in numbers],
    )


def total_table(period: Period, now: int, before: int) -> Table:
    """Say how many came, in all and on a day of the period."""
    rows = [
        (_("Leads"), Both(now, before)),
        (_("A day, on average"), Both(Decimal(now) / period.length, Decimal(before) / period.length)),
    ]
    columns = (_("What"), _("Number"))
    return Table("total", _("In all"), columns, rows if now or before else [], is_wide=True, is_headline=True)
