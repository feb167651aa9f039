"""The audit: each leg's chain recomputed, each line under its sealed root, the chain of roots, and what the lines name."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import rfc8785

from gateway.audit import merkle
from gateway.proof import ring as key_ring
from gateway.proof import shapes
from gateway.proof.findings import Report
from gateway.proof.letters import Letter
from gateway.proof.ring import Ring
from messaging import envelope

Json = Mapping[str, Any]
_TOLD = frozenset({"id", "at", "lines", "merkle", "previous", "kid"})  # what receipts say of a root besides its hash


def check(
    manifest: Json, files: Mapping[str, bytes], letters: Mapping[str, Sequence[Letter]], ring: Ring, report: Report
) -> None:
    """Everything about audit.jsonl and roots.jsonl."""
    try:
        lines, roots = shapes.audited(files["audit.jsonl"]), shapes.roots(files["roots.jsonl"])
    except KeyError:
        report.miss("audit", "audit.jsonl", "审计记录或封存根不在包内", "the audit or its roots are not in the package")
        return
    except shapes.Misshapen:
        report.fail("audit", "audit.jsonl", "审计记录或封存根不合规范", "the audit or its roots are malformed")
        return
    _chains(manifest, [one["line"] for one in lines], report)
    _roots(manifest, roots, ring, report)
    _proofs(lines, {root["id"]: root for root in roots}, report)
    _counts(manifest, lines, roots, report)
    _named(lines, letters, report)
    _witnessed(manifest, letters["receipts"], {root["id"]: root for root in roots}, report)


def _digest(members: Json, *without: str) -> str:
    kept = {name: value for name, value in members.items() if name not in without}
    return hashlib.sha256(rfc8785.dumps(kept)).hexdigest()


def _chains(manifest: Json, lines: Sequence[Json], report: Report) -> None:
    chains: dict[str, list[Json]] = defaultdict(list)
    for line in lines:
        chains[line["chain"]].append(line)
    heads = {head["chain"]: (head["sequence"], head["hash"]) for head in manifest["audit"]["heads"]}
    legs = {leg["number"] for leg in manifest["legs"]}
    for name in sorted(chains.keys() | legs | heads.keys()):
        _chain(name, chains.get(name, []), heads.get(name), report)
    for name in sorted((chains.keys() | heads.keys()) - legs):
        report.fail("audit", name, "是另一个办件的审计链", "the chain of another case")
    if lines and not report.wrong("audit"):
        report.prove(
            "audit",
            f"审计链 {len(chains)} 条共 {len(lines)} 行重新计算无误，没有缺行、改动或截尾",
            f"{len(chains)} audit chains with {len(lines)} lines recompute: none is missing, changed or cut off",
        )


def _chain(name: str, lines: Sequence[Json], head: tuple[int, str] | None, report: Report) -> None:
    if not lines:
        report.miss("audit", name, "没有审计行", "the chain has no line")
        return
    previous = ""
    for number, line in enumerate(lines, 1):
        where = f"{name} #{number}"
        if line["sequence"] != number or line["previous"] != previous:
            report.fail("audit", where, "审计行缺失或次序不对", "a line is missing or out of order")
            return
        if _digest(line, "hash") != line["hash"]:
            report.fail("audit", where, "审计行与其哈希不符", "the line is not what was hashed")
            return
        previous = line["hash"]
    if head != (len(lines), previous):
        report.fail("audit", name, "审计链的末行与清单所写不同", "the chain does not end where the manifest states")


def _roots(manifest: Json, roots: Sequence[Json], ring: Ring, report: Report) -> None:
    complete, hashes = manifest["audit"]["roots_complete"], [_hash(root) for root in roots]
    signed = [
        _signed(root, found, manifest["issuer"]["code"], ring, report)
        for root, found in zip(roots, hashes, strict=True)
    ]
    for (one, following), found in zip(pairwise(roots), hashes[:-1], strict=True):
        if int(following["id"]) <= int(one["id"]) or (complete and following["previous"] != found):
            report.fail(
                "roots", f"root {following['id']}", "封存根前后不相接", "the root does not follow the one before"
            )
    if roots and not (signed[0] and signed[-1]):
        report.fail("roots", "roots.jsonl", "封存根的链两端没有签名", "the chain of roots is not signed at both ends")
    if not complete:
        report.note(
            "roots",
            "roots.jsonl",
            "封存根过多，包内只有盖住本办件的那些，没有证明它们之间首尾相接",
            "there are too many roots: only those over this case are here, and that they form one chain is not proven",
        )
    if roots and not report.wrong("roots"):
        how = ("，与其间的封存根首尾相接", " and follow one another") if complete else ("", "")
        report.prove(
            "roots",
            f"盖住本办件的 {sum(signed)} 个封存根由 {manifest['issuer']['code']} 签名{how[0]}（共 {len(roots)} 个），"
            f"自 {roots[0]['at']} 至 {roots[-1]['at']}",
            f"{sum(signed)} sealed roots over this case are signed by {manifest['issuer']['code']}{how[1]}"
            f" ({len(roots)} in all), from {roots[0]['at']} to {roots[-1]['at']}",
        )


def _hash(root: Json) -> str:
    return hashlib.sha256(_text(root)).hexdigest()


def _text(root: Json) -> bytes:
    return rfc8785.dumps({name: root[name] for name in ("id", "at", "lines", "merkle", "previous")})


def _signed(root: Json, found: str, issuer: str, ring: Ring, report: Report) -> bool:
    """Does the root say its hash and carry a signature? Both then have to hold. Those between two need neither."""
    if "signature" not in root:
        return False
    home, where = envelope.urn(issuer), f"root {root['id']}"
    if found != root["hash"]:
        report.fail("roots", where, "封存根与其哈希不符", "the root is not what was hashed")
    signature = root["signature"].encode("ascii", "replace")
    signed = key_ring.check(_text(root), signature, ring, report, "roots", where)
    if signed is not None and (signed.said.iss, signed.said.aud, signed.said.kid) != (home, home, root["kid"]):
        report.fail("roots", where, "封存根不是出具地区签的", "the root is not signed by the issuer")
    return True


def _proofs(lines: Sequence[Json], roots: Mapping[str, Json], report: Report) -> None:
    sealed = 0
    for one in lines:
        line, proof = one["line"], one["proof"]
        where = f"{line['chain']} #{line['sequence']}"
        if proof is None:
            report.note("proofs", where, "这一行还没有封存", "this line is not sealed yet")
            continue
        root = proof["root"]
        if roots.get(root["id"]) != root:
            report.fail(
                "proofs", where, "封存根不在 roots.jsonl 中或与之不同", "its root is not the one in roots.jsonl"
            )
        elif proof["size"] != root["lines"] or not merkle.check(
            line["hash"], proof["index"], proof["size"], proof["path"], root["merkle"]
        ):
            report.fail("proofs", where, "包含证明不成立", "the inclusion proof does not hold")
        else:
            sealed += 1
    if sealed and not report.wrong("proofs"):
        report.prove(
            "proofs",
            f"{sealed} 行审计记录都证明在已签名的封存根之中（RFC 9162）",
            f"{sealed} audit lines are proven to lie under signed roots (RFC 9162)",
        )


def _counts(manifest: Json, lines: Sequence[Json], roots: Sequence[Json], report: Report) -> None:
    told = manifest["audit"]
    sealed = sum(one["proof"] is not None for one in lines)
    if (told["lines"], told["sealed"], told["roots"]) != (len(lines), sealed, len(roots)):
        report.fail("audit", "manifest.json", "审计行数与清单所写不同", "the number of lines is not what is stated")


def _named(lines: Sequence[Json], letters: Mapping[str, Sequence[Letter]], report: Report) -> None:
    """Messages and receipts that the audit names are in the package, with the digest that it states."""
    there = {(one.entry["id"], one.entry["sha256"]) for one in letters["messages"]}
    heard = {one.entry["id"] for one in letters["receipts"]}
    named: set[tuple[str, str]] = set()
    for line in (one["line"] for one in lines):
        where = f"{line['chain']} #{line['sequence']}"
        for pair in _messages_of(line):
            named.add(pair)
            if pair not in there:
                report.miss("audit.named", where, "审计行写到的报文不在包内", "a message that it names is not there")
        receipt = (line["detail"] or {}).get("receipt")
        if isinstance(receipt, str) and receipt not in heard:
            report.miss("audit.named", where, "审计行写到的回执不在包内", "a receipt that it names is not there")
    for id_, sha256 in sorted(there - named):
        report.note("audit.named", id_, f"审计链没有写到这件报文（{sha256[:12]}…）", "no audit line names this message")
    if named and not report.wrong("audit.named"):
        report.prove(
            "audit.named",
            f"审计链写到的 {len(named)} 件报文和所有回执都在包内，摘要一致",
            f"the {len(named)} messages and all receipts that the audit names are here, with the same digests",
        )


def _messages_of(line: Json) -> Iterator[tuple[str, str]]:
    detail = line["detail"] or {}
    sent = detail.get("sent")
    for one in [detail, *(sent if isinstance(sent, list) else [])]:
        if isinstance(one, dict) and isinstance(one.get("message"), str) and isinstance(one.get("sha256"), str):
            yield one["message"], one["sha256"]


def _witnessed(manifest: Json, receipts: Sequence[Letter], roots: Mapping[str, Json], report: Report) -> None:
    """Roots that the issuer told a partner in a signed receipt: the partner could show another, had there been one."""
    told = 0
    for letter in receipts:
        if letter.said is None or letter.signed is None or letter.said.sender != manifest["issuer"]["code"]:
            continue
        root = letter.said.data.get("sealed_root")
        here = roots.get(str(root.get("id"))) if isinstance(root, dict) else None
        if root is None or here is None:
            continue
        if root.get("hash") != _hash(here) or any(root.get(name) != here[name] for name in here.keys() & _TOLD):
            report.fail(
                "roots", letter.where, "回执告诉对方的封存根与包内不同", "a receipt told the partner another root"
            )
        told += 1
    if told and not report.wrong("roots"):
        report.prove(
            "witnessed",
            f"其中 {told} 次由签名的回执告诉了对方，对方手里也有",
            f"{told} times such a root was told to the partner in a signed receipt, which it keeps",
        )
