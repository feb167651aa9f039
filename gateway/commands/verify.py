"""`verify`: what a case's evidence proves, in Chinese and English, from the file alone."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gateway.commands import answers
from gateway.proof import anchors
from gateway.proof import verify as proof
from gateway.proof.findings import Finding, Report
from matters_map import regions


def verify(arguments: Namespace) -> int:
    """0: all is proven. 1: something fails or is missing, each named. 2: the call or a file of the caller is wrong.

    `--json`: `{"ok","about","proven","confirmations","noted","failed","missing"}`.
    """
    try:
        known = anchors.read(Path(arguments.keys)) if arguments.keys else None
    except anchors.BadFile as bad:
        raise answers.WrongUse(f"verify --keys {arguments.keys}：{bad}") from None
    except OSError as error:
        raise answers.WrongUse(f"verify --keys {arguments.keys}：读不了 (cannot be read): {error.strerror}") from None
    try:
        report = proof.file(Path(arguments.file), known, Path(arguments.files) if arguments.files else None)
    except OSError as error:
        raise answers.WrongUse(
            f"verify {error.filename or arguments.file}：读不了 (cannot be read): {error.strerror}"
        ) from None
    if arguments.json:
        answers.give_json(_json(report))
    else:
        answers.give_lines(_text(Path(arguments.file).name, report))
    return answers.DONE if report.ok else answers.FOUND


def _json(report: Report) -> dict[str, Any]:
    parts = ("proven", "confirmations", "noted", "failed", "missing")
    told = {part: [one.to_json() for one in getattr(report, part)] for part in parts}
    return {"ok": report.ok, "about": report.about or None, **told}


def _text(name: str, report: Report) -> Iterator[str]:
    yield f"证据包 Evidence package: {name}"
    yield from _about(report)
    yield from _part("能证明 PROVEN", "✓", report.proven)
    yield from _confirmations(report)
    yield from _part("请注意 PLEASE NOTE", "!", report.noted)
    yield from _part("有误 FAILED", "✗", report.failed)
    yield from _part("缺少 MISSING", "✗", report.missing)
    yield from _conclusion(report)


def _about(report: Report) -> Iterator[str]:
    if not report.about:
        return
    about = report.about
    yield f"办件 Case: {about['number']}   收件地 Origin: {_place(about['origin'])}"
    for leg in about["legs"]:
        yield f"业务属地 Handler: {_place(leg['handler'])}   {leg['number']} {leg['state']}"
    yield f"出具 Issued by: {_place(about['issuer'])}   截至 As of: {about['as_of']}"
    yield "公钥指纹 Key fingerprints:"
    for key in about["keys"]:
        held = "   （出具地区代管 held by the issuer）" if key["custodial"] else ""
        yield f"  {key['jurisdiction']} {key['thumbprint']} {key['kid']}{held}"


def _part(title: str, mark: str, findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield ""
    yield f"【{title}】"
    for one in findings:
        where = f"{one.where}：" if one.where else ""
        yield f"{mark} {where}{one.zh}"
        yield f"  {where.replace('：', ': ')}{one.en}"


def _confirmations(report: Report) -> Iterator[str]:
    for one in report.confirmations:
        held = "，代管密钥 (held key)" if one.custodial else ""
        yield (
            f"  · {one.at} {_place(one.by)} 确认收到 {_place(one.sender)} 的第 {one.sequence} 号 {one.type}"
            f"：{one.outcome}（回执 receipt {one.receipt}{held}）"
        )


def _conclusion(report: Report) -> Iterator[str]:
    yield ""
    if report.ok:
        yield "结论 Conclusion: 以上各项均已证明。它不证明的：报文内容是否属实；各时刻由各方自己的时钟给出；电子签名不是印章；"
        yield "  已接收不等于受理，受理不等于办结。"
        yield "  All of the above is proven. It does not prove that what was said is true; each time is that of the party's"
        yield "  own clock; a signature is not a seal; receipted is not accepted, and accepted is not decided."
        if any(one.check == "anchors" for one in report.noted):
            yield "  前提：上列公钥确属各该地区 (provided that the keys above are those jurisdictions')."
    else:
        count = len(report.failed) + len(report.missing)
        yield f"结论 Conclusion: 不能全部证明，有 {count} 处有误或缺少（见上）。请用未经改动的原件核验。"
        yield f"  Not all is proven: {count} findings above. Check the original file as it was given out."


def _place(code: str) -> str:
    return f"{regions.name_of(code) or ''}（{code}）"
