"""Fingerprints from outside the package: what the counties wrote into the agreement that they signed on paper.

A text file; each line holds a six-digit code and a fingerprint (RFC 7638, SHA-256, base64url), and may say more behind
them. What follows `#` is a remark.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from gateway.proof.findings import Report
from gateway.proof.ring import Key

MAX_BYTES = 1024 * 1024
_LINE = re.compile(r"([0-9]{6})\s+([A-Za-z0-9_-]{43})(\s.*)?")

Anchors = frozenset[tuple[str, str]]  # (jurisdiction, fingerprint)


class BadFile(Exception):
    """No list of fingerprints; the text says which line."""


def read(path: Path) -> Anchors:
    """The file's fingerprints. Raises BadFile, also for a file without any, and OSError."""
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise BadFile("超过 1 MiB (larger than 1 MiB)")
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BadFile("不是 UTF-8 文本 (not UTF-8 text)") from None
    found = {pair for number, line in enumerate(lines, 1) if (pair := _pair(number, line)) is not None}
    if not found:
        raise BadFile("没有一个指纹 (holds no fingerprint)")
    return frozenset(found)


def _pair(number: int, line: str) -> tuple[str, str] | None:
    text = line.partition("#")[0].strip()
    if not text:
        return None
    match = _LINE.fullmatch(text)
    if match is None:
        raise BadFile(f"第 {number} 行：应为“六位代码 指纹” (line {number}: code and fingerprint expected)")
    return match[1], match[2]


def check(keys: Sequence[Key], anchors: Anchors | None, report: Report) -> None:
    """Hold every key of the package against the fingerprints from outside."""
    if anchors is None:
        report.note(
            "anchors",
            "keys.jwks.json",
            "公钥是包内自带的，没有与协议所附指纹核对（--keys）；下面列出指纹，请人工核对",
            "the keys come with the package and were not compared with the agreement's fingerprints (--keys); they are"
            " listed below for comparing by hand",
        )
        return
    for key in keys:
        if (key.jurisdiction, key.thumbprint) not in anchors:
            report.fail(
                "anchors",
                f"{key.jurisdiction} {key.kid}",
                f"公钥 {key.thumbprint} 不在所给的指纹之中",
                f"the key {key.thumbprint} is not among the given fingerprints",
            )
    if not report.wrong("anchors"):
        report.prove(
            "anchors",
            f"{len(keys)} 把公钥的指纹都在所给的指纹文件之中",
            f"the fingerprints of all {len(keys)} keys are in the given file",
        )
