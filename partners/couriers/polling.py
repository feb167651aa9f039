"""The polling courier: a partner asks for its deliveries and answers each with a receipt."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from messaging import envelope
from messaging.arrivals import Stored
from messaging.envelope import BadEnvelope, Envelope
from messaging.faults import fault
from messaging.strict_json import Malformed
from partners.couriers.on_behalf import OnBehalf
from partners.mailbox import Item, Mailbox

MOST, LONGEST = 200, 30.0  # deliveries in one answer; seconds of one wait


class NoSuchDelivery(Exception):
    """No message with this id was ever laid out for this partner."""


class WrongReceipt(Exception):
    """Not a receipt for this delivery: `not_a_receipt` or `names_another_message`. Nothing was changed."""


class Store(Protocol):
    """The inbox, as couriers see it."""

    async def __call__(
        self, partner: str, body: bytes, signature: str | None, *, door: str, ours: bool = False
    ) -> Stored:
        """Durable once it returns; raises Malformed or Unverified, and for `ours` NumberTaken or AlreadySaid."""


async def hand_out(
    mailbox: Mailbox, partner: str, *, wait: float = 0.0, limit: int = 50, gone: Callable[[], bool] = lambda: False
) -> list[Item]:
    """GET deliveries: oldest first, again until receipted; `wait` seconds at most for something new.

    `gone`: has the partner hung up meanwhile? Then nothing is handed out.
    """
    return await mailbox.wait_and_hand_out(partner, min(max(limit, 1), MOST), min(max(wait, 0.0), LONGEST), gone)


async def settle(
    mailbox: Mailbox, store: Store, partner: str, message_id: str, body: bytes, signature: str | None
) -> None:
    """POST deliveries/{id}/receipt: store the signed receipt, then close every delivery that it names.

    Raises NoSuchDelivery, WrongReceipt; Malformed and Unverified as the inbox does.
    """
    laid_out = await mailbox.find(partner, message_id)
    if laid_out is None:
        raise NoSuchDelivery(message_id)
    said = _read(body)
    if said is None:  # the inbox says what is wrong with it, and keeps it apart
        await store(partner, body, signature, door="rest")
        raise WrongReceipt("not_a_receipt")
    entries = _entries(said)
    if not any(entry.get("id") == message_id or entry.get("sha256") == laid_out.sha256 for entry in entries):
        raise WrongReceipt("names_another_message")
    await store(partner, body, signature, door="rest")
    fault("polling.before_settle")
    await mailbox.settle(
        partner,
        message_id,
        *(str(entry["id"]) for entry in entries if entry.get("id")),
        digests=[str(entry["sha256"]) for entry in entries if not entry.get("id") and entry.get("sha256")],
    )


async def settle_custodial(
    mailbox: Mailbox, store: Store, on_behalf: OnBehalf, partner: str, message_id: str, outcome: str
) -> None:
    """The receipt of a partner that cannot sign, `{"outcome":"applied"}`: we sign it with the key that we hold.

    Raises NoSuchDelivery, WrongReceipt (`unknown_outcome`), NoKeyHeld.
    """
    laid_out = await mailbox.find(partner, message_id)
    if laid_out is None:
        raise NoSuchDelivery(message_id)
    if outcome not in {"applied", "held", "parked", "conflict"}:
        raise WrongReceipt("unknown_outcome")
    letter = on_behalf.receipt(partner, [laid_out], outcome)
    await store(partner, letter.body, letter.signature, door="rest")
    await mailbox.settle(partner, message_id)


def _read(body: bytes) -> Envelope | None:
    try:
        return envelope.parse(body)
    except (BadEnvelope, Malformed):
        return None


def _entries(said: Envelope) -> Sequence[Mapping[str, Any]]:
    """The entries of a receipt. Raises WrongReceipt when it is none."""
    entries = said.data.get("receipts") if said.type == "receipt" else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise WrongReceipt("not_a_receipt")
    return entries
