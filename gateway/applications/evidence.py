"""A case's evidence: one package that proves to a third party what was said, received and done, without this house."""

import asyncio
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.applications.evidence_rows import Rows, gather, numbers, receipt_of
from gateway.applications.evidence_words import LIMITS, PROVES
from gateway.applications.papers import book
from gateway.applications.tables import Paper
from gateway.audit import chain
from gateway.audit.proofs import proven_lines
from messaging import at_rest
from messaging.key_ring import KeyDestroyed, KeyRing
from messaging.tables import Incoming, Outgoing, SetApart
from messaging.unit_of_work import run_tx

FORMAT = "tongban-evidence/1"
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_EPOCH = (1980, 1, 1, 0, 0, 0)

Json = dict[str, Any]
Jwk = Mapping[str, Any]


@dataclass(frozen=True)
class Letter:
    """One message or receipt with what is known about it."""

    facts: Json  # its entry in the manifest, without the name of its file
    body: bytes | None  # None: its key was destroyed
    signature: str | None
    at: datetime


Folders = Mapping[str, Sequence[Letter]]


async def build(number: str, *, keys: KeyRing, jwks: Iterable[Jwk]) -> bytes:
    """The evidence of an application (or of the one that a leg belongs to), as a ZIP file.

    `jwks` are the public keys of all parties, retired ones too; those that were used go in. The same state of the case
    gives the same bytes. Whether somebody may have it is the caller's question. Raises NotFound.
    """
    audit = {leg: await proven_lines(leg) for leg in await run_tx(lambda connection: numbers(connection, number))}
    receipt_ids = {id_ for lines in audit.values() for line in lines if (id_ := receipt_of(line["line"])) is not None}
    rows = await run_tx(lambda connection: gather(connection, number, receipt_ids))
    await keys.fetch(rows.key_ids)
    folders, papers = _opened(rows, keys), _papers(rows, keys)  # nothing is awaited in between: the keys are in memory
    lines = [line for lines in audit.values() for line in lines]
    return await asyncio.to_thread(_package, rows, folders, papers, lines, list(jwks))


def _opened(rows: Rows, keys: KeyRing) -> Folders:
    messages = [_sent(row, keys) for row in rows.outgoing] + [_heard(row, keys) for row in rows.incoming]
    receipts = [_sent(row, keys) for row in rows.our_receipts] + [_heard(row, keys) for row in rows.their_receipts]
    return {
        "messages": sorted(messages, key=lambda letter: letter.at),
        "receipts": sorted(receipts, key=lambda letter: letter.at),
        "conflicts": [_contradiction(row, keys) for row in rows.conflicts],
    }


def _package(
    rows: Rows, folders: Folders, papers: Mapping[str, bytes | None], audit: Sequence[Json], jwks: Sequence[Jwk]
) -> bytes:
    files = {path: text for path, text in papers.items() if text is not None}
    entries = {folder: _lay_down(files, folder, letters) for folder, letters in folders.items()}
    if rows.version is not None:
        files["agreement.json"] = rows.version.text.encode()
    files["audit.jsonl"] = b"".join(_text(line, indent=None) for line in audit)
    used = {entry["kid"] for some in entries.values() for entry in some} | {
        line["proof"]["root"]["kid"] for line in audit if line["proof"] is not None
    }
    there = [dict(jwk) for jwk in jwks if jwk.get("kid") in used]
    files["keys.jwks.json"] = _text({"keys": there})
    used -= {None, *(jwk["kid"] for jwk in there)}
    return _zip({"manifest.json": _text(_manifest(rows, entries, audit, sorted(used), files)), **files})


def _papers(rows: Rows, keys: KeyRing) -> dict[str, bytes | None]:
    """The content of each paper that our side issued, in the order of issue, under the name of its file."""
    found: dict[str, bytes | None] = {}
    for row in rows.papers:
        try:
            found[_paper_path(row)] = keys.open(row.key_id, row.content, book.context(row.id))
        except KeyDestroyed:
            found[_paper_path(row)] = None
    return found


def _paper_path(row: Paper) -> str:
    return f"papers/{row.number if _PLAIN_ID.match(row.number) else row.sha256}.v{row.version}.json"


