"""The tree of the evidence log: RFC 6962 hashing, kept as a frontier so that adding costs a few hashes.

A frontier is the list of roots of the complete subtrees that make up a tree, largest first: as many as the size has
one-bits. The tests compare every root with the library `pymerkle`.
"""

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of one leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def append(frontier: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """Return the frontier of a tree of `size` leaves after one more leaf hash."""
    grown = [*frontier, leaf]
    while size & 1:
        right = grown.pop()
        grown[-1] = _node(grown[-1], right)
        size >>= 1
    return grown


def root(frontier: Sequence[bytes]) -> bytes:
    """Return the root of the tree with this frontier."""
    if not frontier:
        return EMPTY_ROOT
    top = frontier[-1]
    for left in reversed(frontier[:-1]):
        top = _node(left, top)
    return top


def chained(previous: bytes, leaf: bytes) -> bytes:
    """Return the running hash after one more leaf hash: it tells at which index the order was broken."""
    return hashlib.sha256(b"\x02" + previous + leaf).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
