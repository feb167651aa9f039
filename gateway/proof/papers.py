"""Papers: each one's content has the digest that is printed on it, and is the one that its line of the audit issued."""

import hashlib
from collections.abc import Mapping
from typing import Any

from gateway.proof import shapes
from gateway.proof.findings import Report

Json = Mapping[str, Any]
Issue = tuple[str, int]  # the paper's number, and its version


def check(manifest: Json, files: Mapping[str, bytes], report: Report) -> None:
    """Every paper that is listed is here unchanged, no other is, and the audit tells of each that it was issued."""
    listed: dict[Issue, Json] = {(one["number"], one["version"]): one for one in manifest["papers"]}
    if len(listed) != len(manifest["papers"]):
        report.fail("papers", "manifest.json", "同一份文书列了两次", "a paper is listed twice")
    for one in listed.values():
        _content(one, files, report)
    bodies = {one["body"] for one in listed.values()}
    for path in sorted(path for path in files if path.startswith("papers/") and path not in bodies):
        report.fail("papers", path, "包内有清单没有列出的文书", "the package holds a paper that is not listed")
    _issued(listed, _told(files), report)
    if listed and not report.wrong("papers"):
        report.prove(
            "papers",
            f"审计链写到出具的 {len(listed)} 份文书都在包内，内容的 SHA-256 与审计链所写一致，不多不少",
            f"the {len(listed)} papers that the audit tells of are here, their contents have the SHA-256 that it tells",
        )


def _content(one: Json, files: Mapping[str, bytes], report: Report) -> None:
    where = f"{one['number']} v{one['version']}"
    if one["body"] == "destroyed":
        report.miss(
            "papers.destroyed",
            where,
            "内容已按保存期限销毁密钥，只剩摘要",
            "its key was destroyed after the retention time: of the paper only its digest remains",
        )
        return
    body = files.get(one["body"]) if one["body"].startswith("papers/") else None
    if body is None:
        report.miss("papers", where, "文书的内容不在包内", "the content of the paper is not in the package")
    elif hashlib.sha256(body).hexdigest() != one["sha256"]:
        report.fail("papers", where, "文书的内容与其摘要不符", "the content of the paper does not have its digest")


def _told(files: Mapping[str, bytes]) -> dict[Issue, str]:
    """Digests of the papers that the audit's lines issued; what is wrong with the audit is told elsewhere."""
    try:
        lines = [one["line"] for one in shapes.audited(files.get("audit.jsonl", b""))]
    except shapes.Misshapen:
        return {}
    named = [one for line in lines for one in _papers(line["detail"])]
    return {(one["number"], one["version"]): one["sha256"] for one in named}


def _papers(detail: Any) -> list[Json]:
    papers = detail.get("papers") if isinstance(detail, dict) else None
    shape = {"number": str, "version": int, "sha256": str}
    return [
        one
        for one in (papers if isinstance(papers, list) else [])
        if isinstance(one, dict) and all(isinstance(one.get(name), type_) for name, type_ in shape.items())
    ]


def _issued(listed: Mapping[Issue, Json], told: Mapping[Issue, str], report: Report) -> None:
    for issue in sorted(listed.keys() | told.keys()):
        where = f"{issue[0]} v{issue[1]}"
        if issue not in listed:
            report.miss(
                "papers", where, "审计链写到出具的文书没有列出", "a paper that the audit tells of is not listed"
            )
        elif issue not in told:
            report.fail("papers", where, "审计链没有写到出具这份文书", "no line of the audit tells that it was issued")
        elif listed[issue]["sha256"] != told[issue]:
            report.fail("papers", where, "文书的摘要与审计链所写不同", "the audit tells another digest of it")