def _paper_entry(row: Paper, files: Mapping[str, bytes]) -> Json:
    path = _paper_path(row)
    return {
        "number": row.number,
        "version": row.version,
        "kind": row.kind,
        "office": row.office,
        "issued_at": chain.instant(row.issued_at),
        "sha256": row.sha256,
        "attachment": row.file,
        "body": path if path in files else "destroyed",
    }


def _sent(row: Outgoing, keys: KeyRing) -> Letter:
    facts = {
        "id": row.message_id,
        "direction": "out",
        "partner": row.partner,
        "type": row.type,
        "sequence": row.sequence,
        "sha256": row.sha256,
        "kid": row.kid,
        "custodial": False,
        "state": row.state,
        "outcome": row.outcome,
        "reason": row.reason,
        "closed_by": row.closed_by,
        "receipt": row.receipt_id,
        "at": chain.instant(row.created_at),
    }
    return Letter(facts, _open(row, keys, at_rest.outgoing(row.message_id)), row.signature, row.created_at)


def _heard(row: Incoming, keys: KeyRing) -> Letter:
    facts = {
        "id": row.message_id,
        "direction": "in",
        "partner": row.partner,
        "type": row.type,
        "sequence": row.sequence,
        "sha256": row.sha256,
        "kid": row.kid,
        "custodial": row.custodial,
        "state": row.state,
        "outcome": row.receipted_as,
        "reason": row.reason,
        "closed_by": row.settled_by,
        "receipt": row.receipt_id,
        "at": chain.instant(row.stored_at),
    }
    context = at_rest.incoming(row.partner, row.message_id)
    return Letter(facts, _open(row, keys, context), row.signature, row.stored_at)


def _contradiction(row: SetApart, keys: KeyRing) -> Letter:
    """A message that contradicts one that is stored under the same id or number; it had no effect."""
    facts = {
        "id": row.claimed_id,
        "direction": "in",
        "partner": row.partner,
        "sha256": row.sha256,
        "kid": None,
        "outcome": row.outcome,
        "reason": row.reason,
        "closed_by": row.settled_by,
        "at": chain.instant(row.stored_at),
    }
    body = _open(row, keys, at_rest.apart(row.partner, row.sha256))
    return Letter(facts, body, row.signature, row.stored_at)


def _open(row: Outgoing | Incoming | SetApart, keys: KeyRing, context: str) -> bytes | None:
    try:
        return keys.open(row.key_id, row.body, context)
    except KeyDestroyed:
        return None


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
    """The message's id, unless it is not fit for a file name or another sender gave the same one."""
    id_ = str(facts["id"])
    stem = f"{folder}/{id_}"
    fit = folder != "conflicts" and _PLAIN_ID.match(id_) and f"{stem}.json" not in files and f"{stem}.jws" not in files
    return stem if fit else f"{folder}/{facts['sha256']}"


def _manifest(
    rows: Rows,
    entries: Mapping[str, Sequence[Json]],
    audit: Sequence[Json],
    unknown: list[str],
    files: Mapping[str, bytes],
) -> Json:
    application, version = rows.application, rows.version
    times = [entry["at"] for some in entries.values() for entry in some] + [line["line"]["at"] for line in audit]
    return {
        "format": FORMAT,
        "number": application.number,
        "role": application.role,
        "as_of": max(times, default=chain.instant(application.received_at)),
        "origin": application.origin,
        "legs": [{"number": leg.number, "handler": leg.handler, "state": leg.state} for leg in rows.legs],
        "agreement": {
            "id": application.agreement,
            "version": application.agreement_version,
            "hash": None if version is None else version.hash,
            "file": None if version is None else "agreement.json",
        },
        **entries,
        "papers": [_paper_entry(row, files) for row in rows.papers],
        "custodial": any(entry.get("custodial") for some in entries.values() for entry in some),
        "attachments": rows.files,
        "audit": {"lines": len(audit), "sealed": sum(line["proof"] is not None for line in audit)},
        "unknown_keys": unknown,  # used, but not among the keys that this house knows
        "proves": PROVES,
        "limits": LIMITS,
        "files": [
            {"path": path, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for path, body in sorted(files.items())
        ],
    }


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
