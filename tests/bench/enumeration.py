"""Whether time tells who is known (S-03): the same request about known and unknown people, by turns, at a real door.

Three ways in which somebody might try it: asking for a right by an address, sending a form with an address, guessing at
the receipt of a lead whose id leaked. In each the medians over 200 tries of either may differ by less than 20 ms.
"""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.load import Connection
from tests.processes import service_environment, serving

TRIES = 200
TO_REACH_MS = 20.0
READ_IN = 2.5  # seconds between showing and sending, or it would look like a machine's
# So that no form is sent so often within ten minutes that the door asks for a small calculation.
FORMS = ("newsletter", "loyalty")

Asked = tuple[str, Any]
Try = tuple[Asked, Asked]  # about a known one, about an unknown one: path and body


def bench_enumeration(folder: Path) -> dict[str, dict[str, float]]:
    """Measure on SQLite; return by way the medians in milliseconds and how far they are apart."""
    environment = service_environment(folder, f"sqlite:///{folder}/enumeration.sqlite")
    with serving("intake_api.wsgi:public", environment) as door:
        connection = Connection(door.port)
        receipts = [_keep(connection, number) for number in range(TRIES)]
        return {
            "rights": _compared(connection, _rights(), 202),
            "submissions": _compared(connection, _submissions(connection), 201),
            "receipts": _compared(connection, _receipts(receipts), 404),
        }


def _known(number: int) -> str:
    return f"known{number:03d}@sample.example"


def _unknown(number: int) -> str:
    return f"other{number:03d}@sample.example"


def _keep(connection: Connection, number: int) -> str:
    """Make somebody known; return the token of their receipt."""
    path, body = _sending(connection, "request_demo", _known(number))
    answer = connection.ask("POST", path, body, expect=201)
    return str(answer["receipt"].rpartition("/")[2])


def _rights() -> list[Try]:
    def asked(email: str) -> Asked:
        return "/v1/rights", {"kind": "access", "email": email, "locale": "en"}

    return [(asked(_known(number)), asked(_unknown(number))) for number in range(TRIES)]


def _submissions(connection: Connection) -> list[Try]:
    forms = [FORMS[number % len(FORMS)] for number in range(TRIES)]
    tries = [
        (_sending(connection, form, _known(number)), _sending(connection, form, _unknown(number)))
        for number, form in enumerate(forms)
    ]
    time.sleep(READ_IN)
    return tries


def _sending(connection: Connection, form: str, email: str) -> Asked:
    shown = connection.ask("GET", f"/v1/forms/{form}?locale=en&channel=page", expect=200)
    opt_in = [one["id"] for one in shown["notice"]["purposes"] if one["control"] == "opt_in"]
    needed = {field["name"] for field in shown["fields"] if field["necessity"] == "required"}
    fields = {"email": email, **({"name": "Example"} if "name" in needed else {})}
    body = {
        "presentation": shown["presentation"]["id"],
        "locale": "en",
        "fields": fields,
        "decisions": dict.fromkeys(opt_in, True),
        "attribution": {},
    }
    return f"/v1/forms/{form}/submissions", body


def _receipts(receipts: Sequence[str]) -> list[Try]:
    """Guess: the right id of a lead with a wrong secret, and an id that there is not."""

    def guessed(lead_id: str) -> Asked:
        return f"/v1/receipts/{lead_id}-{'A' * 32}/withdrawals", {}

    return [(guessed(one.partition("-")[0]), guessed(f"{number:032x}")) for number, one in enumerate(receipts)]


def _compared(connection: Connection, tries: Sequence[Try], status: int) -> dict[str, float]:
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    lengths: dict[str, set[int]] = {"known": set(), "unknown": set()}
    for number, (known, unknown) in enumerate(tries):
        pair = [("known", known), ("unknown", unknown)]
        for name, (path, body) in pair if number % 2 else pair[::-1]:
            begun = time.perf_counter()
            answered, read = connection.send("POST", path, body)
            took[name].append(time.perf_counter() - begun)
            lengths[name].add(len(read))
            if answered != status:
                raise RuntimeError(f"POST {path} answered {answered}: not what was to be measured")
    if lengths["known"] != lengths["unknown"]:
        raise RuntimeError(f"The answers are of different lengths: {lengths}")
    medians = {name: statistics.median(times) * 1000 for name, times in took.items()}
    apart = abs(medians["known"] - medians["unknown"])
    return {**{f"{name}_ms": round(one, 2) for name, one in medians.items()}, "apart_ms": round(apart, 2)}
