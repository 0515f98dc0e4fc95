"""What of a person, and of us, stands on which page of the review door (SEC-08, M-10, A-05): one table.

What is not named for a page does not stand on it, whatever role looks. A test walks the real pages with marked values;
docs/review.md shows this table.
"""

from collections.abc import Mapping
from enum import StrEnum

from intake_api.rules.staff_roles import StaffAct


class Shows(StrEnum):
    """A kind of field."""

    TYPED = "typed"  # what the person typed, whole
    MASKED = "masked"  # the same, masked
    NOTES = "notes"  # what staff wrote down about the person
    READERS = "readers"  # who of us opened it
    REFERENCE = "reference"  # of a lead
    STAFF = "staff"  # addresses of us
    VIEWS = "views"  # the names of views that one of us saved for all


_LEAD = frozenset({Shows.TYPED, Shows.NOTES, Shows.REFERENCE, Shows.STAFF})
# By the page's name and the act it needs. `READERS` on a lead needs `see_readings` besides.
PAGES: Mapping[str, frozenset[Shows]] = {
    "lead.show": _LEAD | {Shows.READERS},
    "merging.preview": frozenset({Shows.TYPED, Shows.REFERENCE}),
    "recording.choose": frozenset(),
    "queue.show": frozenset({Shows.REFERENCE, Shows.STAFF, Shows.VIEWS}),
    "search.ask": frozenset(),
    "search.show": frozenset({Shows.MASKED, Shows.REFERENCE}),
    "bulk.jobs": frozenset({Shows.STAFF}),
    "bulk.show": frozenset({Shows.REFERENCE, Shows.STAFF}),
    "exports.jobs": frozenset({Shows.STAFF}),
    "exports.show": frozenset({Shows.REFERENCE, Shows.STAFF}),
    "exports.file": frozenset({Shows.TYPED, Shows.REFERENCE}),
    "audit.show": frozenset({Shows.READERS, Shows.REFERENCE, Shows.STAFF}),
    "audit.rights": frozenset({Shows.REFERENCE}),  # of what is still to be told
    "reports.show": frozenset(),
    "reports.take_out": frozenset(),
    "destinations.show": frozenset(),
    "differences.show": frozenset({Shows.REFERENCE}),
    "parked.show": frozenset({Shows.REFERENCE, Shows.STAFF}),
    "questions.of_lead": frozenset({Shows.REFERENCE}),  # where its script looks again
    "questions.of_destination": frozenset(),
    "people.show": frozenset({Shows.STAFF}),
    "account.show": frozenset(),
    "second_factor.show": frozenset(),
}
BESIDES: Mapping[Shows, StaffAct] = {Shows.READERS: StaffAct.SEE_READINGS}
# What another one of us did at once is seen by those alone who may see everybody's.
OF_OTHERS: Mapping[str, StaffAct] = {"bulk.jobs": StaffAct.SEE_MANY, "bulk.show": StaffAct.SEE_MANY}
