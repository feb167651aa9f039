"""Seeded points at which this process kills itself, so that tests can prove what survives. Unarmed, they do nothing."""

import os
import random
import signal
from collections.abc import Mapping
from types import MappingProxyType

POINTS: Mapping[str, str] = MappingProxyType(
    {
        "writer.before_save": "everything is planned, nothing is written",
        "writer.before_commit": "everything is written, nothing is committed",
        "writer.after_commit": "committed; nobody was answered and nobody was woken",
        "relay.before_publish": "committed and signed, not sent",
        "relay.after_publish": "sent, not marked as sent",
        "mailbox.after_hand_out": "handed out, the partner has no answer",
        "polling.before_settle": "a receipt is stored, its delivery is still open",
        "inbox.before_commit": "a message is written, not committed",
        "inbox.after_store": "a message is durable, its sender has no answer",
        "consumer.before_ack": "a message of a partner is durable, the broker does not know it",
        "collecting.before_ack": "a message lies in the mailbox, the broker does not know it",
        "applier.before_apply": "a message is durable, not applied",
        "link.before_commit": "receipts have their effect, nothing is committed",
        "attachment.before_row": "a file's bytes are on the disk, no row names them",
        "audit.before_seal": "a root is signed, not written",
        "upload.before_row": "a part of an upload is on the disk, no row counts it",
        "joint.before_next_stage": "a stage of a joint case has ended, the next one is not begun",
    }
)
"""Every point, with what is done and what is not when the process dies there."""

WITH_BROKER = frozenset({"consumer.before_ack", "collecting.before_ack"})  # passed only where RabbitMQ is the bus
# passed only where joint cases are filed, or files come in parts: tests of their own fire them
ELSEWHERE = frozenset({"joint.before_next_stage", "upload.before_row"})

_dice: random.Random | None = None
_rate = 0.0
_only = ""


def arm(setting: str) -> None:
    """`seed:rate[:point]`, as in TONGBAN_FAULTS; rate is the chance at each passage, point limits it to one name.

    Raises ValueError.
    """
    global _dice, _rate, _only
    seed, rate, *only = setting.split(":")
    if only and only[0] not in POINTS:
        raise ValueError(f"no such fault point: {only[0]}")
    _dice, _rate, _only = random.Random(int(seed)), float(rate), only[0] if only else ""  # noqa: S311


def fault(point: str) -> None:
    """A place where the process may die, by kill -9 of itself, when armed."""
    if _dice is not None and (not _only or _only == point) and _dice.random() < _rate:
        os.write(2, f"fault {point}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)
