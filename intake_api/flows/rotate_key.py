"""Put a new key in the place of one in use, with the fact in the evidence; what the old one signed stays good (E-07).

Both keys are at hand while this is done, the new one first. What the old one made is made anew in small transactions,
so that the house stays open; only when nothing of it is left the new key is the one in use.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from intake_api.flows.index_leads_anew import index_leads_anew
from intake_api.store import evidence, keyring, rights_cases, second_factors, subjects
from intake_api.store.base import Store

BATCH = 200
WEBHOOK = "WEBHOOK_SECRET"


class CannotRotate(Exception):
    """This key cannot be rotated now; the text says what to do first."""

    code = "cannot_rotate"


@dataclass(frozen=True)
class HeldKeys:
    """The ids of the keys of one name at hand, newest first, and the public halves of those that sign, by id."""

    name: str
    ids: tuple[str, ...]
    public: Mapping[str, bytes]


@dataclass(frozen=True)
class Rotated:
    """Which key took the place of which, and how many rows were made anew. `before` is None the first time."""

    before: str | None
    after: str
    renewed: int


def rotate_key(store: Store, held: HeldKeys, *, now: datetime) -> Rotated:
    """Rotate one key. Run again, it makes anew what a process that still had the old key alone has written since.

    :raises CannotRotate: there is no newer key at hand, or the one in use is not.
    :raises CannotOpen: something is wrapped with neither key.
    :raises StoreUnavailable: run it again; what is done is done.
    """
    newest = held.ids[0]
    with store.reading() as tx:
        before = keyring.current_id(tx, held.name)
    if before is not None and before not in held.ids:
        raise CannotRotate(f"VESTIBULE_{held.name} lacks the key in use (id {before}): write both, the new one first.")
    if before == newest and len(held.ids) == 1:
        raise CannotRotate(
            f"VESTIBULE_{held.name} has one key, which is in use: write a new one before it, and a space."
        )
    renewed = _RENEW[held.name](store) if held.name in _RENEW else 0
    if before != newest:
        _put_in_use(store, held, before, renewed, now=now)
    return Rotated(before, newest, renewed)


def _put_in_use(store: Store, held: HeldKeys, before: str | None, renewed: int, *, now: datetime) -> None:
    newest = held.ids[0]
    with store.writing() as tx:
        keyring.hold_start(tx)
        keyring.replace_key(tx, held.name, newest, now=now, public_key=held.public.get(newest))
        halves = {"from_public": held.public.get(before or ""), "to_public": held.public.get(newest)}
        facts = {"key": held.name, "from": before, "to": newest, "renewed": renewed}
        facts |= {name: half.hex() for name, half in halves.items() if half}
        evidence.add_entry(tx, "key.rotated", actor="operator", now=now, facts=facts)


def _wrap_anew(store: Store) -> int:
    """Wrap every person's key by the new master key."""
    last, renewed = "", 0
    while True:
        with store.writing() as tx:
            done = subjects.wrap_anew(tx, store.vault, after=last, limit=BATCH)
        if done is None:
            break
        last, renewed = done[0], renewed + done[1]
    with store.writing() as tx:
        renewed += second_factors.wrap_anew(tx, store.vault)
        return renewed + rights_cases.wrap_anew(tx, store.vault)


def _index_anew(store: Store) -> int:
    renewed = index_leads_anew(store)
    with store.writing() as tx:
        return renewed + rights_cases.wrap_anew(tx, store.vault)


_RENEW: Mapping[str, Callable[[Store], int]] = {"MASTER_KEY": _wrap_anew, "INDEX_KEY": _index_anew}
