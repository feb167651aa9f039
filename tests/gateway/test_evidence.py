"""A case's evidence, read as a third party reads it: with a ZIP program, SHA-256 and the public keys, nothing of ours."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.applications import evidence
from gateway.applications.errors import NotFound
from gateway.applications.evidence_keys import PublicKey
from gateway.applications.tables import Application, Leg
from gateway.attachments.tables import Attachment, Mention
from gateway.audit import chain
from gateway.audit.sealer import RootSealer
from gateway.audit.tables import AuditLine
from matters_map.canonical import list_hash, list_text
from matters_map.tables import ListVersion
from messaging import applier, at_rest, contract, conversation, envelope, ids, outbox, receipts
from messaging.arrivals import Verdict
from messaging.envelope import Envelope
from messaging.inbox import Inbox
from messaging.key_ring import KeyRing
from messaging.tables import Conversation, Incoming, Outgoing
from messaging.unit_of_work import Connection, run_tx
from tests.gateway.one_database import Clock, database, key_ring

SUIXIAN, ZAOYANG = "421321", "420683"
CASE, OTHER_CASE = "421321202611242000001G", "421321202611242000002E"
WHO = "person:421321:zhangsan"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class County:
    """Somebody who signs."""

    code: str
    key: Ed25519PrivateKey

    @property
    def kid(self) -> str:
        return f"{self.code}-1"

    def jwk(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": b64(self.key.public_key().public_bytes_raw())}

    def sign(self, body: bytes) -> tuple[str, str]:
        header = b64(json.dumps({"alg": "EdDSA", "kid": self.kid, "b64": False, "crit": ["b64"]}).encode())
        return f"{header}..{b64(self.key.sign(header.encode() + b'.' + body))}", self.kid


def verifies(jws: str, body: bytes, jwks: dict[str, Any]) -> bool:
    header, _, signature = jws.partition("..")
    kid = json.loads(raw_of(header))["kid"]
    (jwk,) = [key for key in jwks["keys"] if key["kid"] == kid]
    try:
        Ed25519PublicKey.from_public_bytes(raw_of(jwk["x"])).verify(raw_of(signature), header.encode() + b"." + body)
    except InvalidSignature:
        return False
    return True


@dataclass
class Story:
    """随县 sends a case to 枣阳, which accepts it; both sides receipt."""

    clock: Clock
    keys: KeyRing
    home: County
    partner: County
    custodial: bool = False
    bodies: dict[str, bytes] = field(default_factory=dict)  # message id -> the bytes that were signed
    audit: list[AuditLine] = field(default_factory=list)

    @property
    def jwks(self) -> list[dict[str, str]]:
        stranger = County("411330", Ed25519PrivateKey.generate())
        return [self.home.jwk(), self.partner.jwk(), stranger.jwk()]

    @property
    def sender(self) -> outbox.Sender:
        return outbox.Sender(SUIXIAN, self.keys)

    def verify(self, partner: str, body: bytes, signature: str, said: Envelope, now: datetime) -> Verdict:
        assert verifies(signature, body, {"keys": self.jwks})
        return Verdict(self.partner.kid, self.custodial)

    def inbox(self) -> Inbox:
        return Inbox(SUIXIAN, self.keys, self.verify, self.clock, lambda partner, subject: None)

    async def begin(self, number: str = CASE) -> Conversation:
        key = self.keys.make(self.clock())
        await key.save(force_create=True)
        row = Application(
            id=ids.row_id(), number=number, role="origin", origin=SUIXIAN, matter_id="zaoyang.002014006001",
            matter_name="个人权益记录查询打印", mode="online", agreement="zaoyang", agreement_version=1, form="plain",
            form_version=1, key_id=key.id, person=b"", answers=b"", source=1, received_at=self.clock(),
        )  # fmt: skip
        await row.save(force_create=True)
        leg = Leg(
            id=ids.row_id(), application_id=row.id, number=number, role="origin", partner=ZAOYANG, handler=ZAOYANG,
            state="SUBMITTED", clocks=[], updated_at=self.clock(),
        )  # fmt: skip
        await leg.save(force_create=True)
        talk = conversation.new(ZAOYANG, number, key.id)
        await talk.save(force_create=True)
        return talk

    async def say(self, talk: Conversation, type_: str = "application.submitted") -> Outgoing:
        letter = outbox.say(self.sender, talk, type_, contract.example(type_), self.clock())
        await talk.save()
        return await self.signed(letter)

    async def signed(self, letter: Outgoing) -> Outgoing:
        body = self.keys.open(letter.key_id, letter.body, at_rest.outgoing(letter.message_id))
        self.bodies[letter.message_id] = body
        letter.signature, letter.kid = self.home.sign(body)
        await letter.save()
        return letter

    async def hear(
        self, type_: str, data: dict[str, Any], subject: str, sequence: int | None, id_: str = ""
    ) -> Incoming:
        id_ = id_ or ids.message_id()
        body = envelope.build(
            id=id_, source=ZAOYANG, type=type_, subject=subject, time=self.clock(), recipient=SUIXIAN, sequence=sequence,
            seen=None if sequence is None else 1, data=data,
        )  # fmt: skip
        self.bodies.setdefault(id_, body)
        await self.inbox().store(ZAOYANG, body, self.partner.sign(body)[0], door="rest")
        row = await Incoming.get(message_id=id_)
        applier.settle(row, "applied", None, self.clock())
        row.receipt_due_at = row.receipt_due_at if sequence is not None else None
        await row.save()
        return row

    async def receipt_theirs(self) -> Outgoing:
        letter = await run_tx(lambda c: receipts.compose(c, self.sender, ZAOYANG, None, self.clock()))
        assert letter is not None
        return await self.signed(letter)

    async def receipted(self, letter: Outgoing) -> str:
        entry = {"id": letter.message_id, "sha256": letter.sha256, "stored_at": "2026-11-24T09:30:01+08:00"}
        told = {"receipts": [{**entry, "highest_applied": 1, "outcome": "applied"}]}
        row = await self.hear("receipt", told, "receipt", None)
        said = envelope.parse(self.bodies[row.message_id])
        (changed,) = await run_tx(lambda connection: receipts.hear(connection, [said], self.clock()))
        assert len(changed) == 1
        return str(row.message_id)

    async def note(self, what: str, **detail: Any) -> None:
        previous = self.audit[-1].hash if self.audit else ""
        self.audit.append(chain.line(CASE, len(self.audit) + 1, previous, self.clock(), WHO, what, None, detail))
        await self.audit[-1].save(force_create=True)

    async def build(self, number: str = CASE) -> "Package":
        issuer = evidence.Issuer(SUIXIAN, self.home.kid, lambda text, at: self.home.sign(text)[0])
        known = [PublicKey(jwk["kid"][:6], jwk, held=self.custodial and jwk["kid"][:6] == ZAOYANG) for jwk in self.jwks]
        return Package(await evidence.build(number, keys=self.keys, known=known, issuer=issuer))


class Package:
    """What a reader sees of the ZIP file."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        with zipfile.ZipFile(io.BytesIO(raw)) as opened:
            assert opened.testzip() is None
            self.infos = opened.infolist()
            self.files = {info.filename: opened.read(info) for info in self.infos}
        self.manifest = json.loads(self.files["manifest.json"])
        self.jwks = json.loads(self.files["keys.jwks.json"])
        self.audit = [json.loads(line) for line in self.files["audit.jsonl"].decode().splitlines()]
        self.roots = [json.loads(line) for line in self.files["roots.jsonl"].decode().splitlines()]

    def folder(self, name: str) -> set[str]:
        return {path.removeprefix(f"{name}/") for path in self.files if path.startswith(f"{name}/")}


