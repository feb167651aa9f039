"""The list version that the case was filed under: its canonical text, its hash, and who confirmed it with which key."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

from gateway.proof import shapes
from gateway.proof.findings import Report, plain
from gateway.proof.letters import Letter
from gateway.proof.ring import Key, Ring
from messaging import contract
from partners import list_signing

MEMBERS = frozenset({"agreement", "version", "effective_from", "lines"})


def check(
    manifest: Mapping[str, Any],
    files: Mapping[str, bytes],
    letters: Mapping[str, Sequence[Letter]],
    ring: Ring,
    report: Report,
) -> None:
    """The text has the hash that is stated, is the version that the filing names, and is confirmed by whom."""
    told = manifest["agreement"]
    name = f"{plain(told['id'])} v{told['version']}"
    raw = files.get("agreement.json") if told["file"] is not None else None
    if raw is None:
        report.miss("agreement", name, "清单版本的文本不在包内", "the text of the list version is not in the package")
        return
    found = _hash(raw, told, report)
    _filed_under(told, letters["messages"], report)
    if found is not None and not report.wrong("agreement"):
        report.prove(
            "agreement",
            f"清单 {name} 的规范文本（RFC 8785）重新计算的 SHA-256 与所写一致：{found}",
            f"the canonical text (RFC 8785) of list {name} has the stated SHA-256 {found}",
        )
    _confirmed(told, found, letters["agreements"], ring, report)


def _hash(raw: bytes, told: Mapping[str, Any], report: Report) -> str | None:
    try:
        text = shapes.document(raw)
        canonical = rfc8785.dumps(text)
    except (shapes.Misshapen, rfc8785.CanonicalizationError):
        report.fail("agreement", "agreement.json", "不是清单的规范文本", "no canonical text of a list")
        return None
    found = hashlib.sha256(canonical).hexdigest()
    if canonical != raw or text.keys() != MEMBERS:
        report.fail("agreement", "agreement.json", "不是清单的规范文本", "no canonical text of a list")
    elif found != told["hash"]:
        report.fail("agreement", "agreement.json", "清单文本的摘要与所写不同", "the text does not have the stated hash")
    elif (text["agreement"], text["version"]) != (told["id"], told["version"]):
        report.fail("agreement", "agreement.json", "文本是另一个清单或版本", "the text is of another list or version")
    return found


def _filed_under(told: Mapping[str, Any], messages: Sequence[Letter], report: Report) -> None:
    for letter in messages:
        said = letter.said
        if said is not None and said.type == "application.submitted":
            named = said.data.get("agreement"), said.data.get("version")
            if named != (told["id"], told["version"]):
                report.fail(
                    "agreement", letter.where, "申请所依据的是另一个清单版本", "it was filed under another version"
                )


def _confirmed(
    told: Mapping[str, Any], found: str | None, letters: Sequence[Letter], ring: Ring, report: Report
) -> None:
    counted = 0
    for letter in letters:
        said = letter.said
        if said is None or letter.signed is None:
            continue
        data = said.data
        if said.type != "agreement.signed" or contract.check("agreement.signed", data):
            report.fail("agreement.signed", letter.where, "不是清单确认报文", "it confirms no list")
        elif (data["agreement"], data["version"], data["hash"]) != (told["id"], told["version"], found):
            report.fail(
                "agreement.signed", letter.where, "确认的是另一个版本或摘要", "it confirms another version or hash"
            )
        elif (key := _signed(data, signer := str(data.get("jurisdiction") or said.sender), ring)) is None:
            report.fail(
                "agreement.signed", letter.where, "清单确认签名不符", "the signature over the list does not hold"
            )
        else:
            counted += 1
            report.prove(
                "agreement.signed",
                f"{signer} 确认了这一版本（{plain(data['signed_by'])}，密钥 {key.kid}，指纹 {key.thumbprint}）",
                f"{signer} confirmed this version ({plain(data['signed_by'])}, key {key.kid}, fingerprint"
                f" {key.thumbprint})",
            )
    if not counted and not report.wrong("agreement.signed"):
        report.note(
            "agreement.signed",
            "agreement.json",
            "包内没有各地区对这一版本的签名确认：清单是怎样约定的，请看纸面协议",
            "the package holds no county's signed confirmation of this version: see the agreement on paper",
        )


def _signed(data: Mapping[str, Any], sender: str, ring: Ring) -> Key | None:
    """The sender's key that confirms exactly what the message says."""

    def jwk(kid: str) -> Mapping[str, Any] | None:
        key = ring.get(sender, kid)
        return None if key is None else key.jwk

    found = list_signing.read(data["jws"], jwk)
    if found is None or (found.agreement, found.version, found.hash) != tuple(
        data[name] for name in ("agreement", "version", "hash")
    ):
        return None
    return ring.get(sender, found.kid)
