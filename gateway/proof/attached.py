"""Attachments: which files the messages name, and whether files that lie beside the package are these."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.proof.findings import Report, plain
from gateway.proof.letters import Letter

PIECE = 1024 * 1024
MEMBERS = ("sha256", "size", "name", "media_type")


def check(manifest: Mapping[str, Any], messages: Sequence[Letter], folder: Path | None, report: Report) -> None:
    """Every file that a message names is listed with the same size; files in `folder` are matched by their digest.

    Raises OSError when the folder cannot be read.
    """
    listed = {one["sha256"]: one for one in manifest["attachments"]}
    named = {one["sha256"]: one for letter in messages if letter.said for one in _attachments(letter.said.data)}
    for sha256, told in sorted(named.items()):
        if sha256 not in listed:
            report.miss(
                "attachments", told["name"], "报文所附的文件没有列出", "a file that a message names is not listed"
            )
        elif listed[sha256]["size"] != told["size"]:
            report.fail(
                "attachments", told["name"], "文件大小与报文所写不同", "its size is not what the message states"
            )
    for sha256 in sorted(listed.keys() - named.keys()):
        report.note(
            "attachments",
            listed[sha256]["name"],
            "没有一件报文写到这个文件，只有出具地区的话",
            "no message names this file: there is only the issuer's word",
        )
    if named and not report.wrong("attachments"):
        report.prove(
            "attachments",
            f"签名的报文写明了 {len(named)} 个附件的 SHA-256 和大小",
            f"the signed messages name {len(named)} attachments by SHA-256 and size",
        )
    _beside(listed, named.keys(), folder, report)


def _attachments(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every attachment in a message's data, wherever it stands; the nesting is bounded by the envelope's reader."""
    if isinstance(value, dict):
        if all(name in value for name in MEMBERS) and isinstance(value["sha256"], str):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _attachments(one)


def _beside(listed: Mapping[str, Any], named: Any, folder: Path | None, report: Report) -> None:
    if not listed:
        return
    there = {} if folder is None else _digests(folder)
    for path, (sha256, size) in sorted(there.items()):
        if sha256 not in listed:
            report.note("files_beside", path, "不是本办件的附件，或已被改动", "no attachment of this case, or changed")
        elif size != listed[sha256]["size"]:
            report.fail("files_beside", path, "大小与所列不同", "its size is not what is listed")
    found = {sha256 for sha256, _ in there.values()} & listed.keys()
    if found:
        proven = len(found & named)
        report.prove(
            "files_beside",
            f"旁边的 {len(found)} 个文件与所列摘要一致，其中 {proven} 个由签名的报文写明",
            f"{len(found)} files beside the package have listed digests, {proven} of them named by signed messages",
        )
    for sha256 in sorted(listed.keys() - found):
        name = f"{plain(listed[sha256]['name'])}（{sha256[:12]}…）"
        report.note("files_beside", name, "文件本身没有拿来核对（--files）", "the file itself was not given (--files)")


def _digests(folder: Path) -> dict[str, tuple[str, int]]:
    found = {}
    for path in sorted(folder.iterdir()):
        if path.is_file():
            digest, size = hashlib.sha256(), 0
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
                    size += len(piece)
            found[path.name] = (digest.hexdigest(), size)
    return found
