"""The auditor's room: chains that show each change, roots that seal them, and rows that only grow."""

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from tortoise import Tortoise
from tortoise.exceptions import IntegrityError

from gateway.audit import append_only, chain, house, merkle, queries, sealer
from gateway.audit.chain import Broken
from gateway.audit.proofs import proven_lines
from gateway.audit.sealer import RootSealer
from gateway.audit.tables import AuditLine, AuditRoot, HouseChain
from messaging.unit_of_work import Connection, run_tx
from tests.gateway.one_database import Clock, database
from tests.services import stack

LEG = "421321202611242000001G"
CLERK = "person:421321:zhangsan"


def sign(text: bytes) -> tuple[str, str]:
    return f"signed {hashlib.sha256(text).hexdigest()}", "421321-1"


def is_signed(text: bytes, signature: str, kid: str) -> bool:
    return (signature, kid) == sign(text)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def tables(tmp_path: Path) -> AsyncIterator[None]:
    async with database(tmp_path, "gateway.audit.tables"):
        yield


@pytest.fixture
def root_sealer(clock: Clock) -> RootSealer:
    return RootSealer(sign, clock)


def leg_chain(length: int, at: datetime) -> list[AuditLine]:
    lines: list[AuditLine] = []
    for number in range(1, length + 1):
        previous = lines[-1].hash if lines else ""
        lines.append(chain.line(LEG, number, previous, at, CLERK, "application.urged", None, {"number": number}))
    return lines


async def note(clock: Clock, what: str, **members: Any) -> AuditLine:
    return await run_tx(lambda connection: house.note(connection, CLERK, what, now=clock(), **members))


async def alter(statement: str) -> None:
    """What somebody does who has the database in hand."""
    await Tortoise.get_connection("default").execute_query(statement)


def test_a_whole_chain_verifies_and_an_empty_one_too(clock: Clock) -> None:
    lines = leg_chain(5, clock())
    assert chain.verify(lines) is None
    assert chain.verify([]) is None
    assert chain.verify(lines[3:], after=lines[2]) is None


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("at", datetime(2026, 11, 25, tzinfo=UTC)),
        ("who", "person:421321:lisi"),
        ("what", "application.rated"),
        ("why", "申请人来电"),
        ("detail", {"number": 4}),
        ("detail", None),
        ("chain", "421321202611242000002E"),
    ],
)
def test_any_changed_member_is_found_at_its_line(clock: Clock, member: str, value: object) -> None:
    lines = leg_chain(5, clock())
    setattr(lines[2], member, value)
    found = chain.verify(lines)
    assert found is not None
    assert (found.sequence, found.reason) == (3, "changed")


def test_a_changed_line_with_a_fresh_hash_breaks_the_next_one(clock: Clock) -> None:
    lines = leg_chain(5, clock())
    lines[2].why = "申请人来电"
    lines[2].hash = chain.hash_of(lines[2])
    assert chain.verify(lines) == Broken(LEG, 4, "previous")


def test_a_missing_line_and_a_repeated_one_are_found(clock: Clock) -> None:
    lines = leg_chain(5, clock())
    assert chain.verify(lines[:1] + lines[2:]) == Broken(LEG, 2, "number")
    assert chain.verify([*lines[:2], lines[1], *lines[2:]]) == Broken(LEG, 3, "number")
    assert chain.verify(lines[1:]) == Broken(LEG, 1, "number")


def test_the_hash_is_that_of_a_text_anybody_can_write(clock: Clock) -> None:
    line = chain.line(LEG, 1, "", clock(), CLERK, "reveal", "核对身份", {"pointer": "/applicant/idNumber", "n": 1})
    text = (
        f'{{"at":"2026-11-24T01:30:00.000000Z","chain":"{LEG}","detail":{{"n":1,"pointer":"/applicant/idNumber"}},'
        f'"previous":"","sequence":1,"what":"reveal","who":"{CLERK}","why":"核对身份"}}'
    )
    assert line.hash == hashlib.sha256(text.encode()).hexdigest()
    assert chain.to_json(line)["hash"] == line.hash


