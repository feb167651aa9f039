"""Whatever is changed in a real package is found: by whoever has it in hand, and by the issuer with its own key."""

import copy
import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.proof.findings import Report
from messaging.envelope import sha256_hex
from partners.keys import SigningKey
from tests.faults.seeds import LONG
from tests.gateway.proof.conftest import Evidence, Members, checks, report_on

MANY = settings(max_examples=150 if LONG else 25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
KINDS = {  # every class of member, by its beginning and end
    "manifest": ("manifest.json", ""),
    "manifest's signature": ("manifest.jws", ""),
    "message": ("messages/", ".json"),
    "message's signature": ("messages/", ".jws"),
    "receipt": ("receipts/", ".json"),
    "receipt's signature": ("receipts/", ".jws"),
    "agreement": ("agreement.json", ""),
    "audit": ("audit.jsonl", ""),
    "roots": ("roots.jsonl", ""),
    "keys": ("keys.jwks.json", ""),
    "paper": ("papers/", ".json"),
    "readme": ("README.txt", ""),
}


def of_kind(files: Members, kind: str) -> list[str]:
    """The members of a class."""
    begin, end = KINDS[kind]
    return sorted(path for path in files if path.startswith(begin) and path.endswith(end))


def bent(body: bytes, way: str, place: int, bit: int) -> bytes:
    """A member after one small change."""
    place %= len(body)
    match way:
        case "flip":
            return body[:place] + bytes([body[place] ^ 1 << bit]) + body[place + 1 :]
        case "drop":
            return body[:place] + body[place + 1 :]
        case "double":
            return body[:place] + body[place : place + 1] + body[place:]
        case "cut":
            return body[:place]
    return body + b"\n"


@pytest.mark.parametrize("kind", KINDS)
async def test_no_byte_of_any_member_changes_unseen(evidence: Evidence, kind: str) -> None:
    whole = evidence.files
    paths = of_kind(whole, kind)
    assert paths

    @MANY
    @given(
        st.sampled_from(paths),
        st.sampled_from(["flip", "drop", "double", "cut", "more"]),
        st.integers(0, 2**20),
        st.integers(0, 7),
    )
    def unseen(path: str, way: str, place: int, bit: int) -> None:
        changed = bent(whole[path], way, place, bit)
        found = report_on({**whole, path: changed})
        assert not found.ok or changed == whole[path]

    unseen()


@pytest.mark.parametrize("kind", KINDS)
async def test_no_member_is_missing_moved_or_added_unseen(evidence: Evidence, kind: str) -> None:
    whole = evidence.files
    for path in of_kind(whole, kind):
        without = {name: body for name, body in whole.items() if name != path}
        assert not report_on(without).ok, path
        other = next(name for name in whole if name != path and whole[name] != whole[path])
        assert not report_on({**whole, path: whole[other], other: whole[path]}).ok, path
        assert not report_on({**whole, f"papers/{kind[0]}.json": whole[path]}).ok, path


# The issuer itself lies: it changes a thing, lists everything anew and signs the manifest with its own key.


def entry_of(manifest: dict[str, Any], type_: str) -> dict[str, Any]:
    """The manifest's entry of the first message of a type."""
    return next(one for one in manifest["messages"] if one["type"] == type_)


def rewrite(manifest: dict[str, Any], files: Members) -> None:
    """Another decision in the partner's message, with the digest of the new bytes."""
    entry = entry_of(manifest, "application.decided")
    files[entry["body"]] = files[entry["body"]].replace(b"granted", b"refused")
    entry["sha256"] = sha256_hex(files[entry["body"]])


def another_county(manifest: dict[str, Any], files: Members) -> None:
    """A key of the issuer's own making is passed off as the partner's, under a name that signed nothing."""
    key = SigningKey.generate("420683-1")
    jwks = json.loads(files["keys.jwks.json"])
    jwks["keys"] = [key.public_jwk() if one["kid"] == "420683-1" else one for one in jwks["keys"]]
    files["keys.jwks.json"] = json.dumps(jwks).encode()
    for told in manifest["keys"]:
        if told["kid"] == "420683-1":
            told["thumbprint"] = key.thumbprint


def swap_owner(manifest: dict[str, Any], files: Members) -> None:
    """The partner's key is said to be the issuer's."""
    for told in manifest["keys"]:
        told["jurisdiction"] = "421321"


def drop_message(manifest: dict[str, Any], files: Members) -> None:
    """The acceptance never happened."""
    entry = entry_of(manifest, "application.accepted")
    manifest["messages"].remove(entry)
    del files[entry["body"]], files[entry["signature"]]


def drop_last_message(manifest: dict[str, Any], files: Members) -> None:
    """The decision never came: no number is missing, but the audit names it."""
    entry = entry_of(manifest, "application.decided")
    manifest["messages"].remove(entry)
    del files[entry["body"]], files[entry["signature"]]


def drop_receipt(manifest: dict[str, Any], files: Members) -> None:
    """The partner never confirmed our message."""
    receipt = entry_of(manifest, "application.submitted")["receipt"]
    (entry,) = [one for one in manifest["receipts"] if one["id"] == receipt]
    manifest["receipts"].remove(entry)
    del files[entry["body"]], files[entry["signature"]]
    entry_of(manifest, "application.submitted").update(receipt=None, outcome=None)


def other_outcome(manifest: dict[str, Any], files: Members) -> None:
    """The receipt says applied, the manifest says parked."""
    entry_of(manifest, "application.accepted")["outcome"] = "parked"


def other_receipt(manifest: dict[str, Any], files: Members) -> None:
    """A receipt that confirms other messages."""
    mine, theirs = entry_of(manifest, "application.submitted"), entry_of(manifest, "application.accepted")
    mine["receipt"], theirs["receipt"] = theirs["receipt"], mine["receipt"]


def other_number(manifest: dict[str, Any], files: Members) -> None:
    """The manifest counts the messages in another order."""
    entry_of(manifest, "application.accepted")["sequence"] = 2
    entry_of(manifest, "application.decided")["sequence"] = 1


def swap_signatures(manifest: dict[str, Any], files: Members) -> None:
    """Two messages of one county, each with the other's signature."""
    one, other = entry_of(manifest, "application.accepted"), entry_of(manifest, "application.decided")
    files[one["signature"]], files[other["signature"]] = files[other["signature"]], files[one["signature"]]


def no_signature(manifest: dict[str, Any], files: Members) -> None:
    """A message of the partner without one."""
    entry = entry_of(manifest, "application.decided")
    del files[entry["signature"]]
    entry.update(signature=None, signer=None, kid=None)


def another_case(manifest: dict[str, Any], files: Members) -> None:
    """The messages of one case under the number of another."""
    manifest["number"] = manifest["legs"][0]["number"] = "421321202611241000009A"


def another_list(manifest: dict[str, Any], files: Members) -> None:
    """A line of the list says something else, hashed anew."""
    files["agreement.json"] = files["agreement.json"].replace(b'"version":1', b'"version":2')
    manifest["agreement"].update(version=2, hash=sha256_hex(files["agreement.json"]))


def other_file(manifest: dict[str, Any], files: Members) -> None:
    """The attachment is another one."""
    manifest["attachments"][0]["sha256"] = "0" * 64


def _audit(files: Members, change: Callable[[list[dict[str, Any]]], object]) -> None:
    lines = [json.loads(line) for line in files["audit.jsonl"].splitlines()]
    change(lines)
    files["audit.jsonl"] = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def other_reason(manifest: dict[str, Any], files: Members) -> None:
    """An audit line tells another story."""
    _audit(files, lambda lines: lines[1]["line"].update(who="person:421321:李四"))


def drop_line(manifest: dict[str, Any], files: Members) -> None:
    """An audit line in the middle is gone."""
    _audit(files, lambda lines: lines.pop(1))
    manifest["audit"].update(lines=3, sealed=3)


def cut_line(manifest: dict[str, Any], files: Members) -> None:
    """The last audit line is gone, and the head that the manifest states is left."""
    _audit(files, lambda lines: lines.pop())
    manifest["audit"].update(lines=3, sealed=3)


def chain_anew(manifest: dict[str, Any], files: Members) -> None:
    """An audit line is changed and the whole chain hashed anew: the sealed root does not cover that."""

    def change(lines: list[dict[str, Any]]) -> None:
        lines[0]["line"]["who"] = "person:421321:李四"
        previous = ""
        for one in (line["line"] for line in lines):
            one["previous"] = previous
            members = {name: value for name, value in one.items() if name != "hash"}
            previous = one["hash"] = hashlib.sha256(rfc8785.dumps(members)).hexdigest()
        manifest["audit"]["heads"][0]["hash"] = previous

    _audit(files, change)


def other_proof(manifest: dict[str, Any], files: Members) -> None:
    """A proof of another place in the tree."""
    _audit(files, lambda lines: lines[0]["proof"].update(index=lines[1]["proof"]["index"]))


def other_path(manifest: dict[str, Any], files: Members) -> None:
    """A step of a proof is another hash."""
    _audit(files, lambda lines: lines[0]["proof"]["path"].__setitem__(0, "0" * 64))


def drop_root(manifest: dict[str, Any], files: Members) -> None:
    """The root is not there."""
    files["roots.jsonl"] = b""
    manifest["audit"]["roots"] = 0


def other_root(manifest: dict[str, Any], files: Members) -> None:
    """The root is another, here and in the proofs."""
    root = json.loads(files["roots.jsonl"])
    root["merkle"] = "0" * 64
    files["roots.jsonl"] = json.dumps(root).encode() + b"\n"

    def change(lines: list[dict[str, Any]]) -> None:
        for one in lines:
            one["proof"]["root"] = root

    _audit(files, change)


def fewer_sealed(manifest: dict[str, Any], files: Members) -> None:
    """The issuer says that it sealed fewer lines."""
    manifest["audit"]["sealed"] = 1


def twice(manifest: dict[str, Any], files: Members) -> None:
    """A message stands there twice, under another name."""
    entry = copy.deepcopy(entry_of(manifest, "application.decided"))
    for part, end in (("body", "json"), ("signature", "jws")):
        files[f"messages/{entry['sha256']}.{end}"] = files[entry[part]]
        entry[part] = f"messages/{entry['sha256']}.{end}"
    entry["id"] = "01OTHER"
    manifest["messages"].append(entry)


def other_paper(manifest: dict[str, Any], files: Members) -> None:
    """The receipt that the applicant holds says another thing, with the digest of its new content."""
    entry = manifest["papers"][0]
    files[entry["body"]] = files[entry["body"]].replace("收件不等于受理".encode(), "收件即为受理".encode())
    entry["sha256"] = sha256_hex(files[entry["body"]])


def other_content(manifest: dict[str, Any], files: Members) -> None:
    """The paper's content is another, its digest is left."""
    files[manifest["papers"][0]["body"]] += b" "


def drop_paper(manifest: dict[str, Any], files: Members) -> None:
    """No paper was ever issued."""
    del files[manifest["papers"].pop()["body"]]


def drop_content(manifest: dict[str, Any], files: Members) -> None:
    """The paper was issued, its content cannot be found."""
    del files[manifest["papers"][0]["body"]]


def one_more_paper(manifest: dict[str, Any], files: Members) -> None:
    """A paper that nobody issued is slipped in."""
    entry = copy.deepcopy(manifest["papers"][0])
    body = files[entry["body"]].replace("收件".encode(), "受理".encode())
    entry.update(version=9, body="papers/9.json", sha256=sha256_hex(body))
    files["papers/9.json"] = body
    manifest["papers"].append(entry)


LIES: dict[Callable[[dict[str, Any], Members], None], set[str]] = {
    rewrite: {"messages", "confirmed", "audit.named"},
    another_county: {"messages", "receipts"},
    swap_owner: {"messages", "receipts"},
    drop_message: {"order", "audit.named"},
    drop_last_message: {"audit.named"},
    drop_receipt: {"audit.named"},
    other_outcome: {"confirmed"},
    other_receipt: {"confirmed"},
    other_number: {"messages"},
    swap_signatures: {"messages"},
    no_signature: {"messages"},
    another_case: {"messages", "audit"},
    another_list: {"agreement"},
    other_file: {"attachments"},
    other_reason: {"audit"},
    drop_line: {"audit"},
    cut_line: {"audit"},
    chain_anew: {"proofs"},
    other_proof: {"proofs"},
    other_path: {"proofs"},
    drop_root: {"proofs"},
    other_root: {"roots", "proofs"},
    fewer_sealed: {"audit"},
    twice: {"messages"},
    other_paper: {"papers"},
    other_content: {"papers"},
    drop_paper: {"papers"},
    drop_content: {"papers"},
    one_more_paper: {"papers"},
}


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: str(lie.__name__))
async def test_the_issuer_cannot_change_it_either(
    evidence: Evidence, lie: Callable[[dict[str, Any], Members], None]
) -> None:
    honest = report_on(evidence.signed_again(lambda manifest, files: None))
    assert [*honest.against()] == [], "signed again without a change, it is proven"
    found = report_on(evidence.signed_again(lie))
    assert LIES[lie] <= checks(found), [*found.against()]
    assert not {"manifest", "files"} & checks(found), "the lie is found by what was signed by others, or sealed"


