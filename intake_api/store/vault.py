"""Sealing: what a person typed is one AEAD blob under that person's own key, wrapped by a master key (SEC-43).

Destroying the wrapped key erases the person, in every copy of the database at once (Q-01). Equality search goes through
keyed blind indexes (SEC-44). This file alone knows how.
"""

import hashlib
import hmac
import json
import os
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = b"\x01"
NONCE_BYTES = 12
INDEX_BYTES = 8  # 64 bits: few enough to blur guesses on a stolen index, enough to tell a million people apart


class CannotOpen(Exception):
    """A sealed value does not open: wrong key, altered bytes, or bytes moved from another row."""

    code = "sealed_value_invalid"


@dataclass(frozen=True)
class DataKey:
    """The key of one person, open in memory. It never leaves the process."""

    subject: str
    key: bytes

    def __repr__(self) -> str:
        return f"DataKey({self.subject})"


class Vault:
    """Seals and opens values with the master key; makes blind indexes with the index key."""

    def __init__(
        self,
        master_key: bytes,
        index_key: bytes,
        *,
        older_master_keys: Sequence[bytes] = (),
        older_index_keys: Sequence[bytes] = (),
    ) -> None:
        """Take the keys in use, and those that are being rotated out: what they made can still be opened and found."""
        self._master = AESGCM(master_key)
        self._older_masters = [AESGCM(key) for key in older_master_keys]
        index_keys = (index_key, *older_index_keys)
        self._kind_keys = cache(lambda kind: [hmac.digest(key, kind.encode(), "sha256") for key in index_keys])
        self.master_key_id = key_id(master_key)
        self.index_key_id = key_id(index_key)

    def new_data_key(self, subject: str) -> tuple[DataKey, bytes]:
        """Make the key of a new person; return it open, and wrapped for the database."""
        key = AESGCM.generate_key(256)
        return DataKey(subject, key), self._encrypt(self._master, key, f"subjects.wrapped_key|{subject}")

    def unwrap(self, subject: str, wrapped: bytes) -> DataKey:
        """Open a person's key.

        :raises CannotOpen: not wrapped by this master key, or for another person.
        """
        return DataKey(subject, self._unwrapped(subject, wrapped)[0])

    def wrap_anew(self, subject: str, wrapped: bytes) -> bytes | None:
        """Wrap a person's key by the master key in use; None if it already is (E-07).

        :raises CannotOpen: no master key at hand opens it.
        """
        key, is_newest = self._unwrapped(subject, wrapped)
        return None if is_newest else self._encrypt(self._master, key, f"subjects.wrapped_key|{subject}")

    def seal(self, key: DataKey, values: Mapping[str, Any], *, place: str) -> bytes:
        """Seal values for one place, such as `leads.sealed|<lead id>`: they open nowhere else."""
        plain = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
        return self._encrypt(AESGCM(key.key), plain, f"{place}|{key.subject}")

    def open(self, key: DataKey, sealed: bytes, *, place: str) -> dict[str, Any]:
        """Open what `seal` sealed.

        :raises CannotOpen: other key, other place, or altered bytes.
        """
        plain = self._decrypt(AESGCM(key.key), sealed, f"{place}|{key.subject}")
        values: dict[str, Any] = json.loads(plain)
        return values

    def salt(self, key: DataKey, entry: str) -> bytes:
        """Return the 32-byte salt of one evidence entry; it dies with the person's key (E-02)."""
        return hmac.digest(key.key, b"evidence salt|" + entry.encode(), "sha256")

    def blind(self, kind: str, value: str) -> bytes:
        """Return the blind index of a normalised value, under a key of its own for each kind (SEC-44)."""
        return self.blinds(kind, value)[0]

    def blinds(self, kind: str, value: str) -> list[bytes]:
        """Return the blind indexes that a value may be found by: more than one while the index key is being rotated."""
        folded = unicodedata.normalize("NFKC", value).casefold().encode()
        return [hmac.digest(key, folded, "sha256")[:INDEX_BYTES] for key in self._kind_keys(kind)]

    def _unwrapped(self, subject: str, wrapped: bytes) -> tuple[bytes, bool]:
        """Open a wrapped key by whichever master key it was wrapped with, and say whether that is the one in use."""
        place = f"subjects.wrapped_key|{subject}"
        for master in self._older_masters:
            try:
                return self._decrypt(self._master, wrapped, place), True
            except CannotOpen:
                with suppress(CannotOpen):
                    return self._decrypt(master, wrapped, place), False
        return self._decrypt(self._master, wrapped, place), True

    def _encrypt(self, cipher: AESGCM, plain: bytes, place: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return FORMAT + nonce + cipher.encrypt(nonce, plain, place.encode())

    def _decrypt(self, cipher: AESGCM, sealed: bytes, place: str) -> bytes:
        if sealed[:1] != FORMAT:
            raise CannotOpen("This sealed value has a format that this version does not know.")
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, body, place.encode())
        except InvalidTag:
            raise CannotOpen("A sealed value does not open with the keys of this process.") from None


def key_id(key: bytes) -> str:
    """Name a key without telling it, for messages and for the keyring."""
    return hashlib.sha256(b"vestibule key id|" + key).hexdigest()[:16]