def test_what_could_not_be_read_back_is_refused_or_made_readable(clock: Clock) -> None:
    with pytest.raises(TypeError, match="float"):
        chain.line(LEG, 1, "", clock(), CLERK, "x", None, {"share": 0.5})
    with pytest.raises(TypeError, match="int"):
        chain.line(LEG, 1, "", clock(), CLERK, "x", None, {"id": 2**53})
    with pytest.raises(ValueError, match="offset"):
        chain.line(LEG, 1, "", datetime(2026, 11, 24), CLERK, "x")  # noqa: DTZ001
    with pytest.raises(ValueError, match="64"):
        chain.line(LEG, 1, "", clock(), CLERK, "x" * 65)
    line = chain.line(LEG, 1, "", clock(), "w" * 200, "x", "a\0b\ud800c", {"a\0": ["\udfff"]})
    assert (len(line.who), line.why, line.detail) == (128, "a�b�c", {"a�": ["�"]})


async def test_lines_are_read_back_as_they_were_hashed(tables: None, clock: Clock) -> None:
    at = datetime(2026, 11, 24, 9, 30, 0, 123457, tzinfo=timezone(timedelta(hours=8)))
    awkward: dict[str, Any] = {
        "空": None,
        "list": [1, True, "一\u2028🀄", {"deep": []}],
        "big": 2**53 - 1,
        "minus": -5,
        "e": {},
    }
    first = chain.line(LEG, 1, "", at, CLERK, "x", "", awkward)
    second = chain.line(LEG, 2, first.hash, clock(), CLERK, "x", None, {})
    await AuditLine.bulk_create([first, second])
    rows = await AuditLine.filter(chain=LEG).order_by("sequence")
    assert chain.verify(rows) is None
    assert rows[0].at == at
    assert [row.detail for row in rows] == [awkward, {}]
    assert [row.why for row in rows] == ["", None]


async def test_the_house_chain_grows_under_its_lock(tables: None, clock: Clock) -> None:
    assert (await note(clock, "sign_in")).sequence == 1
    clock.forward(seconds=1)
    await note(clock, "quarantined", detail={"sha256": "0" * 64})

    async def two(connection: Connection) -> None:
        await house.note(connection, CLERK, "user.added", "新入职", {"user": "lisi"}, now=clock())
        await house.note(connection, CLERK, "user.locked", now=clock())

    await run_tx(two)
    lines = await queries.lines_of("house")
    assert [(line["sequence"], line["what"]) for line in lines] == [
        (1, "sign_in"),
        (2, "quarantined"),
        (3, "user.added"),
        (4, "user.locked"),
    ]
    head = await HouseChain.get(name="house")
    assert (head.sequence, head.hash) == (4, lines[-1]["hash"])
    assert await queries.verify_all() == []


async def test_a_rolled_back_deed_leaves_no_line_and_no_gap(tables: None, clock: Clock) -> None:
    async def fails(connection: Connection) -> None:
        await house.note(connection, CLERK, "user.added", now=clock())
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await run_tx(fails)
    assert (await note(clock, "sign_in")).sequence == 1


async def test_the_house_chain_is_read_page_by_page_newest_first(tables: None, clock: Clock) -> None:
    for number in range(7):
        await note(clock, "sign_in" if number % 2 else "sign_out")
    first = await queries.house_lines(3)
    second = await queries.house_lines(3, after=first["next"])
    third = await queries.house_lines(3, after=second["next"])
    assert [[line["sequence"] for line in page["items"]] for page in (first, second, third)] == [
        [7, 6, 5],
        [4, 3, 2],
        [1],
    ]
    assert third["next"] is None
    assert [line["sequence"] for line in (await queries.house_lines(what="sign_in"))["items"]] == [6, 4, 2]
    with pytest.raises(ValueError, match="after"):
        await queries.house_lines(after="-1")


