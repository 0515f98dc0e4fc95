"""What the other side answered, read as carefully as what visitors type (SEC-53)."""

import json
from typing import Any

from intake_api.crm.calling import Answer

READ_BYTES = 1 << 20  # of one answer


class NotReadable(Exception):
    """The answer is not the JSON it should be. The text of the other side is in no part of this."""


def read_json(answer: Answer) -> Any:
    """Return the JSON value of an answer's body.

    :raises NotReadable: it is none, or holds what JSON does not have (NaN), or is nested too deeply.
    """
    try:
        return json.loads(answer.body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise NotReadable from None


def _refuse(_constant: str) -> None:
    raise ValueError
