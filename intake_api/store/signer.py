"""Signatures with the Ed25519 keys of the service: over checkpoints, receipts and exports (E-07)."""

from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from intake_api.store.vault import key_id


class KeyNotHeld(Exception):
    """This process has not the key that is in use: it was rotated since this process was started."""

    code = "key_not_held"


class Signer:
    """Signs with an Ed25519 key of the service, and tells its own signature from others'.

    While a key is being rotated it holds the one that goes as well, and `using` says which of them signs.
    """

    def __init__(self, seed: bytes, older_seeds: Sequence[bytes] = ()) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._private.public_key().public_bytes_raw()
        self.key_id = key_id(self.public_key)
        self._others = [Signer(older) for older in older_seeds]

    def using(self, wanted: str | None) -> "Signer":
        """Return what signs with the key of an id; itself when no key is in use yet.

        :raises KeyNotHeld: none of its keys has this id.
        """
        found = [one for one in (self, *self._others) if wanted in (None, one.key_id)]
        if not found:
            raise KeyNotHeld("The signing key was rotated. Give this process the one in use and start it again.")
        return found[0]

    def sign(self, text: bytes) -> bytes:
        """Return the Ed25519 signature of `text`."""
        return self._private.sign(text)

    def has_signed(self, text: bytes, signature: bytes) -> bool:
        """Say whether one of these keys signed `text`."""
        stands = verifier_of(self.public_key)
        return stands(text, signature) or any(other.has_signed(text, signature) for other in self._others)


def verifier_of(public_key: bytes) -> Callable[[bytes, bytes], bool]:
    """Return what says whether a key signed a text: it takes the text and the signature."""
    key = Ed25519PublicKey.from_public_bytes(public_key)

    def stands(text: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, text)
        except InvalidSignature:
            return False
        return True

    return stands