def test_roots_agree_with_the_vectors_of_certificate_transparency() -> None:
    """Leaves and roots of the reference tree of RFC 6962 implementations; its leaves are raw bytes."""
    raw = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    expected = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    assert {size: merkle.root(raw[:size]) for size in expected} == expected
    assert merkle.root([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.proof(raw, 0) == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


@given(st.integers(1, 70), st.data())
def test_every_proof_leads_to_the_root_and_no_other_does(size: int, data: st.DataObject) -> None:
    hashes = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    root, path = merkle.root(hashes), merkle.proof(hashes, index)
    assert merkle.check(hashes[index], index, size, path, root)
    assert merkle.check(hashes[other], index, size, path, root) is (other == index)
    assert merkle.check(hashes[index], other, size, path, root) is (other == index)
    assert not merkle.check(hashes[index], index, size, [*path, "00" * 32], root)
    assert not merkle.check(hashes[index], index, size, path[:-1], root) or not path
    assert not merkle.check(hashes[index], index, size, path, merkle.root([*hashes, hashes[0]]))


async def test_sealing_binds_lines_of_all_chains_and_chains_the_roots(
    tables: None, clock: Clock, root_sealer: RootSealer
) -> None:
    assert (await root_sealer.once(), await root_sealer.latest()) == (0, None)
    await AuditLine.bulk_create(leg_chain(3, clock()))
    await note(clock, "sign_in")
    assert await root_sealer.once() == 4
    await note(clock, "sign_out")
    clock.forward(seconds=1)
    assert await root_sealer.once() == 1
    assert await root_sealer.once() == 0
    first, second = await AuditRoot.all().order_by("id")
    assert (first.lines, first.previous, second.lines, second.previous) == (4, "", 1, first.hash)
    assert await root_sealer.latest() == {
        "id": str(second.id),
        "at": "2026-11-24T01:30:01.000000Z",
        "lines": 1,
        "merkle": second.merkle,
        "previous": first.hash,
        "hash": second.hash,
        "kid": "421321-1",
    }
    assert await queries.verify_all(check=is_signed) == []


async def test_a_batch_is_bounded_and_the_rest_comes_next(
    tables: None, clock: Clock, root_sealer: RootSealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "BATCH", 4)
    await AuditLine.bulk_create(leg_chain(10, clock()))
    assert [await root_sealer.once() for _ in range(4)] == [4, 4, 2, 0]
    assert await queries.verify_all() == []


async def test_of_two_sealers_only_one_seals(tables: None, clock: Clock, root_sealer: RootSealer) -> None:
    await AuditLine.bulk_create(leg_chain(2, clock()))
    assert sorted(await asyncio.gather(root_sealer.once(), RootSealer(sign, clock).once())) == [0, 2]
    assert await AuditRoot.all().count() == 1
    assert await queries.verify_all() == []


async def test_a_clock_that_was_set_back_does_not_fork_the_roots(
    tables: None, clock: Clock, root_sealer: RootSealer
) -> None:
    await note(clock, "sign_in")
    await root_sealer.once()
    await alter("UPDATE audit_root SET id = id + 1000000000000")
    await alter("UPDATE audit_line SET root_id = root_id + 1000000000000")
    await note(clock, "sign_out")
    assert await root_sealer.once() == 1
    await note(clock, "sign_in")
    assert await root_sealer.once() == 1
    assert [row.previous == "" for row in await AuditRoot.all().order_by("id")] == [True, False, False]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit_line SET why = '无' WHERE chain = 'house' AND sequence = 2", Broken("house", 2, "changed")),
        ("DELETE FROM audit_line WHERE chain = 'house' AND sequence = 2", Broken("house", 2, "number")),
        ("DELETE FROM audit_line WHERE chain = 'house' AND sequence = 3", Broken("house", 3, "cut")),
        ("DELETE FROM audit_line WHERE chain <> 'house'", Broken("roots", 1, "root")),
        ("UPDATE audit_root SET at = '2026-11-24 01:30:00.5+00:00'", Broken("roots", 1, "changed")),
        ("UPDATE audit_root SET signature = 'x'", Broken("roots", 1, "signature")),
        ("UPDATE audit_root SET previous = 'x'", Broken("roots", 1, "previous")),
    ],
)
async def test_whatever_is_altered_in_the_file_is_found(
    tables: None, clock: Clock, root_sealer: RootSealer, statement: str, expected: Broken
) -> None:
    for what in ("sign_in", "user.added", "sign_out"):
        await note(clock, what)
    await AuditLine.bulk_create(leg_chain(2, clock()))
    await root_sealer.once()
    assert await queries.verify_all(check=is_signed) == []
    await alter(statement)
    assert expected in await queries.verify_all(check=is_signed)


