"""Encryption at rest: what was sealed comes back bit for bit, in its own place, under its own key, or not at all."""

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import ciphers, sealing
from messaging.sealing import Sealer, Unreadable

CIPHERS = ["aes-gcm", "sm4-gcm"]
SEALING, INDEX, OTHER = b"s" * 32, b"i" * 32, b"o" * 32
PLACE = "case_application.answers:17"


@pytest.fixture(params=CIPHERS)
def sealer(request: pytest.FixtureRequest) -> Sealer:
    """One with each cipher."""
    return Sealer(SEALING, INDEX, request.param)


@pytest.mark.parametrize("cipher", CIPHERS)
@given(clear=st.binary(max_size=3000), context=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_every_byte_comes_back(cipher: str, clear: bytes, context: str) -> None:
    sealer = Sealer(SEALING, INDEX, cipher)
    key, wrapped = sealer.new_key()
    assert (
        sealer.open(Sealer(SEALING, INDEX, cipher).unwrap(wrapped), sealer.seal(key, clear, context), context) == clear
    )


def test_nothing_of_the_clear_text_can_be_seen_and_sealing_twice_gives_other_bytes(sealer: Sealer) -> None:
    key, wrapped = sealer.new_key()
    clear = "张三 421321200001019998".encode() * 20
    first, second = sealer.seal(key, clear, PLACE), sealer.seal(key, clear, PLACE)
    assert first != second
    assert b"421321" not in first
    assert key not in wrapped
    assert len(first) == len(clear) + 3 + 12 + 16


def test_sealed_bytes_cannot_be_moved_to_another_place(sealer: Sealer) -> None:
    key, _ = sealer.new_key()
    here, there = sealer.seal(key, b"here", "t.a:1"), sealer.seal(key, b"there", "t.a:2")
    for sealed, context in ((here, "t.a:2"), (there, "t.a:1"), (here, ""), (here, "t.a:1 ")):
        with pytest.raises(Unreadable, match="tampered"):
            sealer.open(key, sealed, context)


def test_another_key_opens_nothing(sealer: Sealer) -> None:
    key, _ = sealer.new_key()
    other, _ = sealer.new_key()
    with pytest.raises(Unreadable, match="tampered"):
        sealer.open(other, sealer.seal(key, b"x", PLACE), PLACE)


def test_every_single_changed_bit_is_noticed(sealer: Sealer) -> None:
    key, wrapped = sealer.new_key()
    sealed = sealer.seal(key, b"four", PLACE)
    for blob, read in ((sealed, lambda changed: sealer.open(key, changed, PLACE)), (wrapped, sealer.unwrap)):
        for bit in range(len(blob) * 8):
            changed = bytearray(blob)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(Unreadable):
                read(bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 2, 3, 14, 30, 33])
def test_what_is_cut_short_is_noticed(sealer: Sealer, length: int) -> None:
    key, wrapped = sealer.new_key()
    with pytest.raises(Unreadable):
        sealer.open(key, sealer.seal(key, b"four", PLACE)[:length], PLACE)
    with pytest.raises(Unreadable):
        sealer.unwrap(wrapped[:length])


def test_a_wrapped_key_is_not_taken_for_sealed_bytes(sealer: Sealer) -> None:
    key, wrapped = sealer.new_key()
    with pytest.raises(Unreadable, match="shape"):
        sealer.open(SEALING, wrapped, "tongban:data-key")
    with pytest.raises(Unreadable, match="shape"):
        sealer.unwrap(sealer.seal(key, key, "tongban:data-key"))


def test_after_a_change_of_cipher_old_bytes_still_open() -> None:
    for before, after in (CIPHERS, CIPHERS[::-1]):
        old, new = Sealer(SEALING, INDEX, before), Sealer(SEALING, INDEX, after)
        key, wrapped = old.new_key()
        sealed = old.seal(key, b"before", PLACE)
        assert new.open(new.unwrap(wrapped), sealed, PLACE) == b"before"
        assert old.open(key, new.seal(key, b"after", PLACE), PLACE) == b"after"


def test_a_sealing_key_can_be_replaced(sealer: Sealer) -> None:
    key, wrapped = sealer.new_key()
    assert sealer.is_current(wrapped)
    rotated = Sealer(OTHER, INDEX, previous=[SEALING])
    assert not rotated.is_current(wrapped)
    assert rotated.unwrap(wrapped) == key
    renewed = rotated.wrap(rotated.unwrap(wrapped))
    assert rotated.is_current(renewed)
    only_new = Sealer(OTHER, INDEX)
    assert only_new.unwrap(renewed) == key
    with pytest.raises(Unreadable, match="unknown_key"):
        only_new.unwrap(wrapped)


