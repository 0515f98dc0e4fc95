"""Sealing: what a person typed is one AEAD blob under that person's own key, wrapped by a master key (SEC-43).

Destroying the wrapped key erases the person, in every copy of the database at once (Q-01). Equality search goes through
keyed blind indexes (SEC-44). This file alone knows how.
"""

import hashlib
import hmac
import json
import os
import unicodedata
from collections.abc import Mapping
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

    def __init__(self, master_key: bytes, index_key: bytes) -> None:
        self._master = AESGCM(master_key)
        self._kind_key = cache(lambda kind: hmac.digest(index_key, kind.encode(), "sha256"))
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
        return DataKey(subject, self._decrypt(self._master, wrapped, f"subjects.wrapped_key|{subject}"))

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
        folded = unicodedata.normalize("NFKC", value).casefold()
        return hmac.digest(self._kind_key(kind), folded.encode(), "sha256")[:INDEX_BYTES]

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