async def test_verifying_walks_many_pages_and_minds_the_heads_of_legs(
    tables: None, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 3)
    lines = leg_chain(7, clock())
    await AuditLine.bulk_create(lines)
    for _ in range(4):
        await note(clock, "sign_in")
    heads = {LEG: (7, lines[-1].hash)}
    assert await queries.verify_all(heads) == []
    await alter("DELETE FROM audit_line WHERE chain <> 'house' AND sequence = 7")
    assert await queries.verify_all() == []
    assert await queries.verify_all(heads) == [Broken(LEG, 7, "cut")]
    assert await queries.verify_all({"gone": (1, "x")}) == [Broken("gone", 1, "cut")]


async def test_every_line_has_a_proof_under_a_signed_root(tables: None, clock: Clock, root_sealer: RootSealer) -> None:
    await note(clock, "sign_in")
    lines = leg_chain(3, clock())
    await AuditLine.bulk_create(lines[:2])
    await root_sealer.once()
    await AuditLine.bulk_create(lines[2:])
    proven = await proven_lines(LEG)
    assert [one["line"]["hash"] for one in proven] == [line.hash for line in lines]
    assert proven[2]["proof"] is None
    for one in proven[:2]:
        proof = one["proof"]
        assert merkle.check(one["line"]["hash"], proof["index"], proof["size"], proof["path"], proof["root"]["merkle"])
        assert proof["root"]["kid"] == "421321-1"


async def test_the_triggers_let_a_line_be_sealed_once_and_nothing_else(
    tables: None, clock: Clock, root_sealer: RootSealer
) -> None:
    for statement in append_only.POSTGRESQL if stack.ON_POSTGRES else append_only.SQLITE:
        await alter(statement)
    for what in ("sign_in", "sign_out"):
        await note(clock, what)
    assert await root_sealer.once() == 2
    assert await queries.verify_all() == []
    for statement in (
        "UPDATE audit_line SET why = 'x'",
        "UPDATE audit_line SET root_id = 1",
        "UPDATE audit_line SET root_id = NULL",
        "DELETE FROM audit_line",
        "UPDATE audit_root SET at = at",
        "DELETE FROM audit_root",
        "UPDATE audit_house_chain SET sequence = 1",
        "DELETE FROM audit_house_chain",
    ):
        with pytest.raises(
            (IntegrityError, sqlite3.IntegrityError),
            match="append only" if stack.ON_POSTGRES else r"append only|forward",
        ):
            await alter(statement)
    await note(clock, "sign_in")
    with pytest.raises((IntegrityError, sqlite3.IntegrityError), match="append only"):
        await alter("UPDATE audit_line SET root_id = 1, what = 'x' WHERE root_id IS NULL")
    for statement in append_only.POSTGRESQL_UNDO if stack.ON_POSTGRES else append_only.SQLITE_UNDO:
        await alter(statement)
    await alter("DELETE FROM audit_root")
    assert await AuditRoot.all().count() == 0