def test_a_wrapped_key_tells_which_key_wrapped_it(sealer: Sealer) -> None:
    _, wrapped = sealer.new_key()
    assert wrapped[3:7].hex() == hashlib.sha256(SEALING).hexdigest()[:8]


def test_unwrapped_keys_are_kept_in_bounded_memory_and_can_be_forgotten(
    sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "KEPT", 2)
    wrapped = [sealer.new_key()[1] for _ in range(3)]
    keys = [sealer.unwrap(one) for one in wrapped]
    assert len(set(keys)) == 3
    monkeypatch.setattr(sealer, "_wrapping", {})
    assert sealer.unwrap(wrapped[2]) == keys[2]
    with pytest.raises(Unreadable):
        sealer.unwrap(wrapped[0])
    sealer.forget(wrapped[2])
    with pytest.raises(Unreadable):
        sealer.unwrap(wrapped[2])


def test_a_blinded_value_is_found_again_but_differs_by_kind_value_and_key(sealer: Sealer) -> None:
    one = sealer.blind("id_number", "421321200001019998")
    assert len(one) == 32
    assert one == sealer.blind("id_number", "421321200001019998")
    others = [
        sealer.blind("name", "421321200001019998"),
        sealer.blind("id_number", "42132120000101999X"),
        sealer.blind("id", "_number\0421321200001019998"),
        hashlib.sha256(b"id_number\0" + b"421321200001019998").digest(),
    ]
    assert one not in others
    with pytest.raises(ValueError, match="NUL"):
        sealer.blind("a\0b", "c")


def test_the_blind_index_depends_on_its_own_key_only() -> None:
    assert Sealer(SEALING, INDEX).blind("name", "张三") == Sealer(OTHER, INDEX).blind("name", "张三")
    assert Sealer(SEALING, INDEX).blind("name", "张三") != Sealer(SEALING, OTHER).blind("name", "张三")
    assert Sealer(SEALING, INDEX).blind("name", "张三") != Sealer(SEALING, INDEX, "sm4-gcm").blind("name", "张三")


@pytest.mark.parametrize(
    ("sealing_key", "index_key", "cipher", "previous"),
    [
        (b"s" * 16, INDEX, "aes-gcm", []),
        (SEALING, b"", "aes-gcm", []),
        (SEALING, INDEX, "aes-gcm", [b"short"]),
        (SEALING, SEALING, "aes-gcm", []),
        (SEALING, INDEX, "rot13", []),
    ],
)
def test_keys_and_cipher_are_checked_at_the_start(
    sealing_key: bytes, index_key: bytes, cipher: str, previous: list[bytes]
) -> None:
    with pytest.raises(ValueError, match=r"key|cipher"):
        Sealer(sealing_key, index_key, cipher, previous=previous)


def test_the_chinese_provider_computes_what_the_standards_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 8998 appendix A.1 for the cipher; HMAC-SM3 against its definition over hashlib, where that has SM3."""
    key, nonce = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), bytes.fromhex("00001234567800000000ABCD")
    bound_to = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    clear = bytes.fromhex("AA" * 8 + "BB" * 8 + "CC" * 8 + "DD" * 8 + "EE" * 8 + "FF" * 8 + "EE" * 8 + "AA" * 8)
    chinese = ciphers.Chinese()
    monkeypatch.setattr(chinese, "_derived", lambda _: key)  # the vector names the cipher's own key
    sealed = chinese.encrypt(b"", nonce, clear, bound_to)
    assert sealed[-16:].hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"
    assert sealed[:16].hex().upper() == "17F399F08C67D5EE19D0DC9969C4BB7D"
    assert chinese.decrypt(b"", nonce, sealed, bound_to) == clear
    if "sm3" in hashlib.algorithms_available:
        inner = hashlib.new("sm3", bytes(byte ^ 0x36 for byte in INDEX.ljust(64, b"\0")) + b"value").digest()
        outer = hashlib.new("sm3", bytes(byte ^ 0x5C for byte in INDEX.ljust(64, b"\0")) + inner).digest()
        assert chinese.keyed_digest(INDEX, b"value") == outer


def test_no_algorithm_is_named_outside_its_provider() -> None:
    text = Path(sealing.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r"(?i)\b(aes|sm4|sm3|gcm|hmac|sha)\b", text.replace("aes-gcm", "").replace("sm4-gcm", "")))
    assert named == set()
