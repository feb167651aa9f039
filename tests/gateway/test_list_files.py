"""`lists check`, `import`, `export` and `diff` as a coordinator or a script meets them."""

import json
import os
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gateway import cli
from matters_map import sample_lists
from tests.rules.list_workshop import cells, workbook
from tests.rules.test_broken_lists import AGREEMENTS, FOLDER, expected_keys
from tests.services import databases

ZAOYANG = str(sample_lists.FOLDER / "agreements_zaoyang.xlsx")
BROKEN = str(FOLDER / "03_京山_缺编码与时限文字.xlsx")


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder of the test's own, and no other setting."""
    for name in [name for name in os.environ if name.startswith("TONGBAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TONGBAN_DATA", str(tmp_path / "data"))
    for name, value in databases.environment(tmp_path / "address").items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No database is named, and none is there."""
    monkeypatch.delenv("TONGBAN_DATABASE_URL", raising=False)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a call."""
    code = cli.main(["lists", *words])
    return code, *capsys.readouterr()


def put(tmp_path: Path, name: str, content: bytes) -> str:
    (tmp_path / name).write_bytes(content)
    return str(tmp_path / name)


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("file", AGREEMENTS)
def test_a_check_with_the_agreement_gives_the_agreed_json(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", str(FOLDER / file), "--agreement", AGREEMENTS[file], "--json")
    told = json.loads(out)
    assert set(told) == {"rows", "findings"}
    assert {tuple(one) for one in told["findings"]} == {
        ("sheet", "cell", "code", "severity", "found", "expected", "message")
    }
    keys = sorted(((one["sheet"], one["cell"], one["code"], one["severity"]) for one in told["findings"]), key=repr)
    assert keys == expected_keys(file)
    assert code == (0 if file.startswith("01") else 1)


@pytest.mark.usefixtures("nothing_installed")
def test_a_clean_list_ends_with_0_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", ZAOYANG) == (0, "", "共 28 行：错误 0、警告 0、提示 0\n")
    assert run(capsys, "check", ZAOYANG, "--json")[:2] == (0, '{"rows": 28, "findings": []}\n')


@pytest.mark.usefixtures("nothing_installed")
def test_findings_are_a_table_that_people_and_programs_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = put(tmp_path, "list.xlsx", workbook(cells(N3="5个工作日\n", G2=2014006001, K4="随便")))
    code, out, err = run(capsys, "check", file)
    assert code == 1
    assert out.splitlines() == [
        "警告\t通办事项清单\tG2\tCODE_LEADING_ZERO\t2014006001\t002014006001\t编码存为数字，前导零丢失",
        "错误\t通办事项清单\tN3\tPROMISED_GT_STATUTORY\t5个工作日⏎\t人工确认\t承诺时限 5 长于法定时限 1",
        "错误\t通办事项清单\tK4\tENUM_UNKNOWN\t随便\t全程网办、异地代收代办、多地联办\t“通办模式”应为：全程网办、异地代收代办、多地联办",
    ]
    assert err == "共 6 行：错误 2、警告 1、提示 0\n"


@pytest.mark.usefixtures("nothing_installed")
def test_the_findings_can_be_had_as_a_marked_workbook(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, "check", BROKEN, "--marked", str(tmp_path / "marked.xlsx"))[0] == 1
    book = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    assert book.sheetnames == ["Sheet1", "检查结果"]
    assert "FORMULA_CELL" in book["Sheet1"]["U20"].comment.text


@pytest.mark.usefixtures("nothing_installed")
def test_a_file_that_is_no_list_is_a_finding_and_one_that_is_not_there_wrong_use(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = put(tmp_path, "a.xlsx", b"PK\x03\x04 broken")
    code, out, err = run(capsys, "check", file, "--json", "--marked", str(tmp_path / "m.xlsx"))
    assert (code, json.loads(out)["findings"][0]["code"]) == (1, "BAD_FILE")
    assert "无法标注" in err
    assert not (tmp_path / "m.xlsx").exists()
    for words in (["check", "nope.xlsx"], ["diff", "nope.xlsx", "nope.csv"], ["check", ZAOYANG, "--agreement", "nope"]):
        code, out, err = run(capsys, *words)
        assert (code, out) == (2, "")
        assert "nope" in err


@pytest.mark.usefixtures("nothing_installed")
def test_two_files_are_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    before, after = put(tmp_path, "a.xlsx", workbook()), put(tmp_path, "b.xlsx", workbook(cells(S2="10元"), lines=5))
    assert run(capsys, "diff", before, before)[:2] == (0, "")
    code, out, _ = run(capsys, "diff", before, after)
    assert (code, out.splitlines()) == (
        0,
        [
            "删除\t002036004001\t基本医疗保险异地就医备案\t\t\t",
            "变更\t002014006001\t社会保险参保缴费记录查询\t收费标准\t不收费\t10元",
        ],
    )
    code, out, err = run(capsys, "diff", before, BROKEN, "--json")
    assert code == 1
    assert "出错的行没有比较" in err
    assert set(json.loads(out)) == {"added", "removed", "changed"}


def imported(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    return run(capsys, "import", *words, "--agreement", "zaoyang")


def test_a_list_is_imported_exported_checked_and_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    assert imported(capsys, ZAOYANG)[:2] == (0, "zaoyang：28 行，可以导入\n")
    assert run(capsys, "export", "zaoyang", "--out", str(tmp_path / "a.csv"))[0] == 2
    assert imported(capsys, ZAOYANG, "--apply")[:2] == (0, "zaoyang：28 行，第 1 版自现在起有效\n")
    for name in ("a.xlsx", "a.csv", "a.json"):
        assert run(capsys, "export", "zaoyang", "--version", "1", "--out", str(tmp_path / name))[0] == 0
        code, out, _ = run(capsys, "check", str(tmp_path / name), "--agreement", "zaoyang", "--json")
        assert (code, json.loads(out)) == (0, {"rows": 28, "findings": []})
        assert run(capsys, "diff", ZAOYANG, str(tmp_path / name), "--json")[1] == (
            '{"added": [], "removed": [], "changed": []}\n'
        )
    code, out, _ = imported(capsys, put(tmp_path, "b.xlsx", workbook(cells(N4=3, O4="否"))), "--apply")
    assert (code, out.splitlines()[-2:]) == (
        0,
        ["与现行版本相比：新增 0 项、删除 22 项、变更 1 项", "zaoyang：6 行，第 2 版自现在起有效"],
    )
    told = json.loads(run(capsys, "diff", "zaoyang", "1", "2", "--json")[1])
    assert [len(told[name]) for name in ("added", "removed", "changed")] == [0, 22, 1]
    assert told["changed"][0]["fields"]["promised_days"] == {"before": 0, "after": 3}
    assert run(capsys, "export", "zaoyang", "--out", str(tmp_path / "now"), "--format", "json")[0] == 0
    assert json.loads((tmp_path / "now").read_text(encoding="utf-8"))["version"] == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["export", "zaoyang", "--version", "9", "--out", "x.xlsx"], "第 9 版"),
        (["export", "zaoyang", "--out", "x.doc"], "x.doc"),
        (["export", "nope", "--out", "x.csv"], "nope"),
        (["diff", "zaoyang", "1", "b"], "版本号"),
    ],
)
def test_what_cannot_be_exported_or_compared_is_wrong_use(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    assert imported(capsys, ZAOYANG, "--apply")[0] == 0
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert says in err


def test_nothing_is_applied_while_there_is_an_error_and_every_repair_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["migrate"]) == 0
    capsys.readouterr()
    code, out, err = imported(capsys, put(tmp_path, "a.xlsx", workbook(cells(N4="3-5个工作日"))), "--apply")
    assert code == 1
    assert "DAYS_AMBIGUOUS" in out
    assert "nothing was changed" in err
    assert run(capsys, "export", "zaoyang", "--out", str(tmp_path / "x.json"))[0] == 2
    changes: dict[str, Any] = {"N4": "三个工作日", "O4": "×", "E5": "企业"}
    code, out, _ = imported(capsys, put(tmp_path, "b.xlsx", workbook(cells(**changes))), "--apply")
    assert code == 0
    assert [line.split("\t")[2:4] for line in out.splitlines()[:-1]] == [
        ["N4", "DAYS_TEXT"],
        ["O4", "ENUM_SYNONYM"],
        ["E5", "ENUM_SYNONYM"],
    ]
    assert run(capsys, "export", "zaoyang", "--out", str(tmp_path / "x.json"))[0] == 0
    lines = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["lines"]
    assert (lines[2]["promised_days"], lines[2]["instant"], lines[3]["service_object"]) == (3, "否", "法人")
