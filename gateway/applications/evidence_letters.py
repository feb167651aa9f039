"""Messages, receipts and contradictions of a case's evidence: each with its bytes, its signature and what is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from gateway.applications.evidence_keys import Name, signer_of
from gateway.applications.evidence_rows import Rows
from gateway.applications.speak import attachments_in
from gateway.audit import chain
from messaging import at_rest
from messaging.key_ring import KeyDestroyed, KeyRing
from messaging.tables import Incoming, Outgoing, SetApart
from partners.keys import base64url_bytes

Json = dict[str, Any]
ATTACHMENT = ("sha256", "size", "name", "media_type")


@dataclass(frozen=True)
class Letter:
    """One message or receipt with what is known about it."""

    facts: Json  # its entry in the manifest, without the name of its file
    body: bytes | None  # None: its key was destroyed
    signature: str | None
    at: datetime


Folders = Mapping[str, Sequence[Letter]]


def opened(rows: Rows, keys: KeyRing, home: str) -> Folders:
    """Folder -> its letters, oldest first. The keys have to be in memory."""

    def both(sent: Sequence[Outgoing], heard: Sequence[Incoming]) -> list[Letter]:
        letters = [_sent(row, keys, home) for row in sent] + [_heard(row, keys) for row in heard]
        return sorted(letters, key=lambda letter: letter.at)

    signed = both(rows.our_signings, rows.their_signings)
    return {
        "messages": both(rows.outgoing, rows.incoming),
        "receipts": both(rows.our_receipts, rows.their_receipts),
        "conflicts": [_contradiction(row, keys) for row in rows.conflicts],
        "agreements": [one for one in signed if _tells_of(one, rows.application.agreement_version)],
    }


def list_signer(letter: Letter) -> Name:
    """The key that a confirmation of a list names inside, which may be another than that of its message: the proposer
    of a cluster's list passes on what the others signed.
    """
    try:
        data = orjson.loads(letter.body or b"{}")["data"]
        kid = orjson.loads(base64url_bytes(data["jws"].partition(".")[0]))["kid"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, None
    return data.get("jurisdiction") or letter.facts["signer"], str(kid)


def all_named(files: Sequence[Json], messages: Sequence[Letter]) -> list[Json]:
    """The case's files with those that only a message names as yet: it waits for its turn, or the file has not come."""
    found = {one["sha256"]: one for one in files}
    for letter in messages:
        for one in attachments_in(orjson.loads(letter.body or b"{}").get("data")):
            found.setdefault(one["sha256"], {name: one[name] for name in ATTACHMENT})
    return [found[sha256] for sha256 in sorted(found)]


def _sent(row: Outgoing, keys: KeyRing, home: str) -> Letter:
    signer, kid = signer_of(row.signature, (home, row.kid))
    facts = {
        "id": row.message_id,
        "direction": "out",
        "partner": row.partner,
        "type": row.type,
        "sequence": row.sequence,
        "sha256": row.sha256,
        "signer": signer,
        "kid": kid,
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
    signer, kid = signer_of(row.signature, (row.partner, row.kid))
    facts = {
        "id": row.message_id,
        "direction": "in",
        "partner": row.partner,
        "type": row.type,
        "sequence": row.sequence,
        "sha256": row.sha256,
        "signer": signer,
        "kid": kid,
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
    signer, kid = signer_of(row.signature, (row.partner, None))
    facts = {
        "id": row.claimed_id,
        "direction": "in",
        "partner": row.partner,
        "sha256": row.sha256,
        "signer": signer,
        "kid": kid,
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


def _tells_of(letter: Letter, version: int) -> bool:
    """Is it the confirmation of this version of the list? One that can no longer be read is of no use here."""
    if letter.body is None:
        return False
    data: Json = orjson.loads(letter.body)["data"]
    return data.get("version") == version
