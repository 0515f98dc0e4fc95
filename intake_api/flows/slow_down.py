"""Count tries to get in before they are looked at, and make whoever fails wait longer each time (SEC-03)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from intake_api.log import event
from intake_api.rules.sign_in_brake import (
    ACCOUNT_FROM_ANYWHERE,
    ACCOUNT_FROM_HERE,
    NETWORK,
    Brake,
    Tries,
    counted,
    is_trusted,
    wait_left,
)
from intake_api.store.base import Store
from intake_api.store.sign_in_tries import hold_tries, put_tries


class TooManyTries(Exception):
    """Too many failed tries for this account or from this network; `wait` says how long to hold on."""

    code = "too_many_tries"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many tries. Wait a little, then try again.")
        self.wait = wait


@dataclass(frozen=True)
class TryKeys:
    """The keys a try is counted under, made blind."""

    from_here: bytes
    from_anywhere: bytes
    network: bytes


def try_keys(store: Store, kind: str, who: str, network: str) -> TryKeys:
    """Return the keys of a try: `kind` is `sign_in` for passwords, `code` for codes."""
    blind = store.vault.blind
    return TryKeys(
        blind(f"{kind}_from_here", f"{who}|{network}"),
        blind(f"{kind}_account", who),
        blind("sign_in_network", network),
    )


def count_try(tx: Connection, keys: TryKeys, *, now: datetime) -> None:
    """Count a try before it is looked at, so that guesses in parallel gain nothing.

    :raises TooManyTries: it shall not be looked at.
    """
    held = hold_tries(tx, [keys.from_here, keys.from_anywhere, keys.network])
    brakes: dict[bytes, Brake] = {keys.from_here: ACCOUNT_FROM_HERE, keys.network: NETWORK}
    if not is_trusted(held[keys.from_here], now=now):
        brakes[keys.from_anywhere] = ACCOUNT_FROM_ANYWHERE
    wait = max(wait_left(brake, held[key], now=now) for key, brake in brakes.items())
    if wait:
        event("security.too_many_tries", seconds=int(wait.total_seconds()))
        raise TooManyTries(wait)
    put_tries(tx, {key: counted(held[key], now=now) for key in brakes})


def take_back_try(tx: Connection, keys: TryKeys, *, now: datetime) -> None:
    """Take the counted try back. What others tried stays: getting in must not give guessers a new start."""
    held = hold_tries(tx, [keys.from_here, keys.from_anywhere, keys.network])
    less = {key: Tries(max(0, one.failures - 1), one.last_at, one.succeeded_at) for key, one in held.items()}
    put_tries(tx, {**less, keys.from_here: Tries(0, None, now)})
