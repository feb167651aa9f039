"""The provider of ciphers: the only file that names an algorithm. A hardware module would be another class here."""

import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hmac import HMAC

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


class Tampered(Exception):
    """Ciphertext, context or key are not the ones that belong together."""


class Provider(Protocol):
    """Authenticated encryption and a keyed digest. Keys are 32 bytes for every provider, nonces 12."""

    mark: int  # one byte, kept with what was encrypted so that it can be opened after the setting changed

    def encrypt(self, key: bytes, nonce: bytes, clear: bytes, bound_to: bytes) -> bytes:
        """Ciphertext followed by its tag; `bound_to` is authenticated and not kept."""

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """The clear bytes. Raises Tampered."""

    def keyed_digest(self, key: bytes, value: bytes) -> bytes:
        """32 bytes that nobody can compute without the key."""


class International:
    """AES-256-GCM and HMAC-SHA-256."""

    mark = 1

    def encrypt(self, key: bytes, nonce: bytes, clear: bytes, bound_to: bytes) -> bytes:
        return AESGCM(key).encrypt(nonce, clear, bound_to)

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        try:
            return AESGCM(key).decrypt(nonce, sealed, bound_to)
        except InvalidTag:
            raise Tampered from None

    def keyed_digest(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")


class Chinese:
    """SM4-GCM (GB/T 32907) and HMAC-SM3 (GB/T 32905). The cipher's 16-byte key is derived from the 32 bytes."""

    mark = 2

    def encrypt(self, key: bytes, nonce: bytes, clear: bytes, bound_to: bytes) -> bytes:
        work = Cipher(SM4(self._derived(key)), GCM(nonce)).encryptor()
        work.authenticate_additional_data(bound_to)
        return work.update(clear) + work.finalize() + work.tag

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        clear, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
        work = Cipher(SM4(self._derived(key)), GCM(nonce, tag)).decryptor()
        work.authenticate_additional_data(bound_to)
        try:
            return work.update(clear) + work.finalize()
        except InvalidTag:
            raise Tampered from None

    def keyed_digest(self, key: bytes, value: bytes) -> bytes:
        work = HMAC(key, hashes.SM3())
        work.update(value)
        return work.finalize()

    def _derived(self, key: bytes) -> bytes:
        return self.keyed_digest(key, b"tongban:sm4-key")[:16]


PROVIDERS: Mapping[str, Provider] = MappingProxyType({"aes-gcm": International(), "sm4-gcm": Chinese()})
BY_MARK: Mapping[int, Provider] = MappingProxyType({provider.mark: provider for provider in PROVIDERS.values()})


def key_name(key: bytes) -> bytes:
    """The first four bytes (eight hex digits) of the digest of a wrapping key, by which it is recognised."""
    return hashlib.sha256(key).digest()[:4]
