"""A file of leads as it is handed out: each line and the head bear the number of the export (X-06)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from intake_api.catalogue.model import Catalogue
from intake_api.flows.hand_out_export import HandedOut
from intake_api.rules.lead_state import LeadState
from intake_api.web.review.export_words import COLUMNS, REASONS
from intake_api.web.review.names import capital, field_name, form_name, purpose_name
from intake_api.web.review.report_tables import Single, Table
from intake_api.web.review.tongue import _
from intake_api.web.review.words import CHANNELS, STATES


@dataclass(frozen=True)
class LeadOrigin:
    """What a workbook of leads says of itself."""

    export: str
    reason: str
    taken_on: date

    def about(self, table: Table) -> Mapping[str, str]:
        """Return what stands on the second sheet, by its name there."""
        return {
            _("Table"): table.title,
            _("Taken out on"): self.taken_on.isoformat(),
            _("Taken out for"): str(REASONS.get(self.reason, self.reason)),
            _("Export"): self.export,
            _("What it is"): table.note,
        }


def table_of(handed: HandedOut, catalogue: Catalogue) -> Table:
    """Return the lines as a table: the number of the export, what is said of the lead, then what was typed."""
    names = _names(handed, catalogue)
    head = _("Vestibule export %(number)s", number=handed.export)
    return Table(
        name="leads",
        title=_("Leads"),
        columns=[head, *map(str, COLUMNS.values()), *(capital(field_name(name)) for name in names)],
        rows=[
            [handed.export, *_said(line["said"]), *(_typed(line["fields"].get(name)) for name in names)]
            for line in handed.lines
        ],
        note=_(
            "Personal data. Use it only for what “May be used for” says of each person, look at the lead before you "
            "write to anybody, pass it on to nobody, and delete it when it served, at the latest on the day of "
            "“Delete by”."
        ),
        sheet=_("Leads"),
    )


def _names(handed: HandedOut, catalogue: Catalogue) -> list[str]:
    """Return the fields that somebody in it filled in, in the order in which they are asked."""
    asked = dict.fromkeys(name for form in catalogue.forms.values() for name in form.rules)
    given = {name for line in handed.lines for name in line["fields"]}
    return [name for name in asked if name in given] + sorted(given - asked.keys())


def _said(said: Mapping[str, Any]) -> list[Single]:
    told: dict[str, Single] = {
        "received_at": date.fromisoformat(said["received_at"][:10]),
        "form": form_name(said["form"]),
        "channel": str(CHANNELS.get(said["channel"], said["channel"])),
        "state": str(STATES[LeadState(said["state"])]),
        "purposes": ", ".join(map(purpose_name, said["purposes"])),
        "delete_after": date.fromisoformat(said["delete_after"][:10]),
    }
    return [told.get(name, said[name]) for name in COLUMNS]


def _typed(value: str | int | None) -> Single:
    return "" if value is None else value