async def test_no_odd_value_anywhere_stops_the_reader(evidence: Evidence) -> None:
    """Any member of any JSON of the package is replaced by any other value; the issuer signs it."""
    odd = st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8) | st.just("a" * 64),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
        max_leaves=4,
    )
    paths = [path for path in evidence.files if path.endswith((".json", ".jsonl")) and path != "manifest.json"]

    @MANY
    @given(st.sampled_from(["manifest.json", "manifest.json", *paths]), st.integers(0, 2**32), odd)
    def survives(path: str, seed: int, value: Any) -> None:
        def change(manifest: dict[str, Any], files: Members) -> None:
            if path == "manifest.json":
                _replace(manifest, random.Random(seed), value)
            else:
                lines = [json.loads(line) for line in files[path].splitlines()] if path.endswith("l") else None
                document = lines if lines is not None else json.loads(files[path])
                _replace(document, random.Random(seed), value)
                texts = [json.dumps(one, ensure_ascii=False) for one in (lines if lines is not None else [document])]
                files[path] = "".join(f"{text}\n" for text in texts).encode("utf-8", "replace")

        assert isinstance(report_on(evidence.signed_again(change)), Report)

    survives()


def _replace(document: Any, chance: random.Random, value: Any) -> None:
    """One member, somewhere."""
    while True:
        names = list(document) if isinstance(document, dict) else list(range(len(document)))
        if not names:
            return
        name = chance.choice(names)
        below = document[name]
        if not isinstance(below, dict | list) or not below or chance.random() < 0.2:
            document[name] = value
            return
        document = below
