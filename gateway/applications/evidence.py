"""A case's evidence: one package that proves to a third party what was said, received and done, without this house."""

import asyncio
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.applications import evidence_readme
from gateway.applications.evidence_keys import PublicKey, used
from gateway.applications.evidence_letters import Folders, Letter, all_named, list_signer, opened
from gateway.applications.evidence_papers import contents, entry
from gateway.applications.evidence_rows import Rows, gather, numbers, receipt_of
from gateway.applications.evidence_words import LIMITS, PROVES
from gateway.applications.tables import Application, Leg
from gateway.audit import chain
from gateway.audit.proofs import proven_lines, roots_between
from messaging.key_ring import KeyRing
from messaging.unit_of_work import run_tx

FORMAT = "tongban-evidence/1"
MOST_ROOTS = 50_000  # roots between a case's first and last; where there are more, only those over its lines go in
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_EPOCH = (1980, 1, 1, 0, 0, 0)

Json = dict[str, Any]


@dataclass(frozen=True)
class Issuer:
    """Who gives the package out: home's code, its key's name, and how it signs bytes as of an instant."""

    code: str
    kid: str
    sign: Callable[[bytes, datetime], str]


@dataclass(frozen=True)
class Trail:
    """The audit of a case: its lines with their proofs, and the chain of sealed roots that they lie under."""

    lines: Sequence[Json]
    roots: Sequence[Json]  # those over the lines with hash and signature, those between only as they were hashed
    complete: bool  # is every root between the first and the last here?


async def build(number: str, *, keys: KeyRing, known: Iterable[PublicKey], issuer: Issuer) -> bytes:
    """The evidence of an application with all its legs, or of one part of a joint case alone, as a ZIP file.

    `known` are the public keys of all parties, retired ones too; those that were used go in. The same state of the case
    gives the same bytes (with a deterministic algorithm, as EdDSA). Whether somebody may have it is the caller's
    question. Raises NotFound.
    """
    audit = {leg: await proven_lines(leg) for leg in await run_tx(lambda connection: numbers(connection, number))}
    receipt_ids = {id_ for lines in audit.values() for line in lines if (id_ := receipt_of(line["line"])) is not None}
    rows = await run_tx(lambda connection: gather(connection, number, receipt_ids))
    trail = await _trail([line for lines in audit.values() for line in lines])
    await keys.fetch(rows.key_ids)
    # nothing is awaited in between: the keys are in memory
    folders, papers = opened(rows, keys, issuer.code), contents(rows.papers, keys)
    return await asyncio.to_thread(_package, rows, folders, papers, trail, list(known), issuer)


async def _trail(lines: Sequence[Json]) -> Trail:
    over = {int(line["proof"]["root"]["id"]): line["proof"]["root"] for line in lines if line["proof"] is not None}
    if not over:
        return Trail(lines, [], complete=True)
    every = await roots_between(min(over), max(over), MOST_ROOTS)
    signed = [over[id_] for id_ in sorted(over)]
    if every is None:
        return Trail(lines, signed, complete=False)
    return Trail(lines, [over.get(int(root["id"]), root) for root in every], complete=True)


def _package(
    rows: Rows,
    folders: Folders,
    papers: Mapping[str, bytes | None],
    trail: Trail,
    known: Sequence[PublicKey],
    issuer: Issuer,
) -> bytes:
    files = {path: text for path, text in papers.items() if text is not None}
    entries = {folder: _lay_down(files, folder, letters) for folder, letters in folders.items()}
    if rows.version is not None:
        files["agreement.json"] = rows.version.text.encode()
    files["audit.jsonl"] = b"".join(_text(line, indent=None) for line in trail.lines)
    files["roots.jsonl"] = b"".join(_text(root, indent=None) for root in trail.roots)
    signers = {(entry["signer"], entry["kid"]) for some in entries.values() for entry in some}
    signers |= {(issuer.code, root["kid"]) for root in trail.roots if "kid" in root} | {(issuer.code, issuer.kid)}
    signers |= {list_signer(letter) for letter in folders["agreements"]}
    there, unknown = used(known, signers - {(None, None)})
    written = [entry(row, papers) for row in rows.papers]
    files["keys.jwks.json"] = _text({"keys": [dict(key.jwk) for key in there]})
    attachments = all_named(rows.files, folders["messages"])
    manifest = _manifest(rows, entries, written, attachments, trail, there, issuer) | {"unknown_keys": unknown}
    files["README.txt"] = evidence_readme.text(manifest).encode()
    return _signed({**manifest, "files": _listed(files)}, files, issuer)


