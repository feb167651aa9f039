"""Encryption at rest, for all rooms: data keys that are wrapped by the installation's key, and bytes sealed under them.

Sealed bytes: `S` `1` cipher(1) nonce(12) ciphertext tag(16). Wrapped keys: `W` `1` cipher(1) name of the wrapping
key(4) nonce(12) ciphertext(32) tag(16). The head is authenticated, and so is a context that names table, column and
row, so that sealed bytes cannot be moved. Destroying a wrapped key makes everything under it unreadable for ever.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence

from messaging.ciphers import BY_MARK, KEY_BYTES, NONCE_BYTES, PROVIDERS, TAG_BYTES, Provider, Tampered, key_name

SEALED, WRAPPED = b"S1", b"W1"
NAME_BYTES = 4
KEPT = 4096  # unwrapped keys in memory
_SEALED_HEAD = len(SEALED) + 1
_WRAPPED_HEAD = len(WRAPPED) + 1 + NAME_BYTES
_FOR_KEYS = b"tongban:data-key"


class Unreadable(Exception):
    """Sealed bytes that cannot be opened: `shape`, `cipher`, `unknown_key` (no such wrapping key) or `tampered`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sealer:
    """Seals and opens; safe to use from several threads.

    `sealing_key` wraps data keys, `index_key` blinds search values; both 32 bytes and not the same. `cipher` is what
    new bytes are sealed with (`aes-gcm` | `sm4-gcm`); bytes of either cipher are opened. `previous` are retired
    sealing keys: what they wrapped still opens, new keys are wrapped by `sealing_key`. The blind index follows the
    cipher: after a change of cipher or `index_key` the index has to be built anew.
    """

    def __init__(
        self, sealing_key: bytes, index_key: bytes, cipher: str = "aes-gcm", *, previous: Sequence[bytes] = ()
    ) -> None:
        """Raises ValueError for a key that is not 32 bytes, for one key in both roles, and for an unknown cipher."""
        if any(len(key) != KEY_BYTES for key in (sealing_key, index_key, *previous)):
            raise ValueError(f"sealing and index keys are {KEY_BYTES} bytes each")
        if index_key == sealing_key:
            raise ValueError("sealing key and index key must differ")
        if cipher not in PROVIDERS:
            raise ValueError(f"no such cipher: {cipher}")
        self._provider: Provider = PROVIDERS[cipher]
        self._current = key_name(sealing_key)
        self._wrapping = {key_name(key): key for key in (*previous, sealing_key)}
        self._index_key = index_key
        self._unwrapped: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def new_key(self) -> tuple[bytes, bytes]:
        """A fresh data key and the same key wrapped; only the wrapped one may be stored."""
        key = os.urandom(KEY_BYTES)
        return key, self.wrap(key)

    def wrap(self, key: bytes) -> bytes:
        """A data key wrapped by the current sealing key."""
        head = WRAPPED + bytes([self._provider.mark]) + self._current
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + self._provider.encrypt(self._wrapping[self._current], nonce, key, head + _FOR_KEYS)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key. Raises Unreadable."""
        with self._lock:
            key = self._unwrapped.get(wrapped)
            if key is not None:
                self._unwrapped.move_to_end(wrapped)
                return key
        key = self._unwrap(wrapped)
        with self._lock:
            self._unwrapped[wrapped] = key
            if len(self._unwrapped) > KEPT:
                self._unwrapped.popitem(last=False)
        return key

    def is_current(self, wrapped: bytes) -> bool:
        """Was it wrapped by the present sealing key? If not, `wrap(unwrap(wrapped))` brings it up to date."""
        return wrapped[_WRAPPED_HEAD - NAME_BYTES : _WRAPPED_HEAD] == self._current

    def forget(self, wrapped: bytes) -> None:
        """Drop a key from memory, when its wrapped form was destroyed."""
        with self._lock:
            self._unwrapped.pop(wrapped, None)

    def seal(self, key: bytes, clear: bytes, context: str) -> bytes:
        """Seal bytes under a data key, bound to a context such as `case_application.answers:17`."""
        head = SEALED + bytes([self._provider.mark])
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + self._provider.encrypt(key, nonce, clear, head + context.encode())

    def open(self, key: bytes, sealed: bytes, context: str) -> bytes:
        """The very bytes that were sealed under this key for this context. Raises Unreadable."""
        head, nonce, body = _split(sealed, SEALED, _SEALED_HEAD)
        return _decrypted(key, head, nonce, body, context.encode())

    def blind(self, kind: str, value: str) -> bytes:
        """32 bytes under which a value can be found but not read; the same value of two kinds gives two results."""
        if "\0" in kind:
            raise ValueError("a kind holds no NUL")
        return self._provider.keyed_digest(self._index_key, f"{kind}\0{value}".encode())

    def _unwrap(self, wrapped: bytes) -> bytes:
        head, nonce, body = _split(wrapped, WRAPPED, _WRAPPED_HEAD)
        wrapping = self._wrapping.get(head[-NAME_BYTES:])
        if wrapping is None:
            raise Unreadable("unknown_key")
        return _decrypted(wrapping, head, nonce, body, _FOR_KEYS)


def _split(blob: bytes, magic: bytes, head_bytes: int) -> tuple[bytes, bytes, bytes]:
    if len(blob) < head_bytes + NONCE_BYTES + TAG_BYTES or not blob.startswith(magic):
        raise Unreadable("shape")
    return blob[:head_bytes], blob[head_bytes : head_bytes + NONCE_BYTES], blob[head_bytes + NONCE_BYTES :]


def _decrypted(key: bytes, head: bytes, nonce: bytes, body: bytes, bound_to: bytes) -> bytes:
    provider = BY_MARK.get(head[2])
    if provider is None:
        raise Unreadable("cipher")
    try:
        return provider.decrypt(key, nonce, body, head + bound_to)
    except Tampered:
        raise Unreadable("tampered") from None
