"""How many deliveries a destination gets in a span of time, and how two queues share that."""

import re
from dataclasses import dataclass

UNITS = {"s": 1, "min": 60, "h": 3600}
WRITTEN = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,3})?(s|min|h)")
NONE = "none"


class RateInvalid(ValueError):
    """This is no rate."""

    code = "rate_invalid"


@dataclass(frozen=True)
class Rate:
    """At most `limit` begin within any `period` seconds."""

    limit: int
    period: int

    def shared(self) -> tuple["Rate", "Rate"]:
        """Return what those have that pass a lead on, and what is kept for those that tell a no: together no more.

        A quarter is kept, at least one: no backlog of leads takes the room of a no.
        """
        limit, period = (self.limit, self.period) if self.limit > 1 else (2, 2 * self.period)
        kept = max(1, limit // 4)
        return Rate(limit - kept, period), Rate(kept, period)


def read_rate(written: str) -> Rate | None:
    """Return the rate that is written as `10/s`, `100/10s` or `600/min`; None for `none`.

    :raises RateInvalid: it is not written so.
    """
    if written == NONE:
        return None
    found = WRITTEN.fullmatch(written)
    if found is None:
        raise RateInvalid("A rate is written as 10/s, 100/10s, 600/min, or none.")
    limit, many, unit = found.groups()
    return Rate(int(limit), int(many or 1) * UNITS[unit])
