"""What the other side answered, read as carefully as what visitors type (SEC-53)."""

import json
import math
from typing import Any

from intake_api.crm.calling import Answer

READ_BYTES = 1 << 20  # of one answer


class NotReadable(Exception):
    """The answer is not the JSON it should be. The text of the other side is in no part of this."""


def read_json(answer: Answer) -> Any:
    """Return the JSON value of an answer's body.

    :raises NotReadable: it is none, or holds what JSON does not have (NaN) or what no text or number of ours can hold
        (half a character, a number that is endless), or is nested too deeply.
    """
    try:
        value = json.loads(answer.body.decode(), parse_constant=_refuse, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()  # fails on half a character, which would break a later call
    except (ValueError, RecursionError):
        raise NotReadable from None
    return value


def _refuse(_constant: str) -> None:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):  # 1e999
        raise ValueError
    return number