@pytest_asyncio.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    rooms = (
        "messaging.tables",
        "matters_map.tables",
        *(f"gateway.{one}.tables" for one in ("applications", "attachments", "audit")),
    )
    async with database(tmp_path, *rooms):
        home, partner = (County(code, Ed25519PrivateKey.generate()) for code in (SUIXIAN, ZAOYANG))
        yield Story(Clock(), key_ring(), home, partner)


async def whole(story: Story) -> tuple[Outgoing, Incoming, Outgoing, str]:
    """(our message, their answer, our receipt for it, the id of their receipt for ours), with agreement and audit."""
    lines = [{"本地基本编码": "002014006001", "序号": 1}]
    await ListVersion.create(
        id=1, agreement="zaoyang", version=1, state="in_force", effective_from=story.clock(),
        hash=list_hash("zaoyang", 1, "2026-01-01T00:00:00+08:00", lines),
        text=list_text("zaoyang", 1, "2026-01-01T00:00:00+08:00", lines).decode(),
    )  # fmt: skip
    talk = await story.begin()
    letter = await story.say(talk)
    await story.note("application.submitted", sent=[{"message": letter.message_id, "sha256": letter.sha256}])
    receipt_id = await story.receipted(letter)
    await story.note("receipt", message=letter.message_id, receipt=receipt_id, outcome="applied")
    story.clock.forward(seconds=3)
    answer = await story.hear("application.accepted", contract.example("application.accepted"), CASE, 1)
    await story.note("application.accepted", message=answer.message_id, sha256=answer.sha256, custodial=story.custodial)
    told = await story.receipt_theirs()
    assert await RootSealer(story.home.sign, story.clock).once() == 3
    await story.note("evidence", number=CASE)
    return letter, answer, told, receipt_id


