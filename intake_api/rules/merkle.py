"""The tree of the evidence log: RFC 6962 hashing, kept as a frontier so that adding costs a few hashes.

A frontier is the list of roots of the complete subtrees that make up a tree, largest first: as many as the size has
one-bits. The tests compare every root with the library `pymerkle`.
"""

import hashlib
from collections.abc import Mapping, Sequence

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


def known_hashes(frontier: Sequence[bytes], size: int, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Return the hashes that a tree of `size` leaves and those that came after it give at once, by range of leaves.

    With these every proof about one of the later leaves can be made, and every one that the later tree goes on from
    the earlier: no other node has to be kept.
    """
    known, start = {}, 0
    for subtree, bit in zip(
        frontier, [bit for bit in range(size.bit_length(), -1, -1) if size >> bit & 1], strict=True
    ):
        known[start, start + (1 << bit)] = subtree
        start += 1 << bit
    return known | {(size + number, size + number + 1): leaf for number, leaf in enumerate(leaves)}


def inclusion(known: Mapping[tuple[int, int], bytes], place: int, size: int) -> list[bytes]:
    """Return the audit path of one leaf in the tree of `size` leaves (RFC 6962, 2.1.1), from the leaf upwards.

    :raises KeyError: a hash that is needed cannot be made of what is known.
    """
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _left(end - start)
        inside, beside = ((start, middle), (middle, end)) if place < middle else ((middle, end), (start, middle))
        path.append(_range(known, *beside))
        start, end = inside
    return path[::-1]


def consistency(known: Mapping[tuple[int, int], bytes], earlier: int, size: int) -> list[bytes]:
    """Return the proof that the tree of `size` leaves begins with the one of `earlier` (RFC 6962, 2.1.2).

    :raises KeyError: a hash that is needed cannot be made of what is known.
    """
    if earlier in (0, size):
        return []
    path, start, end, whole = [], 0, size, True
    while earlier != end:
        middle = start + _left(end - start)
        if earlier <= middle:
            path.append(_range(known, middle, end))
            end = middle
        else:
            path.append(_range(known, start, middle))
            start, whole = middle, False
    return [*([] if whole else [_range(known, start, end)]), *path[::-1]]


def _range(known: Mapping[tuple[int, int], bytes], start: int, end: int) -> bytes:
    if (start, end) in known or end - start < 2:
        return known[start, end]
    middle = start + _left(end - start)
    return _node(_range(known, start, middle), _range(known, middle, end))


def _left(count: int) -> int:
    """Return how many of some leaves stand on the left: the largest power of two that is less than all."""
    return 1 << (count - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
