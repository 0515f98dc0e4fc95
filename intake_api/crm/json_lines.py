"""The embedded default destination: a file of JSON Lines, one object a delivery."""

import json
import re
from datetime import datetime

from intake_api.clock import rfc3339
from intake_api.crm.lead_file import LeadFile
from intake_api.crm.port import Operation, Parcel, document


class JsonLinesFile(LeadFile):
    """A parcel on each line, as `port.document` writes it."""

    delivery_id = re.compile(rb'\{"delivery": ?"([!-~]{1,64}?)"')

    def header(self) -> bytes:
        """Return nothing: each line says what it is."""
        return b""

    def line(self, operation: Operation, parcel: Parcel, now: datetime) -> bytes:
        """Return the parcel with the time of its writing."""
        written = {**document(operation, parcel), "sent_at": rfc3339(now)}
        return json.dumps(written, ensure_ascii=False).encode() + b"\n"