async def test_the_package_holds_the_signed_bytes_and_signatures_that_verify(story: Story) -> None:
    letter, answer, told, receipt_id = await whole(story)
    package = await story.build()
    both = {f"{id_}.{end}" for id_ in (letter.message_id, answer.message_id) for end in ("json", "jws")}
    assert package.folder("messages") == both
    assert package.folder("receipts") == {
        f"{id_}.{end}" for id_ in (told.message_id, receipt_id) for end in ("json", "jws")
    }
    assert "papers/" in package.files
    for folder in ("messages", "receipts"):
        for entry in package.manifest[folder]:
            body = package.files[entry["body"]]
            assert body == story.bodies[entry["id"]]
            assert hashlib.sha256(body).hexdigest() == entry["sha256"]
            assert verifies(package.files[entry["signature"]].decode(), body, package.jwks)
            assert not verifies(package.files[entry["signature"]].decode(), body + b" ", package.jwks)
    assert {key["kid"] for key in package.jwks["keys"]} == {"421321-1", "420683-1"}


async def test_each_side_has_signed_that_it_received_the_others_message(story: Story) -> None:
    letter, answer, told, receipt_id = await whole(story)
    package = await story.build()
    theirs = json.loads(package.files[f"receipts/{receipt_id}.json"])
    assert (theirs["source"], theirs["data"]["receipts"][0]["sha256"]) == ("urn:jurisdiction:420683", letter.sha256)
    ours = json.loads(package.files[f"receipts/{told.message_id}.json"])
    assert ours["source"] == "urn:jurisdiction:421321"
    assert answer.sha256 in {entry["sha256"] for entry in ours["data"]["receipts"]}
    sent, heard = package.manifest["messages"]
    assert (sent["direction"], sent["type"], sent["outcome"], sent["receipt"]) == (
        "out",
        "application.submitted",
        "applied",
        receipt_id,
    )
    assert (heard["direction"], heard["type"], heard["outcome"], heard["receipt"]) == (
        "in",
        "application.accepted",
        "applied",
        told.message_id,
    )


async def test_the_manifest_names_every_file_with_its_digest_and_says_what_it_proves(story: Story) -> None:
    await whole(story)
    package = await story.build()
    listed = {one["path"]: (one["size"], one["sha256"]) for one in package.manifest["files"]}
    there = {
        path: body for path, body in package.files.items() if path not in {"manifest.json", "manifest.jws", "papers/"}
    }
    assert listed == {path: (len(body), hashlib.sha256(body).hexdigest()) for path, body in there.items()}
    assert (package.manifest["format"], package.manifest["number"]) == ("tongban-evidence/1", CASE)
    assert package.manifest["legs"] == [{"number": CASE, "handler": ZAOYANG, "state": "SUBMITTED"}]
    for words in (*package.manifest["proves"], *package.manifest["limits"]):
        assert set(words) == {"zh", "en"}
    assert package.manifest["custodial"] is False
    assert package.manifest["unknown_keys"] == []


