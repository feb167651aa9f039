"""Integrity: what is stored is what was signed and what arrived, bit for bit."""

import hashlib
from collections.abc import Iterator

from partners import signing
from partners.signing import BadSignature
from tests.faults import on_the_broker
from tests.faults.world import Gateway, Row, World


def integrity(world: World) -> Iterator[str]:
    """SHA-256 of what is stored = of what was signed = of what is at the receiver; every signature verifies."""
    gateway = world.gateway
    for table in ("outgoing", "incoming", "mail"):
        for row in gateway[table]:
            yield from _signed(gateway, table, row)
    for row in gateway["apart"]:
        if hashlib.sha256(row["clear"]).hexdigest() != row["sha256"]:
            yield f"set apart {row['sha256'][:12]}: other bytes than arrived"
    yield from _same_at_both_ends(world)
    yield from on_the_broker.changed(world)


def _signed(gateway: Gateway, table: str, row: Row) -> Iterator[str]:
    said, name = row["said"], f"{table} {row['message_id']}"
    if hashlib.sha256(row["clear"]).hexdigest() != row["sha256"]:
        yield f"{name}: stored bytes have another digest than {row['sha256'][:12]}"
    if said is None or said.id != row["message_id"]:
        yield f"{name}: the bytes are another message's"
        return
    own = said.sender == gateway.home  # a partner's message that is given back to it keeps its own signature
    came_back = own and table == "incoming"  # ours again, outside their numbers
    if (own or table == "incoming") and row["sequence"] != said.sequence and not came_back:
        yield f"{name}: number {row['sequence']} beside the bytes, {said.sequence} in them"
    if not row["signature"]:
        if table != "outgoing" or row["confirmed_at"] is not None:
            yield f"{name}: not signed"
        return
    try:
        header = signing.read_header(row["signature"])
        signing.verify(row["clear"], row["signature"], gateway.jwks[said.sender][header.kid])
    except (BadSignature, KeyError) as error:
        yield f"{name}: the signature does not verify over the stored bytes ({error})"
    else:
        if (header.iss, header.aud, header.jti) != (said.source, said.audience, said.id):
            yield f"{name}: the signature is for another message"


def _same_at_both_ends(world: World) -> Iterator[str]:
    ours = {row["message_id"]: row for row in world.gateway["outgoing"]}
    theirs = {(row["partner"], row["message_id"]): row for row in world.gateway["incoming"]}
    for guest in world.guests.values():
        for row in guest.heard:
            sent = ours.get(row["id"])
            if sent is None or sent["clear"] != bytes(row["body"]):
                yield f"{guest.code} heard {row['id']} in other bytes than we keep"
        for row in guest.said:
            kept = theirs.get((guest.code, row["id"]))
            if kept is not None and kept["clear"] != bytes(row["body"]):
                yield f"we keep {row['id']} in other bytes than {guest.code} said"
        for row in (*guest.heard, *guest.said):
            if hashlib.sha256(bytes(row["body"])).hexdigest() != row["sha256"]:
                yield f"{guest.code} keeps {row['id']} in other bytes than it noted"
