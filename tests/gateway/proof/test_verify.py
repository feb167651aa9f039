"""A real case's evidence is proven from the file alone, and the report says by whom, when and how far."""

import asyncio
import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from gateway import cli
from gateway.applications.evidence import FORMAT
from gateway.proof import shapes
from gateway.proof import verify as proof
from gateway.proof.findings import Report
from messaging.unit_of_work import Connection, run_tx
from partners import key_cabinet, signing
from partners.keys import SigningKey
from tests.county import COORDINATOR, HOME, OPERATORS, TONGBAI, ZAOYANG, County, accepted, note, plain_answers
from tests.gateway.proof.conftest import Evidence, checks, members, report_on

FILED, ACCEPTED, DECIDED = "application.submitted", "application.accepted", "application.decided"


def noted(report: Report, check: str) -> list[str]:
    """Where something of this kind is noted."""
    return [one.where for one in report.noted if one.check == check]


def proven(report: Report) -> set[str]:
    """The checks that bore something out."""
    return {one.check for one in report.proven}


def verify(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, result and messages of the command."""
    try:
        code = cli.main(["verify", *arguments])
    except SystemExit as left:
        code = int(left.code or 0)
    return (code, *capsys.readouterr())


async def test_a_whole_case_is_proven_by_every_check(evidence: Evidence) -> None:
    report = report_on(evidence.files)
    assert [*report.against()] == []
    assert proven(report) == {
        "files", "manifest", "messages", "receipts", "confirmed", "order", "agreement", "attachments", "audit", "roots", "proofs",
        "audit.named", "witnessed", "papers",
    }  # fmt: skip
    assert {one.check for one in report.noted} == {"anchors", "agreement.signed", "files_beside"}


async def test_the_report_tells_who_confirmed_having_what_and_when(evidence: Evidence) -> None:
    told = [(one.type, one.sender, one.by, one.at, one.outcome) for one in report_on(evidence.files).confirmations]
    assert told == [
        (FILED, HOME, ZAOYANG, "2026-11-24T09:30:00+08:00", "applied"),
        (ACCEPTED, ZAOYANG, HOME, "2026-11-24T09:30:03+08:00", "applied"),
        (DECIDED, ZAOYANG, HOME, "2026-11-24T09:30:08+08:00", "applied"),
    ]


async def test_the_command_needs_neither_settings_nor_a_data_folder(
    package: Path,
    scan: Path,
    evidence: Evidence,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A setting that would stop every other command is not even looked at, and nothing is left behind."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("TONGBAN_NONSENSE", "1")
    monkeypatch.setenv("TONGBAN_DATABASE_URL", "postgres://nobody@192.0.2.1:1/nothing")
    code, out, err = verify(capsys, str(package), "--json", "--files", str(scan))
    told = json.loads(out)
    assert (code, err, told["ok"], told["failed"], told["missing"]) == (0, "", True, [], [])
    assert told["about"]["number"] == evidence.number
    assert [key["jurisdiction"] for key in told["about"]["keys"]] == [ZAOYANG, HOME]
    assert list(empty.iterdir()) == []


async def test_what_is_said_to_people_is_said_in_chinese_and_english(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = verify(capsys, str(package))
    assert code == 0
    assert "枣阳市（420683） 确认收到 随县（421321） 的第 1 号 application.submitted：applied" in out
    assert "已接收不等于受理，受理不等于办结" in out
    assert "receipted is not accepted, and accepted is not decided" in out
    assert "前提：上列公钥确属各该地区" in out


async def test_fingerprints_from_the_agreement_anchor_the_keys(
    package: Path, evidence: Evidence, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = evidence.manifest["keys"]
    lines = [f"{key['jurisdiction']} {key['thumbprint']}  {key['kid']}  # 协议附件二" for key in keys]
    right, short = tmp_path / "right.txt", tmp_path / "short.txt"
    right.write_text("# 公钥指纹\n\n" + "\n".join(lines), encoding="utf-8-sig")
    short.write_text(lines[0], encoding="utf-8")
    code, out, _ = verify(capsys, str(package), "--keys", str(right))
    assert (code, "前提：" in out) == (0, False)
    code, out, _ = verify(capsys, str(package), "--keys", str(short), "--json")
    assert (code, [one["check"] for one in json.loads(out)["failed"]]) == (1, ["anchors"])


@pytest.mark.parametrize("text", ["", "# nothing", "420683 short", "nobody " + "A" * 43, "420683"])
def test_a_file_of_fingerprints_that_is_none_is_wrong_use(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.txt"
    path.write_text(text, encoding="utf-8")
    code, out, err = verify(capsys, str(tmp_path / "evidence.zip"), "--keys", str(path))
    assert (code, out) == (2, "")
    assert "--keys" in err


@pytest.mark.parametrize("arguments", [[], ["nowhere.zip"], ["."], ["nowhere.zip", "--keys", "nowhere.txt"]])
def test_a_call_that_cannot_be_carried_out_is_wrong_use(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = verify(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err


async def test_files_beside_the_package_are_held_against_their_digests(
    package: Path, scan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (scan / "别的.pdf").write_bytes(b"%PDF-1.7 something else")
    code, out, _ = verify(capsys, str(package), "--files", str(scan), "--json")
    told = json.loads(out)
    assert code == 0
    assert "files_beside" in {one["check"] for one in told["proven"]}
    assert [one["where"] for one in told["noted"] if one["check"] == "files_beside"] == ["别的.pdf"]
    assert verify(capsys, str(package), "--files", str(scan / "nowhere"))[0] == 2


async def test_what_the_handler_holds_is_proven_too(county: County) -> None:
    number = await county.inbound()
    await county.tell()
    await county.relay()
    await county.parts.roots.once()
    report = report_on(members(await county.parts.evidence(number)))
    assert [*report.against()] == []
    assert [(one.type, one.by) for one in report.confirmations] == [(FILED, HOME)]


async def test_what_is_not_receipted_or_sealed_yet_is_said_and_does_not_fail(county: County) -> None:
    number = await county.file()
    await county.relay()
    report = report_on(members(await county.parts.evidence(number)))
    assert [*report.against()] == []
    assert len(noted(report, "confirmed")) == 1
    assert noted(report, "proofs") == [f"{number} #1"]


async def test_a_message_that_was_not_sent_yet_proves_nothing_and_is_named(county: County) -> None:
    number = await county.file()
    report = report_on(members(await county.parts.evidence(number)))
    assert [*report.against()] == []
    assert len(noted(report, "messages")) == 1
    assert "messages" not in proven(report)


async def test_keys_that_the_issuer_holds_are_named_as_such(county: County) -> None:
    """桐柏县 works at our desk: its receipt is signed with a key of ours."""
    index = county.parts.library.index
    matter = next(one for one in index.matters(handler=TONGBAI, mode="online", direction="both") if one.form == "plain")
    number = await county.file(matter=matter.id, answers=plain_answers(TONGBAI))
    await county.relay()
    await county.parts.desk_room.open(OPERATORS[TONGBAI], number)
    await county.apply()
    await county.parts.roots.once()
    report = report_on(members(await county.parts.evidence(number)))
    assert [*report.against()] == []
    assert [one.custodial for one in report.confirmations] == [True]
    (held,) = [key for key in report.about["keys"] if key["custodial"]]
    assert noted(report, "custodial") == [f"{TONGBAI} {held['kid']}"]
    assert held["jurisdiction"] == TONGBAI


async def test_a_gap_in_the_numbers_is_named(county: County) -> None:
    number = await county.file()
    await county.relay()
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock()), sequence=3))
    report = report_on(members(await county.parts.evidence(number)))
    assert [(one.check, one.en) for one in report.against()] == [("order", "message number 1–2 is not there")]


async def test_a_contradicting_message_is_shown_with_its_signature(evidence: Evidence) -> None:
    county = evidence.county
    (_, first, _) = evidence.manifest["messages"]
    other = accepted(county.clock(), reference="ZY-2")
    await county.hears(county.zaoyang.says(ACCEPTED, evidence.number, other, sequence=1, id_=first["id"]))
    report = report_on(members(await county.parts.evidence(evidence.number)))
    assert [*report.against()] == []
    assert "conflicts" in proven(report)


async def test_a_destroyed_content_is_named_and_not_called_proven(evidence: Evidence) -> None:
    parts = evidence.county.parts
    talk = await evidence.county.talk(evidence.number)

    async def destroy(connection: Connection) -> None:
        await parts.keys.destroy(talk.key_id, evidence.county.clock(), connection)

    await run_tx(destroy)
    report = report_on(members(await parts.evidence(evidence.number)))
    assert checks(report) == {"messages.destroyed", "papers.destroyed"}
    assert len(report.missing) == 3 + 1
    assert not {"messages", "confirmed", "papers"} & proven(report)
    assert len(noted(report, "confirmed")) == 3, "receipts still confirm the digests"


async def test_a_key_that_the_house_does_not_know_any_more_is_named(evidence: Evidence) -> None:
    def forget(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        manifest["keys"] = [key for key in manifest["keys"] if key["jurisdiction"] == HOME]
        manifest["unknown_keys"] = [f"{ZAOYANG} {ZAOYANG}-1"]
        jwks = json.loads(files["keys.jwks.json"])
        files["keys.jwks.json"] = json.dumps({"keys": [key for key in jwks["keys"] if HOME in key["kid"]]}).encode()

    report = report_on(evidence.signed_again(forget))
    assert {"keys", "messages"} <= checks(report)
    assert any(f"{ZAOYANG}-1" in one.where for one in report.missing)


async def test_what_was_signed_after_a_key_was_retired_or_came_after_it_was_revoked_fails(evidence: Evidence) -> None:
    before = (evidence.county.clock() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    for name in ("valid_to", "revoked_at"):

        def ended(manifest: dict[str, Any], files: dict[str, bytes], name: str = name) -> None:
            manifest["keys"][0][name] = before

        assert {"messages", "receipts"} <= checks(report_on(evidence.signed_again(ended))), name


def listed(county: County, version: int, **changes: Any) -> dict[str, Any]:
    """`data` of agreement.signed as 枣阳 says it, signed with its key."""
    row = {"agreement": "zaoyang", "version": version, "hash": "", **changes}
    key = county.zaoyang.key
    jws = jwt.api_jws.encode(
        json.dumps(row).encode(), key.private, key.alg, {"typ": "tongban-list+jws", "kid": key.kid}, sort_headers=False
    )
    return {**row, "signed_by": "孙确认", "jws": jws}


async def test_the_list_that_was_filed_under_is_confirmed_with_key_and_fingerprint(evidence: Evidence) -> None:
    county, told = evidence.county, evidence.manifest["agreement"]
    said = listed(county, told["version"], hash=told["hash"])
    await county.hears(county.zaoyang.says("agreement.signed", "zaoyang", said, seen=0))
    report = report_on(members(await county.parts.evidence(evidence.number)))
    assert [*report.against()] == []
    (one,) = [one for one in report.proven if one.check == "agreement.signed"]
    assert "孙确认" in one.zh
    assert county.zaoyang.key.thumbprint in one.en


@pytest.mark.parametrize("wrong", ["hash", "jws"])
async def test_a_confirmation_that_does_not_hold_is_found(evidence: Evidence, wrong: str) -> None:
    county, told = evidence.county, evidence.manifest["agreement"]
    said = listed(county, told["version"], hash=told["hash"])
    said[wrong] = "0" * 64 if wrong == "hash" else listed(county, told["version"], hash="0" * 64)["jws"]
    await county.hears(county.zaoyang.says("agreement.signed", "zaoyang", said, seen=0))
    report = report_on(members(await county.parts.evidence(evidence.number)))
    assert checks(report) == {"agreement.signed"}


async def test_many_roots_between_the_lines_form_one_chain(county: County) -> None:
    """Other cases' roots lie between those of this one, and go along; where there are too many, that is said."""
    number = await county.file()
    for _ in range(3):
        await county.parts.roots.once()
        await county.file()
    await county.relay()
    await county.hears(county.zaoyang.says("note.sent", number, note(), seen=0))
    await county.parts.roots.once()
    report = report_on(members(await county.parts.evidence(number)))
    assert [*report.against()] == []
    assert any("2 sealed roots over this case are signed" in one.en and "(4 in all)" in one.en for one in report.proven)
    lines = members(await county.parts.evidence(number))["roots.jsonl"].splitlines()
    assert ["signature" in json.loads(line) for line in lines] == [True, False, False, True]
    for place in (1, 2):
        for name, value in (("merkle", "0" * 64), ("previous", "0" * 64), ("at", "2026-11-24T00:00:00.000000Z")):

            def other(manifest: dict[str, Any], files: dict[str, bytes], change: Any = (place, name, value)) -> None:
                roots = [json.loads(line) for line in files["roots.jsonl"].splitlines()]
                roots[change[0]][change[1]] = change[2]
                files["roots.jsonl"] = b"".join(json.dumps(root).encode() + b"\n" for root in roots)

            evidence = Evidence(county, number, await county.parts.evidence(number))
            assert checks(report_on(evidence.signed_again(other))) == {"roots"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.applications.evidence.MOST_ROOTS", 3)
        report = report_on(members(await county.parts.evidence(number)))
    assert [*report.against()] == []
    assert noted(report, "roots") == ["roots.jsonl"]


async def test_a_case_is_proven_after_the_partner_changed_its_key(evidence: Evidence) -> None:
    """The old key verifies what was signed before it was retired, the new one what comes after."""
    county, parts = evidence.county, evidence.county.parts
    county.clock.move(hours=1)
    new = SigningKey.generate("420683-2", "ES256")

    async def rotate(connection: Connection) -> None:
        await key_cabinet.rotate(connection, ZAOYANG, county.clock(), keys=[new.public_jwk()])

    await run_tx(rotate)
    await parts.registry.load()
    county.zaoyang.key = new
    await county.hears(county.zaoyang.says("note.sent", evidence.number, note()))
    report = report_on(members(await parts.evidence(evidence.number)))
    assert [*report.against()] == []
    assert [key["kid"] for key in report.about["keys"]] == ["420683-1", "420683-2", "421321-1"]


async def test_signatures_verify_by_hand_as_the_readme_says(evidence: Evidence, tmp_path: Path) -> None:
    """The commands of README.txt, in a shell, with openssl."""
    shell, openssl = shutil.which("sh"), shutil.which("openssl")
    assert shell
    assert openssl
    files = evidence.files
    lines = files["README.txt"].decode("utf-8-sig").split("\r\n")
    commands = [line.strip() for line in lines if line.startswith("       ") and "python main.py" not in line]
    assert len(commands) == 5
    x = {key["kid"]: key["x"] for key in json.loads(files["keys.jwks.json"])["keys"]}
    for entry in evidence.manifest["messages"]:
        body = files[entry["body"]]
        (tmp_path / "X.jws").write_bytes(files[entry["signature"]])
        for text, right in ((body, True), (body + b" ", False)):
            (tmp_path / "X.json").write_bytes(text)
            done = await asyncio.create_subprocess_exec(
                shell, "-c", "\n".join(commands), cwd=tmp_path, env={"x": x[entry["kid"]], "PATH": "/usr/bin:/bin"},
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            said = await done.communicate()
            assert (done.returncode == 0) == right, said


def test_builder_and_reader_mean_the_same_format() -> None:
    assert FORMAT in shapes.FORMATS


async def test_a_message_that_was_corrected_at_the_same_number_is_in_order(county: County) -> None:
    """枣阳 parks ours; a named person corrects it, and the number is given once more to what replaces it."""
    number = await county.file()
    await county.relay()
    (sent,) = await county.outgoing(number)
    await county.hears(county.zaoyang.got(sent, "parked", reason="schema"))
    said = await county.said(sent)
    room = county.parts.post_room
    (done,) = await room.settle(COORDINATOR, "replace", [f"o{sent.id}"], "按对方说明更正", data=said.data)
    assert done.ok, done
    await county.relay()
    (_, again) = await county.outgoing(number)
    await county.hears(county.zaoyang.got(again))
    report = report_on(members(await county.parts.evidence(number)))
    assert [*report.against()] == []
    assert [one.outcome for one in report.confirmations] == ["parked", "applied"]


async def test_what_was_given_back_to_a_partner_that_lost_its_books_is_named(evidence: Evidence) -> None:
    county = evidence.county
    again = county.zaoyang.says("resend.requested", evidence.number, {"from": 1, "to": 1}, sequence=None)
    await county.hears(again)
    await county.relay()
    report = report_on(members(await county.parts.evidence(evidence.number)))
    assert [*report.against()] == []
    assert any("given back" in one.en for one in report.noted)


async def test_a_key_of_the_issuers_own_making_is_found_by_the_fingerprints_and_by_nothing_else(
    evidence: Evidence,
) -> None:
    """Therefore the report says on which condition it holds."""
    forged = SigningKey.generate(f"{ZAOYANG}-1")

    def forge(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        for entry in (*manifest["messages"], *manifest["receipts"]):
            if entry["signer"] == ZAOYANG:
                said = signing.read_header(files[entry["signature"]].decode())
                files[entry["signature"]] = signing.sign(
                    files[entry["body"]], forged, iss=ZAOYANG, aud=HOME, jti=said.jti, iat=said.iat
                ).encode()
        jwks = json.loads(files["keys.jwks.json"])["keys"]
        kept = [key for key in jwks if key["kid"] != forged.kid]
        files["keys.jwks.json"] = json.dumps({"keys": [forged.public_jwk(), *kept]}).encode()
        manifest["keys"][0]["thumbprint"] = forged.thumbprint

    files = evidence.signed_again(forge)
    true = frozenset((key["jurisdiction"], key["thumbprint"]) for key in evidence.manifest["keys"])
    assert "anchors" in {one.check for one in report_on(files).noted}
    assert report_on(files).ok
    assert checks(proof.members(files, Report(), true)) == {"anchors"}
    assert proof.members(evidence.files, Report(), true).ok