async def test_the_house_that_gives_it_out_has_signed_the_manifest_and_the_readme_says_who_is_who(story: Story) -> None:
    await whole(story)
    package = await story.build()
    assert package.manifest["issuer"] == {"code": SUIXIAN, "kid": "421321-1"}
    assert verifies(package.files["manifest.jws"].decode(), package.files["manifest.json"], package.jwks)
    readme = package.files["README.txt"].decode("utf-8-sig")
    for key in package.manifest["keys"]:
        assert f"{key['jurisdiction']} {key['thumbprint']}" in readme
    assert all(entry["sha256"] in readme for entry in package.manifest["messages"])
    assert "已接收不等于受理" in readme
    assert "Receipted is not accepted" in readme


async def test_confirmations_of_this_version_of_the_list_go_along(story: Story) -> None:
    await whole(story)
    for version in (1, 2):
        said = contract.example("agreement.signed") | {"agreement": "zaoyang", "version": version}
        await story.hear("agreement.signed", said, "zaoyang", version)
    package = await story.build()
    (entry,) = package.manifest["agreements"]
    assert json.loads(package.files[entry["body"]])["data"]["version"] == 1
    assert verifies(package.files[entry["signature"]].decode(), package.files[entry["body"]], package.jwks)


async def test_the_agreement_is_the_text_that_was_signed(story: Story) -> None:
    await whole(story)
    package = await story.build()
    told = package.manifest["agreement"]
    assert hashlib.sha256(package.files["agreement.json"]).hexdigest() == told["hash"]
    assert (told["id"], told["version"], told["file"]) == ("zaoyang", 1, "agreement.json")
    assert json.loads(package.files["agreement.json"])["agreement"] == "zaoyang"


async def test_the_audit_chain_and_its_proofs_hold_without_our_code(story: Story) -> None:
    """RFC 8785 of these members is compact JSON with sorted names; the path is RFC 9162's."""
    await whole(story)
    package = await story.build()
    assert [one["line"]["what"] for one in package.audit] == [
        "application.submitted",
        "receipt",
        "application.accepted",
        "evidence",
    ]
    previous = ""
    for one in package.audit:
        line = dict(one["line"])
        stated = line.pop("hash")
        assert line["previous"] == previous
        assert canonical_hash(line) == stated
        previous = stated
    proofs = [one["proof"] for one in package.audit]
    assert proofs[3] is None
    for one in package.audit[:3]:
        root = dict(one["proof"]["root"])
        assert root_from(one["line"]["hash"], one["proof"]) == root["merkle"]
        signature, stated, kid = root.pop("signature"), root.pop("hash"), root.pop("kid")
        assert (canonical_hash(root), kid) == (stated, "421321-1")
        assert verifies(signature, canonical(root), package.jwks)
    last = package.audit[3]["line"]
    assert package.manifest["audit"] == {
        "lines": 4,
        "sealed": 3,
        "heads": [{"chain": CASE, "sequence": 4, "hash": last["hash"]}],
        "roots": 1,
        "roots_complete": True,
    }
    assert package.roots == [package.audit[0]["proof"]["root"]]


def canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def canonical_hash(value: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def root_from(leaf: str, proof: dict[str, Any]) -> str:
    """The root of a tree of at most three leaves."""
    node = hashlib.sha256(b"\0" + bytes.fromhex(leaf)).digest()
    assert proof["size"] == 3
    sides = {0: "rr", 1: "lr", 2: "l"}[proof["index"]]
    for side, step in zip(sides, proof["path"], strict=True):
        other = bytes.fromhex(step)
        node = hashlib.sha256(b"\1" + (node + other if side == "r" else other + node)).digest()
    return node.hex()


async def test_the_same_state_gives_the_same_bytes(story: Story) -> None:
    await whole(story)
    first = await story.build()
    story.clock.forward(days=3)
    assert (await story.build()).raw == first.raw
    assert {info.date_time for info in first.infos} == {(1980, 1, 1, 0, 0, 0)}
    assert first.infos[0].filename == "manifest.json"
    await story.note("evidence", number=CASE)
    assert (await story.build()).raw != first.raw


async def test_signatures_by_keys_that_we_hold_are_marked(story: Story) -> None:
    story.custodial = True
    await whole(story)
    package = await story.build()
    assert package.manifest["custodial"] is True
    marks = {
        (entry["direction"], entry["type"]): entry["custodial"]
        for folder in ("messages", "receipts")
        for entry in package.manifest[folder]
    }
    assert marks == {
        ("out", "application.submitted"): False,
        ("in", "application.accepted"): True,
        ("out", "receipt"): False,
        ("in", "receipt"): True,
    }


async def test_messages_of_other_cases_stay_out(story: Story) -> None:
    letter, answer, _, _ = await whole(story)
    other = await story.say(await story.begin(OTHER_CASE))
    await story.receipted(other)
    package = await story.build()
    assert {entry["id"] for entry in package.manifest["messages"]} == {letter.message_id, answer.message_id}
    assert other.message_id.encode() not in b"".join(package.files.values())
    assert len(package.manifest["receipts"]) == 2


async def test_a_contradiction_is_shown_beside_what_counts(story: Story) -> None:
    _, answer, _, _ = await whole(story)
    other = contract.example("application.accepted") | {"reference": "另一个编号"}
    await story.hear("application.accepted", other, CASE, 1, id_=answer.message_id)
    package = await story.build()
    (entry,) = package.manifest["conflicts"]
    assert (entry["reason"], entry["outcome"]) == ("same_id_other_bytes", "conflict")
    assert json.loads(package.files[entry["body"]])["data"]["reference"] == "另一个编号"
    assert verifies(package.files[entry["signature"]].decode(), package.files[entry["body"]], package.jwks)
    assert json.loads(package.files[f"messages/{answer.message_id}.json"])["data"] == contract.example(
        "application.accepted"
    )


async def test_files_are_named_by_digest_only(story: Story) -> None:
    await whole(story)
    for number, allowed in ((CASE, ZAOYANG), (CASE, SUIXIAN), (OTHER_CASE, ZAOYANG)):
        await Mention.create(
            id=ids.row_id(), sha256=("a" if number == CASE else "b") * 64, number=number, allowed=allowed
        )
    for sha256 in ("a" * 64, "b" * 64):
        await Attachment.create(
            id=ids.row_id(), sha256=sha256, owner=SUIXIAN, put_by="zhangsan", size=9, name="身份证.pdf",
            media_type="application/pdf", key_id=1, path="x", stored_at=story.clock(),
        )  # fmt: skip
    package = await story.build()
    listed = {one["sha256"]: one["name"] for one in package.manifest["attachments"]}
    assert listed.pop("a" * 64) == "身份证.pdf"
    assert "b" * 64 not in listed
    assert sorted(listed.values()) == [
        "受理通知书.pdf",
        "居民身份证.pdf",
    ]  # whose files have not come: messages name them


async def test_what_is_not_signed_or_sealed_yet_is_said_so(story: Story) -> None:
    talk = await story.begin()
    letter = await story.say(talk)
    await Outgoing.filter(id=letter.id).update(signature=None, kid=None)
    package = await story.build()
    (entry,) = package.manifest["messages"]
    assert (entry["signature"], entry["kid"], entry["receipt"]) == (None, None, None)
    assert package.manifest["agreement"]["file"] is None
    assert [key["kid"] for key in package.jwks["keys"]] == ["421321-1"], "only the key that signed the manifest"
    assert package.audit == []


async def test_a_destroyed_key_leaves_digest_and_signature(story: Story) -> None:
    letter, _, _, _ = await whole(story)

    async def destroy(connection: Connection) -> None:
        await story.keys.destroy(letter.key_id, story.clock(), connection)

    await run_tx(destroy)
    package = await story.build()
    assert {entry["body"] for entry in package.manifest["messages"]} == {"destroyed"}
    assert package.files[f"messages/{letter.message_id}.jws"] == str(letter.signature).encode()
    assert f"messages/{letter.message_id}.json" not in package.files


async def test_an_unknown_key_is_named_and_strange_ids_stay_inside_the_package(story: Story) -> None:
    _, answer, _, _ = await whole(story)
    await Incoming.filter(id=answer.id).update(kid="420683-9")
    package = await story.build()
    assert package.manifest["unknown_keys"] == ["420683 420683-9"]
    stem = evidence._stem({}, "messages", {"id": "../../x", "sha256": "a" * 64})
    assert stem == "messages/" + "a" * 64
    assert (
        evidence._stem({"messages/A1.json": b""}, "messages", {"id": "A1", "sha256": "b" * 64})
        == "messages/" + "b" * 64
    )


async def test_there_is_no_evidence_of_a_case_that_does_not_exist(story: Story) -> None:
    with pytest.raises(NotFound):
        await story.build("421321202611242000009X")
