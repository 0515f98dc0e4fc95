"""The report of how quickly leads are decided and delivered, and whether the score foretold what became of them."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from intake_api.catalogue.model import Catalogue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.period import Period
from intake_api.rules.span_steps import Spans
from intake_api.store.counted_leads import BAND
from intake_api.store.deliveries import UNSETTLED, DeliveryState
from intake_api.store.report_counts import Counts
from intake_api.store.report_paths import (
    deliveries_by_state,
    states_by_score,
    time_to_decision,
    time_to_deliver,
)
from intake_api.web.review.code_words import destination as said_destination
from intake_api.web.review.names import form_name
from intake_api.web.review.pictures import Bar
from intake_api.web.review.report_tables import Both, Row, Share, Table, beside, shown
from intake_api.web.review.tongue import _, _l

BECAME = ("yes", "no", "open", "gone")
APPROVED = frozenset({LeadState.QUALIFIED, LeadState.DELIVERED, LeadState.DELIVERY_FAILED})
TURNED_DOWN = frozenset({LeadState.DECLINED, LeadState.SPAM})
FARED = (
    (DeliveryState.DELIVERED, DeliveryState.BY_HAND),
    UNSETTLED,
    (DeliveryState.REFUSED,),
    (DeliveryState.GIVEN_UP, DeliveryState.CLOSED),
    (DeliveryState.BLOCKED, DeliveryState.CANCELLED),
)
OPEN = frozenset({LeadState.NEW, LeadState.CONTACTED, LeadState.HELD})
PACE_NOTE = _l(
    "From the moment a lead came until somebody first got in touch, approved it, declined it or called it spam. "
    "Leads that still wait are not among them. Times are rounded up, by a tenth at most."
)
SCORE_NOTE = _l("Where leads of this period stand now; those that are erased, where they stood last.")
DELIVERY_NOTE = _l(
    "Deliveries that began in this period, and how long those that arrived took, with pauses and retries. "
    "Times are rounded up, by a tenth at most."
)
NONE = Spans(0, None, None)


def pace_tables(counts: Counts, catalogue: Catalogue, period: Period) -> list[Table]:
    """Return the tables of the report. What the catalogue says of today plays no part in it."""
    del catalogue
    before = period.before
    return [
        decision_table(time_to_decision(counts, period), time_to_decision(counts, before)),
        score_table(states_by_score(counts, period), states_by_score(counts, before)),
        delivery_table(
            deliveries_by_state(counts, period),
            deliveries_by_state(counts, before),
            time_to_deliver(counts, period),
            time_to_deliver(counts, before),
        ),
    ]


def decision_table(now: Mapping[str, Spans], before: Mapping[str, Spans]) -> Table:
    """Say how long people waited for the first decision, by form."""
    rows: list[Row] = []
    bars = []
    for form in sorted(now.keys() | before.keys(), key=lambda form: (_seconds(now.get(form, NONE)), form)):
        one, then = now.get(form, NONE), before.get(form, NONE)
        rows.append((form_name(form), *beside(_told(one), _told(then))))
        bars.append(Bar(form_name(form), _seconds(one), _seconds(then), shown(one.median)))
    columns = (_("Form"), _("Decided"), _("Half within"), _("Nine of ten within"))
    return Table("pace", _("Half are decided within"), columns, rows, PACE_NOTE, bars=bars, is_wide=True)


def score_table(now: Mapping[tuple[int, LeadState], int], before: Mapping[tuple[int, LeadState], int]) -> Table:
    """Set the score beside what became of the leads, in bands of points, the highest first."""
    bands, bands_before = outcomes(now), outcomes(before)
    rows: list[Row] = []
    bars = []
    for band in sorted(bands.keys() | bands_before.keys(), reverse=True):
        one, then = bands.get(band, Counter()), bands_before.get(band, Counter())
        label = f"{band * BAND}–{band * BAND + BAND - 1}"
        numbers = beside([one[became] for became in BECAME], [then[became] for became in BECAME])
        share, share_before = (Share(each["yes"], each["yes"] + each["no"]) for each in (one, then))
        rows.append((label, *numbers, Both(share, share_before)))
        bars.append(Bar(label, round(100 * (share.value or 0)), round(100 * (share_before.value or 0)), shown(share)))
    columns = (
        _("Score"),
        _("Approved"),
        _("Declined or spam"),
        _("Open"),
        _("Taken back or merged"),
        _("Approved of decided"),
    )
    return Table("scores", _("Approved of decided, by score"), columns, rows, SCORE_NOTE, bars=bars, is_wide=True)


def outcomes(states: Mapping[tuple[int, LeadState], int]) -> dict[int, Counter[str]]:
    """Add up what became of leads, by band of their score."""
    bands: dict[int, Counter[str]] = {}
    for (band, state), number in states.items():
        became = "yes" if state in APPROVED else "no" if state in TURNED_DOWN else "open" if state in OPEN else "gone"
        bands.setdefault(band, Counter())[became] += number
    return bands


def delivery_table(
    now: Mapping[tuple[str, DeliveryState], int],
    before: Mapping[tuple[str, DeliveryState], int],
    took: Mapping[str, Spans],
    took_before: Mapping[str, Spans],
) -> Table:
    """Say how deliveries fare, by destination."""
    rows: list[Row] = []
    for destination in sorted({one for one, _state in (*now, *before)}):
        numbers = beside(_fared(now, destination), _fared(before, destination))
        one, then = took.get(destination, NONE), took_before.get(destination, NONE)
        rows.append((said_destination(destination), *numbers, *beside(_told(one)[1:], _told(then)[1:])))
    columns = (
        _("Destination"),
        _("Delivered"),
        _("On their way"),
        _("Refused there"),
        _("Given up"),
        _("Held back or cancelled"),
        _("Half within"),
        _("Nine of ten within"),
    )
    return Table("deliveries", _("Deliveries"), columns, rows, DELIVERY_NOTE, is_wide=True)


def _fared(states: Mapping[tuple[str, DeliveryState], int], destination: str) -> list[int]:
    return [sum(states.get((destination, state), 0) for state in kinds) for kinds in FARED]


def _seconds(spans: Spans) -> int:
    """Return how long half wait, to draw it; none that waited is drawn as nothing."""
    return round(spans.median.total_seconds()) if spans.median else 0


def _told(spans: Spans) -> tuple[int, timedelta | None, timedelta | None]:
    return spans.count, spans.median, spans.most
