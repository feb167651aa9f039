"""Lists broken in every other way that the rules know: each with exactly its findings, (cell, code, severity, found,
expected)."""

from datetime import date, datetime
from typing import Any

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from matters_map.workbooks.codes import CODES
from matters_map.workbooks.files import checked
from matters_map.workbooks.known import Known
from tests.rules.list_workshop import LINES, Change, cells, csv_text, found, told, workbook

ASK = "人工确认"
OUR_IMPLEMENT = "11421321MB9T0014284002014006001"
THEIR_IMPLEMENT = "11420683MB9T0014254002014006002"
TOO_LONG = "长" * 4001
DELIVERIES = "电子证照、窗口自取、邮寄"
MODES = "全程网办、异地代收代办、多地联办"
ZAOYANG_AGREED = Known("421321", frozenset({"420683"}))


def with_hidden_parts(sheet: Any) -> None:
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["S"].hidden = sheet.column_dimensions["T"].hidden = True


def behind_a_sheet_of_notes(sheet: Any) -> None:
    sheet.parent.create_sheet("填表说明", 0)["A1"] = "请逐项填写"


def with_other_lists(sheet: Any) -> None:
    sheet.parent.copy_worksheet(sheet).title = "旧清单"
    draft = sheet.parent.copy_worksheet(sheet)
    draft.title, draft.sheet_state = "底稿", "hidden"
    sheet.parent.create_sheet("空白").sheet_state = "hidden"


def with_sections_and_a_signature(sheet: Any) -> None:
    sheet.insert_rows(2)
    sheet["A2"] = "一、人力资源和社会保障部门"
    sheet.merge_cells("A2:U2")
    sheet.insert_rows(5, 2)
    for column in range(1, 22):
        sheet.cell(6, column).value = sheet.cell(1, column).value
    sheet.append([])
    sheet.append(["小计", "6项"])
    sheet.append(["备注：以上时限均为工作日"])
    sheet.append(["随县政务服务中心（盖章）", None, None, "枣阳市政务服务中心（盖章）"])
    sheet.append([None] * 19 + ["2026年1月5日"])


def merged_down(sheet: Any) -> None:
    sheet.merge_cells("F2:F6")
    sheet["E3"] = None
    sheet.merge_cells("E3:E4")


def in_two_layers_without_merging(sheet: Any) -> None:
    sheet.insert_rows(1)
    for column in range(1, 22):
        sheet.cell(1, column).value = sheet.cell(2, column).value
        sheet.cell(2, column).value = None
    upper = {"G1": "枣阳", "H1": None, "I1": "随县", "J1": None, "M1": "办理时限", "N1": None}
    lower = {"G2": "基本编码", "H2": "实施编码", "I2": "基本编码", "J2": "实施编码", "M2": "法定", "N2": "承诺"}
    cells(**upper, **lower)(sheet)
    for row in range(3, sheet.max_row + 1):
        ours, theirs = (
            [sheet.cell(row, place).value for place in (7, 8)],
            [sheet.cell(row, 9).value, sheet.cell(row, 10).value],
        )
        for place, value in enumerate((*theirs, *ours), start=7):
            sheet.cell(row, place).value = value


def moved_one_to_the_right(sheet: Any) -> None:
    for column in range(21, 6, -1):
        sheet.cell(3, column).value = sheet.cell(3, column - 1).value
    sheet["G3"] = None


def with_dates(sheet: Any) -> None:
    days = (
        (46023, "长期"),
        (46023, 46387),
        ("01/02/2026", "2026/12/31"),
        ("2026-01-01", "2026-12-31"),
        ("明年", None),
        (date(2026, 1, 1), datetime(2025, 1, 1)),  # noqa: DTZ001 - as the library gives it
    )
    cells(V1="生效日期", W1="失效日期")(sheet)
    for row, (begins, ends) in enumerate(days, start=2):
        sheet.cell(row, 22).value, sheet.cell(row, 23).value = begins, ends


def counting_from_1904(sheet: Any) -> None:
    sheet.parent.epoch = CALENDAR_MAC_1904
    cells(V1="生效日期", V2=44561)(sheet)


def names_in_two_widths(sheet: Any) -> None:
    names = ["甲(一)", "乙(二)", "丙（三）", "丁", "戊", "己（\n续)"]
    cells(**{f"B{row}": name for row, name in enumerate(names, start=2)})(sheet)


def nothing(sheet: Any) -> None:
    """The list as it is."""