def _signed(manifest: Json, files: Mapping[str, bytes], issuer: Issuer) -> bytes:
    """The package, its manifest signed by the house that gives it out: no byte of any member changes unseen."""
    text = _text(manifest)
    signature = issuer.sign(text, datetime.fromisoformat(manifest["as_of"]))
    return _zip({"manifest.json": text, "manifest.jws": signature.encode(), **files})


def _listed(files: Mapping[str, bytes]) -> list[Json]:
    return [
        {"path": path, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for path, body in sorted(files.items())
    ]


def _lay_down(files: dict[str, bytes], folder: str, letters: Sequence[Letter]) -> list[Json]:
    """Put bodies and signatures into a folder; the letters' entries with the names of their files."""
    entries = []
    for letter in letters:
        stem = _stem(files, folder, letter.facts)
        if letter.body is not None:
            files[f"{stem}.json"] = letter.body
        if letter.signature:
            files[f"{stem}.jws"] = letter.signature.encode()
        body = "destroyed" if letter.body is None else f"{stem}.json"
        entries.append({**letter.facts, "body": body, "signature": f"{stem}.jws" if letter.signature else None})
    return entries


def _stem(files: Mapping[str, bytes], folder: str, facts: Mapping[str, Any]) -> str:
    """The message's id, unless it is not fit for a file name or another sender gave the same one (in other letters)."""
    id_ = str(facts["id"])
    stem, taken = f"{folder}/{id_}", {path.lower() for path in files}
    fit = (
        folder != "conflicts"
        and _PLAIN_ID.match(id_)
        and taken.isdisjoint({f"{stem}.json".lower(), f"{stem}.jws".lower()})
    )
    return stem if fit else f"{folder}/{facts['sha256']}"


def _manifest(
    rows: Rows,
    entries: Mapping[str, Sequence[Json]],
    papers: Sequence[Json],
    attachments: Sequence[Json],
    trail: Trail,
    there: Sequence[PublicKey],
    issuer: Issuer,
) -> Json:
    application, version = rows.application, rows.version
    times = [entry["at"] for some in entries.values() for entry in some] + [line["line"]["at"] for line in trail.lines]
    return {
        "format": FORMAT,
        "number": rows.number,
        "issuer": {"code": issuer.code, "kid": issuer.kid},
        "role": application.role,
        "as_of": max(times, default=chain.instant(application.received_at)),
        "origin": application.origin,
        "legs": [_leg(application, leg) for leg in rows.legs],
        "agreement": {
            "id": application.agreement,
            "version": application.agreement_version,
            "hash": None if version is None else version.hash,
            "file": None if version is None else "agreement.json",
        },
        **entries,
        "papers": papers,
        "custodial": any(entry.get("custodial") for some in entries.values() for entry in some),
        "keys": [key.to_json() for key in there],
        "attachments": attachments,
        "audit": {
            "lines": len(trail.lines),
            "sealed": sum(line["proof"] is not None for line in trail.lines),
            "heads": [{"chain": name, **head} for name, head in _heads(trail.lines).items()],
            "roots": len(trail.roots),
            "roots_complete": trail.complete,
        },
        "proves": PROVES,
        "limits": LIMITS,
    }


def _leg(application: Application, leg: Leg) -> Json:
    """Of a joint case also which part it is: 0 is the whole, under the case's own number."""
    told = {"number": leg.number, "handler": leg.handler, "state": leg.state}
    return told | ({"part": leg.part, "stage": leg.stage} if application.joint else {})


def _heads(lines: Sequence[Json]) -> dict[str, Json]:
    """The last line of each chain, so that a tail that is cut off shows."""
    return {one["line"]["chain"]: {"sequence": one["line"]["sequence"], "hash": one["line"]["hash"]} for one in lines}


def _text(value: Any, indent: int | None = 1) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent, sort_keys=indent is None).encode() + b"\n"


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Fixed times, order and attributes: the same files give the same bytes. `papers/` is there even when empty."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for path in ["manifest.json", "papers/", *sorted(set(files) - {"manifest.json"})]:
            info = zipfile.ZipInfo(path, _EPOCH)
            info.create_system, info.external_attr = 3, (0o40755 << 16 | 0x10) if path.endswith("/") else 0o100644 << 16
            info.compress_type = zipfile.ZIP_STORED if path.endswith("/") else zipfile.ZIP_DEFLATED
            package.writestr(info, files.get(path, b""))
    return out.getvalue()
