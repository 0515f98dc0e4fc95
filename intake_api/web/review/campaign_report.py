"""The report of where leads came from and what became of them, and how often the codes of campaigns came back."""

from collections import Counter
from collections.abc import Mapping

from intake_api.catalogue.model import Catalogue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.period import Period
from intake_api.store.code_uses import list_uses
from intake_api.store.report_counts import Counts
from intake_api.store.reports import states_by_campaign
from intake_api.web.review.names import form_name
from intake_api.web.review.pace_report import APPROVED, TURNED_DOWN
from intake_api.web.review.pictures import Bar
from intake_api.web.review.report_tables import Both, Row, Share, Table, beside
from intake_api.web.review.tongue import _, _l
from intake_api.web.review.words import SOURCE_VALUES

FEW = 5  # leads: fewer are told together with others, since a link may have been made for one person
MOST_BARS = 12
CODE_NOTE = _l("Since the beginning, whatever the period: a code is counted, and not when it was used.")
OTHERS = ("", "\0")  # no source and no campaign can be called so
DECIDED = APPROVED | TURNED_DOWN | {LeadState.CONTACTED}
Place = tuple[str, str]  # a source and a campaign


def campaign_tables(counts: Counts, catalogue: Catalogue, period: Period) -> list[Table]:
    """Return the tables of the report."""
    del catalogue
    now, before = (states_by_campaign(counts, one) for one in (period, period.before))
    return [total_table(now, before), campaign_table(*grouped(now, before)), code_table(counts)]


def total_table(now: Mapping[Place, Counter[LeadState]], before: Mapping[Place, Counter[LeadState]]) -> Table:
    """Add up all sources and campaigns."""
    whole, whole_before = (sum(one.values(), Counter[LeadState]()) for one in (now, before))
    numbers = beside(_numbers(whole), _numbers(whole_before))
    rows: list[Row] = list(zip(_steps(), numbers, strict=True)) if now or before else []
    return Table("total", _("In all"), (_("What"), _("Number")), rows, is_wide=True, is_headline=True)


def grouped(
    now: Mapping[Place, Counter[LeadState]], before: Mapping[Place, Counter[LeadState]]
) -> tuple[dict[Place, Counter[LeadState]], dict[Place, Counter[LeadState]]]:
    """Put together what too few came by, in both periods alike, so that no row tells of one person."""
    told: tuple[dict[Place, Counter[LeadState]], dict[Place, Counter[LeadState]]] = ({}, {})
    for place in now.keys() | before.keys():
        leads = sum(one.get(place, Counter()).total() for one in (now, before))
        name = place if leads >= FEW or place == ("", "") else OTHERS
        for one, its in zip((now, before), told, strict=True):
            its.setdefault(name, Counter()).update(one.get(place, Counter()))
    return told


def campaign_table(now: Mapping[Place, Counter[LeadState]], before: Mapping[Place, Counter[LeadState]]) -> Table:
    """Say how many came by each source and campaign, and how far they came, the most first."""
    places = sorted(now, key=lambda place: (-now[place].total(), -before[place].total(), place))
    rows: list[Row] = []
    for place in places:
        one, then = _numbers(now[place]), _numbers(before[place])
        shares = (Share(each[2], each[1]) for each in (one, then))
        rows.append((_label(place), *beside(one, then), Both(*shares)))
    return Table(
        "campaigns",
        _("Leads by source and campaign"),
        (_("Source and campaign"), *_steps(), _("Qualified of decided")),
        rows,
        _(
            "Leads of this period, by what their links said. Those with fewer than %(few)s leads in the two periods "
            "are told together. Where leads stand now; those that are erased, where they stood last.",
            few=FEW,
        ),
        bars=[Bar(_label(place), now[place].total(), before[place].total()) for place in places[:MOST_BARS]],
        is_wide=True,
    )


def code_table(counts: Counts) -> Table:
    """Say how often each code came back with each form."""
    uses: list[Row] = [(one.code, form_name(one.form), one.uses) for one in list_uses(counts.tx)]
    return Table(
        "codes", _("Codes of campaigns"), (_("Code"), _("Form"), _("Times used")), uses, CODE_NOTE, is_wide=True
    )


def _numbers(states: Counter[LeadState]) -> tuple[int, int, int, int]:
    kinds = (DECIDED, APPROVED, {LeadState.DELIVERED})
    decided, approved, delivered = (sum(states[one] for one in kind) for kind in kinds)
    return states.total(), decided, approved, delivered


def _label(place: Place) -> str:
    if place == OTHERS:
        return _("Others, fewer than %(few)s leads each", few=FEW)
    source, campaign = place
    if not source and not campaign:
        return _("Neither said")
    return f"{SOURCE_VALUES.get(source, source) or _('no source')} · {campaign or _('no campaign')}"


def _steps() -> tuple[str, str, str, str]:
    return _("Leads"), _("Decided"), _("Qualified"), _("Delivered")