CASES: dict[str, tuple[Change, list[tuple[Any, ...]]]] = {
    "nothing wrong": (nothing, []),
    "formulas, also in a column that may be empty": (
        cells(M2="=1+1", U3='=HYPERLINK("http://x.invalid")'),
        [
            ("M2", "FORMULA_CELL", "error", "=1+1", ASK),
            ("U3", "FORMULA_CELL", "error", '=HYPERLINK("http://x.invalid")', ASK),
        ],
    ),
    "leading zeros lost": (
        cells(G2=2014006001, I3=2014006002.0, G4="2014007001"),
        [
            ("G2", "CODE_LEADING_ZERO", "warning", 2014006001, "002014006001"),
            ("I3", "CODE_LEADING_ZERO", "warning", 2014006002, "002014006002"),
            ("G4", "CODE_LEADING_ZERO", "warning", "2014007001", "002014007001"),
        ],
    ),
    "codes in scientific notation": (
        cells(H2=1.1421321e30, J3="1.14207E+30", I4="2.01E+09"),
        [
            ("H2", "CODE_SCIENTIFIC", "error", 1.1421321e30, OUR_IMPLEMENT),
            ("J3", "CODE_SCIENTIFIC", "error", "1.14207E+30", THEIR_IMPLEMENT),
            ("I4", "CODE_SCIENTIFIC", "error", "2.01E+09", "002014007001"),
        ],
    ),
    "codes that cannot be": (
        cells(H2="11421321MB9T0014294002014006001", J3="11420683MB9T0014254002014006003", H5="11421321mb9t0014284002014008003"),
        [
            ("H2", "CODE_CHECK", "error", "11421321MB9T0014294002014006001", OUR_IMPLEMENT),
            ("I3", "CODE_MISMATCH", "error", "002014006002", "002014006003"),
            ("H5", "CODE_CASE", "warning", "11421321mb9t0014284002014008003", "11421321MB9T0014284002014008003"),
        ],
    ),
    "the same code twice": (
        cells(G3="002014006001", H3=OUR_IMPLEMENT),
        [("G3", "DUPLICATE_CODE", "error", "002014006001", None)],
    ),
    "dates where a limit is expected": (
        cells(N5=datetime(2026, 3, 5), M6=46086),  # noqa: DTZ001 - as the library gives it
        [("N5", "DAYS_DATE", "error", "2026-03-05", ASK), ("M6", "DAYS_DATE", "error", 46086, ASK)],
    ),
    "limits in words": (
        cells(N2="即时办结/5个工作日", N3="即时办结", M4="半天", M5="一周", N5="二十 个工作日", M6="15个自然日", N6=-1, M7="９０日"),
        [
            ("N2", "DAYS_AMBIGUOUS", "error", "即时办结/5个工作日", ASK),
            ("N3", "DAYS_TEXT", "warning", "即时办结", 0),
            ("M4", "DAYS_AMBIGUOUS", "error", "半天", ASK),
            ("M5", "DAYS_AMBIGUOUS", "error", "一周", ASK),
            ("N5", "DAYS_TEXT", "warning", "二十 个工作日", 20),
            ("M6", "DAYS_AMBIGUOUS", "error", "15个自然日", ASK),
            ("N6", "DAYS_AMBIGUOUS", "error", -1, ASK),
            ("M7", "DAYS_AMBIGUOUS", "error", "９０日", ASK),
        ],
    ),
    "limits that contradict each other": (
        cells(N5=50, O6="否", N7=1, O7="是"),
        [
            ("N5", "PROMISED_GT_STATUTORY", "error", 50, ASK),
            ("O6", "INSTANT_CONFLICT", "error", "否", "是"),
            ("N7", "INSTANT_CONFLICT", "error", 1, 0),
        ],
    ),
    "other words than those laid down": (
        cells(D2="服务", K2="代收代办", O2=True, R2="快递；自取", E3="企业", K3="网办", R3="EMS", E4="个人、法人", L4="双方互办", O5="×"),
        [
            ("D2", "ENUM_SYNONYM", "warning", "服务", "公共服务"),
            ("K2", "ENUM_SYNONYM", "warning", "代收代办", "异地代收代办"),
            ("O2", "ENUM_SYNONYM", "warning", True, "是"),
            ("R2", "ENUM_SYNONYM", "warning", "快递；自取", "邮寄;窗口自取"),
            ("E3", "ENUM_SYNONYM", "warning", "企业", "法人"),
            ("K3", "ENUM_SYNONYM", "warning", "网办", "全程网办"),
            ("R3", "ENUM_SYNONYM", "warning", "EMS", "邮寄"),
            ("E4", "ENUM_SYNONYM", "warning", "个人、法人", "自然人;法人"),
            ("L4", "ENUM_SYNONYM", "warning", "双方互办", "双向"),
            ("O5", "ENUM_SYNONYM", "warning", "×", "否"),
        ],
    ),
    "words that nobody knows": (
        cells(K6="随便", R6="邮寄;信鸽", D7="行政 确认", L7="单向"),
        [
            ("K6", "ENUM_UNKNOWN", "error", "随便", MODES),
            ("R6", "ENUM_UNKNOWN", "error", "邮寄;信鸽", DELIVERIES),
            ("D7", "ENUM_WHITESPACE", "warning", "行政 确认", "行政确认"),
            ("L7", "ENUM_UNKNOWN", "error", "单向", "双向、仅本地收件、仅对方收件"),
        ],
    ),
    "white space, marks and numbers in text": (
        cells(Q2=" 证明 ", S2=10, C3="/", T3="a\u200bb", U4="无", P5="待定", S5="-", B6="领取 养老金", U6="+86", F7="\t局", U7=TOO_LONG),
        [
            ("Q2", "NAME_WHITESPACE", "warning", " 证明 ", "证明"),
            ("S2", "TEXT_NUMBER", "warning", 10, "10"),
            ("C3", "EMPTY_MARK", "warning", "/", None),
            ("T3", "TEXT_CONTROL", "warning", "a\u200bb", "ab"),
            ("U4", "EMPTY_MARK", "warning", "无", None),
            ("P5", "REQUIRED_EMPTY", "error", "待定", ASK),
            ("S5", "REQUIRED_EMPTY", "error", "-", ASK),
            ("B6", "NAME_WHITESPACE", "warning", "领取 养老金", "领取养老金"),
            ("U6", "FORMULA_PREFIX", "warning", "+86", "86"),
            ("F7", "TEXT_WHITESPACE", "warning", "\t局", "局"),
            ("U7", "TEXT_TOO_LONG", "error", TOO_LONG, ASK),
        ],
    ),
    "names with full-width brackets among half-width ones": (
        names_in_two_widths,
        [
            ("B4", "NAME_BRACKET_WIDTH", "warning", "丙（三）", "丙(三)"),
            ("B7", "NAME_LINEBREAK", "warning", "己（\n续)", "己"),
        ],
    ),
    "materials in other forms; one material with 、 inside stays": (
        cells(
            P2="居民身份证[电子证照]；社会保障卡", P3="①营业执照②经办人授权委托书", P4="居民身份证、人脸识别影像",
            P5="居民身份证【电子证照】;居民户口簿", P6="住所、经营场所证明", P7="居民身份证[电子证照];申请书",
        ),
        [
            ("P2", "MATERIAL_SEPARATOR", "warning", "居民身份证[电子证照]；社会保障卡", "居民身份证[电子证照];社会保障卡"),
            ("P3", "MATERIAL_SEPARATOR", "warning", "①营业执照②经办人授权委托书", "营业执照;经办人授权委托书"),
            ("P4", "MATERIAL_SEPARATOR", "warning", "居民身份证、人脸识别影像", "居民身份证[电子证照];人脸识别影像"),
            ("P5", "MATERIAL_MARK", "warning", "居民身份证【电子证照】;居民户口簿", "居民身份证[电子证照];居民户口簿"),
        ],
    ),
    "order numbers": (
        cells(A2="一", A3=None, A4=2.5, A5="４", A7=5),
        [
            ("A2", "SEQ_NOT_INTEGER", "warning", "一", 1),
            ("A3", "SEQ_NOT_INTEGER", "warning", None, 2),
            ("A4", "SEQ_NOT_INTEGER", "warning", 2.5, 3),
            ("A5", "FULLWIDTH_DIGIT", "warning", "４", 4),
            ("A7", "SEQ_DUPLICATE", "warning", 5, 6),
        ],
    ),
    "hidden rows and columns": (
        with_hidden_parts,
        [
            ("S", "HIDDEN_COLUMN", "warning", None, None),
            ("T", "HIDDEN_COLUMN", "warning", None, None),
            ("4", "HIDDEN_ROW", "warning", None, None),
        ],
    ),
    "the list on the second sheet": (
        behind_a_sheet_of_notes,
        [("填表说明!None", "OTHER_SHEET", "info", None, None)],
    ),
    "other lists in the same workbook": (
        with_other_lists,
        [
            ("旧清单!None", "OTHER_SHEET", "warning", None, None),
            ("底稿!None", "HIDDEN_SHEET", "warning", None, None),
        ],
    ),
    "sections, blank lines, a header again, totals, footnotes and signatures": (
        with_sections_and_a_signature,
        [
            ("A2", "SECTION_ROW", "info", "一、人力资源和社会保障部门", None),
            ("A5", "BLANK_ROW", "info", None, None),
            ("A6", "REPEATED_HEADER", "info", "序号", None),
            ("A12", "TOTAL_ROW", "info", "小计", None),
            ("A13", "FOOTNOTE_ROW", "info", "备注：以上时限均为工作日", None),
            ("A14", "FOOTNOTE_ROW", "info", "随县政务服务中心（盖章）", None),
            ("T15", "FOOTNOTE_ROW", "info", "2026年1月5日", None),
        ],
    ),
    "departments merged downwards, and an empty merged cell": (
        merged_down,
        [
            ("F2:F6", "MERGED_DATA", "info", "随县人力资源和社会保障局", None),
            ("E3", "REQUIRED_EMPTY", "error", None, ASK),
        ],
    ),
    "two layers of titles that are not merged, the other county first": (
        in_two_layers_without_merging,
        [
            ("A1:U1", "COLUMN_ORDER", "info", None, None),
            ("G1:H1", "MERGED_HEADER", "info", None, None),
            ("I1:J1", "MERGED_HEADER", "info", None, None),
            ("M1:N1", "MERGED_HEADER", "info", None, None),
        ],
    ),
    "columns with other titles and columns that nobody knows": (
        cells(B1="事项", K1="通办\u3000模式*", M1="法定时限（工作日）", V1="办理地点", V3="一楼", X4="临时"),
        [
            ("B1", "HEADER_ALIAS", "info", "事项", "事项名称"),
            ("K1", "HEADER_ALIAS", "info", "通办\u3000模式*", "通办模式"),
            ("M1", "HEADER_ALIAS", "info", "法定时限（工作日）", "法定时限(工作日)"),
            ("V1", "UNKNOWN_COLUMN", "warning", "办理地点", None),
            ("X1", "UNKNOWN_COLUMN", "warning", None, None),
        ],
    ),
    "a row moved to the right": (moved_one_to_the_right, [("A3", "ROW_SHIFTED", "error", 2, None)]),
    "columns missing that nothing tells": (
        lambda sheet: sheet.delete_cols(11, 2),
        [(None, "MISSING_COLUMN", "error", None, None)],
    ),
    "columns missing that others tell": (
        lambda sheet: (sheet.delete_cols(15), sheet.delete_cols(1)),
        [(None, "MISSING_COLUMN", "warning", None, None)],
    ),
    "a column twice": (cells(V1="备注"), [("V1", "DUPLICATE_COLUMN", "error", "备注", None)]),
    "days written in many ways": (
        with_dates,
        [
            ("V2:V3", "DATE_SERIAL", "warning", 46023, "2026-01-01"),
            ("W2", "DATE_TEXT", "warning", "长期", None),
            ("W3", "DATE_SERIAL", "warning", 46387, "2026-12-31"),
            ("V4", "DATE_AMBIGUOUS", "error", "01/02/2026", ASK),
            ("W4", "DATE_TEXT", "warning", "2026/12/31", "2026-12-31"),
            ("V6", "DATE_INVALID", "error", "明年", ASK),
            ("W7", "DATE_ORDER", "error", "2025-01-01", ASK),
        ],
    ),
    "days counted from 1904": (counting_from_1904, [("V2", "DATE_SERIAL", "warning", 44561, "2026-01-01")]),
    "no line at all": (lambda sheet: sheet.delete_rows(2, LINES), [(None, "NO_ROWS", "error", None, None)]),
    "no header": (lambda sheet: sheet.delete_rows(1), [(None, "NO_HEADER", "error", None, None)]),
    "a table of members that does not fit": (
        lambda sheet: [
            sheet.parent.create_sheet("成员编码").append(row) if row[0] == "序号" else sheet.parent["成员编码"].append(row)
            for row in (["序号"], [99, "x", "420683", "枣阳市", "1", "2"], ["x", None, None, None, None, 5])
        ],
        [
            ("成员编码!None", "MEMBERS_MISSING", "error", None, None),
            ("成员编码!A3", "MEMBERS_MISSING", "error", "x", None),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_exactly_these_findings(case: str) -> None:
    change, expected = CASES[case]
    assert found(workbook(change)) == expected


REGIONS = cells(
    J2=OUR_IMPLEMENT, J3="11420882MB9T0014214002014006002", H4="11420683MB9T0014254002014007001", J5="11429999MB9T0014X"
)


def test_codes_of_the_wrong_county() -> None:
    """Without the agreement it is not known that 京山 is no member, so that two bodies could have been meant in J5."""
    alone = [(cell, code, expected) for cell, code, _, _, expected in found(workbook(REGIONS))]
    assert alone == [
        ("J2", "REGION_LOCAL", ASK),
        ("H4", "REGION_NOT_LOCAL", "421321"),
        ("J5", "CODE_LENGTH", ASK),
    ]
    agreed = [(cell, code, expected) for cell, code, _, _, expected in found(workbook(REGIONS), ZAOYANG_AGREED)]
    assert agreed == [
        ("J2", "REGION_LOCAL", ASK),
        ("J3", "REGION_NOT_PARTNER", "枣阳市（420683）"),
        ("H4", "REGION_NOT_LOCAL", "421321"),
        ("J5", "CODE_LENGTH", "11420683MB9T0014254002014008003"),
    ]


@pytest.mark.parametrize("body", ["11429900MB9T00142W4", "11420821MB9T00142M4"])
def test_a_county_that_never_was_or_is_no_longer_is_unknown(body: str) -> None:
    code = f"{body}002014006001"
    assert found(workbook(cells(J2=code))) == [("J2", "REGION_UNKNOWN", "error", code, ASK)]


def broken_csv(rows: list[list[Any]]) -> None:
    rows[1][12] = "60 个工作日"
    rows[2][20] = "=1+1"
    rows[3][6] = "2014007001"
    rows[4][1] = "@SUM(A1)"
    rows[5][20] = "第一行\r\n第二行"
    rows.insert(0, ["枣阳清单"])


@pytest.mark.parametrize(("encoding", "separator"), [("gb18030", ","), ("utf-8", "\t"), ("utf-8-sig", ",")])
def test_a_csv_file_is_addressed_like_a_sheet(encoding: str, separator: str) -> None:
    looked = checked(csv_text(broken_csv, separator).encode(encoding))
    assert looked.sheet == "CSV"
    assert told(looked) == [
        ("A1", "TITLE_ROW", "info", None, None),
        ("M3", "DAYS_TEXT", "warning", "60 个工作日", 60),
        ("U4", "FORMULA_CELL", "error", "=1+1", ASK),
        ("G5", "CODE_LEADING_ZERO", "warning", "2014007001", "002014007001"),
        ("B6", "FORMULA_PREFIX", "warning", "@SUM(A1)", "SUM(A1)"),
    ]
    assert [row["seq"] for row in looked.rows] == [1, 3, 4, 5, 6]
    assert looked.rows[3]["remarks"] == "第一行\n第二行"


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "BAD_FILE", "另存为 .xlsx"),
        (b"PK\x03\x04 broken", "BAD_FILE", "已损坏"),
        ('序号,事项名称\n1,"未闭合'.encode(), "BAD_FILE", "引号"),
        (b'{"lines": [1]}', "BAD_FILE", "JSON"),
        (b"", "NO_HEADER", "没有找到表头"),
    ],
)
def test_a_file_that_cannot_be_read_has_one_finding_that_says_why(content: bytes, code: str, says: str) -> None:
    looked = checked(content)
    assert [(one.code, one.severity) for one in looked.findings] == [(code, "error")]
    assert says in looked.findings[0].why
    assert looked.rows == ()


def test_every_code_is_met_by_some_list() -> None:
    """The four lists, the lists above, and JSON cells (in the tests of exports) have every code between them."""
    ours = {code for _, expected in CASES.values() for _, code, *_ in expected}
    elsewhere = {
        *("REGION_LOCAL", "REGION_NOT_LOCAL", "REGION_NOT_PARTNER", "CODE_LENGTH", "BAD_FILE", "TITLE_ROW"),
        *("PREAMBLE_ROW", "FULLWIDTH_CODE", "CODE_WHITESPACE", "CODE_MISSING", "CODE_CHARSET", "DUPLICATE_ROW"),
        *("ROW_COUNT", "BAD_JSON", "REGION_UNKNOWN"),
    }
    assert ours | elsewhere == set(CODES)
