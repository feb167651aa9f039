"""Receipts held against messages: who confirmed having what, when, and with which outcome."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.proof.findings import Confirmation, Report, plain
from gateway.proof.letters import Letter
from messaging import contract
from messaging.envelope import Envelope

CLOSING = frozenset({"applied", "held", "parked", "set_aside"})
Named = tuple[str, str, str]  # (who confirms, message id, digest)


@dataclass(frozen=True)
class Told:
    """One entry of a verified receipt."""

    receipt: str
    time: datetime
    custodial: bool
    entry: Mapping[str, Any]


def check(messages: Sequence[Letter], receipts: Sequence[Letter], report: Report) -> None:
    """Each message, other than what was not sent yet, is confirmed by the side that it was addressed to."""
    told = _entries(receipts, report)
    unsent = {letter.entry["id"] for letter in receipts if letter.unsent}
    for letter in messages:
        if letter.said is None or letter.given_back:
            _without_content(letter, told, report)
        elif letter.entry["receipt"] in unsent:
            report.note(
                "confirmed",
                letter.where,
                "出具地区的回执还没有签名发出",
                "the issuer's receipt is not signed and sent yet",
            )
        else:
            _confirmed(letter, letter.said, told, report)
    if report.confirmations and not report.wrong("confirmed"):
        report.prove(
            "confirmed",
            f"{len(report.confirmations)} 件报文由对方签名确认已收到并存妥（下列）；已接收不等于受理",
            f"{len(report.confirmations)} messages are confirmed as stored by the other side's signature (listed below);"
            " receipted is not accepted",
        )


def _entries(receipts: Sequence[Letter], report: Report) -> dict[Named, list[Told]]:
    found: dict[Named, list[Told]] = defaultdict(list)
    for letter in receipts:
        if letter.said is None or letter.signed is None:
            continue
        if letter.said.type != "receipt" or contract.check("receipt", letter.said.data):
            report.fail("confirmed", letter.where, "不是合乎约定的回执", "it is no receipt of the contract")
            continue
        for entry in letter.said.data["receipts"]:
            name = (letter.said.sender, str(entry["id"]), entry["sha256"])
            found[name].append(Told(letter.said.id, letter.said.time, letter.custodial, entry))
    return found


def _confirmed(letter: Letter, said: Envelope, told: Mapping[Named, Sequence[Told]], report: Report) -> None:
    entry = letter.entry
    heard = told.get((said.recipient, said.id, entry["sha256"]), [])
    if entry["receipt"] is not None:
        heard = [one for one in heard if one.receipt == entry["receipt"]]
        if not heard:
            report.miss(
                "confirmed",
                letter.where,
                f"清单写明的回执 {plain(entry['receipt'])} 不在包内，或没有确认这件报文",
                "the receipt that the manifest names is not there, or does not confirm this message",
            )
            return
    if not heard:
        _open(letter, report)
        return
    last = max(heard, key=lambda one: one.time)
    if entry["receipt"] is not None and last.entry["outcome"] != entry["outcome"]:
        report.fail(
            "confirmed", letter.where, "回执的结果与清单所写不同", "the outcome is not what the manifest states"
        )
    if last.entry["outcome"] not in CLOSING:
        report.note(
            "confirmed",
            letter.where,
            f"对方答复 {plain(last.entry['outcome'])}：没有接收",
            f"the other side answered {plain(last.entry['outcome'])}: it did not take it",
        )
        return
    report.confirmations.append(_confirmation(said, last))


def _confirmation(said: Envelope, told: Told) -> Confirmation:
    return Confirmation(
        message=said.id,
        type=said.type,
        sequence=said.sequence,
        sender=said.sender,
        by=said.recipient,
        at=plain(told.entry["stored_at"]),
        outcome=told.entry["outcome"],
        receipt=told.receipt,
        custodial=told.custodial,
    )


def _open(letter: Letter, report: Report) -> None:
    """No receipt is claimed and none is there: that proves nothing, and is said."""
    if letter.entry["closed_by"] is not None:
        report.note(
            "confirmed",
            letter.where,
            f"没有对方回执，由 {plain(letter.entry['closed_by'])} 按姓名结束",
            "not confirmed by the other side; closed by a named person",
        )
    else:
        report.note("confirmed", letter.where, "还没有对方的回执", "not confirmed by the other side (yet)")


def _without_content(letter: Letter, told: Mapping[Named, Sequence[Told]], report: Report) -> None:
    """What is destroyed was named as missing; a receipt may still tell its digest."""
    if letter.given_back:
        report.note(
            "confirmed",
            letter.where,
            "对方恢复旧备份后，把它自己的报文送还给它",
            "given back to the partner that had lost it",
        )
    elif any(name[1:] == (letter.entry["id"], letter.entry["sha256"]) for name in told):
        report.note(
            "confirmed", letter.where, "对方确认过这一摘要的报文", "a receipt confirms a message of this digest"
        )
