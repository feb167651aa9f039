"""Merkle trees over audit lines, as in RFC 9162: a root for many hashes and a short proof that one of them is in it. Pure.

Hashes are SHA-256 in hex; leaves and inner nodes are hashed apart (0x00, 0x01), so that neither passes for the other.
"""

import hashlib
from collections.abc import Sequence


def root(hashes: Sequence[str]) -> str:
    """The tree's root. An empty tree has the hash of nothing (RFC 9162, 2.1.1)."""
    if not hashes:
        return hashlib.sha256(b"").hexdigest()
    return _root([_leaf(one) for one in hashes]).hex()


def proof(hashes: Sequence[str], index: int) -> list[str]:
    """The inclusion path of one hash, from its leaf up (RFC 9162, 2.1.3.1). Raises IndexError."""
    if not 0 <= index < len(hashes):
        raise IndexError(f"{index} of {len(hashes)}")
    return [node.hex() for node in _path([_leaf(one) for one in hashes], index)]


def check(one: str, index: int, size: int, path: Sequence[str], expected: str) -> bool:
    """Does the path lead from this hash, the index-th of `size`, to the root? (RFC 9162, 2.1.3.2)"""
    if not 0 <= index < size:
        return False
    place, last = index, size - 1
    try:
        node, steps = _leaf(one), [bytes.fromhex(step) for step in path]
    except ValueError:
        return False
    for step in steps:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = _node(step, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = _node(node, step)
        place, last = place >> 1, last >> 1
    return last == 0 and node.hex() == expected


def _root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(len(leaves))
    return _node(_root(leaves[:middle]), _root(leaves[middle:]))


def _path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*_path(leaves[:middle], index), _root(leaves[middle:])]
    return [*_path(leaves[middle:], index - middle), _root(leaves[:middle])]


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)


def _leaf(one: str) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(one)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
