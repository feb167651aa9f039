"""Whatever stands in a sheet: the check ends with findings, and a row that it keeps can be loaded."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matters_map import loading, sample_lists, spreadsheet
from matters_map.workbooks.checking import check
from matters_map.workbooks.codes import CODES
from matters_map.workbooks.grid import Cell, Grid, Range
from tests.rules.list_workshop import cells, workbook
from tests.rules.test_broken_lists import FORMS

GRID = spreadsheet.grids(workbook(cells(V1="生效日期", W1="失效日期", X1="成员编码")))[0]
WORDS = st.sampled_from(
    [
        *(
            "合计",
            "序号",
            "注：",
            "　",
            "",
            "=1",
            "'=1",
            "@",
            "+",
            "-",
            "/",
            "无",
            "待定",
            "长期",
            "即办",
            "五",
            "百",
            "3-5",
            "1E+5",
        ),
        *(
            "①",
            "1.",
            "1.甲、2.乙",
            ";",
            "；；",
            "（续）",
            "（",
            "）",
            "\n",
            "\ufeff",
            "[电子证照]",
            "[]",
            "{}",
            "null",
            "事项名称",
        ),
        *("26/1/1", "2026-13-01", "0000年0月0日", "20261301", "99999", "零工作日", "十十", "𬱖", "１１"),
    ]
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**32), 10**32)
    | st.floats()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.text(max_size=8)
    | WORDS
)
PLACES = st.tuples(st.integers(1, 12), st.integers(1, 24))
RANGES = st.builds(lambda top, left, high, wide: Range(top, left, top + high, left + wide), *[st.integers(1, 9)] * 4)


def changed(values: dict[tuple[int, int], Any], merged: list[Range], hidden: set[int]) -> Grid:
    rows = [[GRID.cell(row, column) for column in range(1, 25)] for row in range(1, 13)]
    for (row, column), value in values.items():
        rows[row - 1][column - 1] = Cell(value)
    return Grid("表", tuple(map(tuple, rows)), tuple(merged), frozenset(hidden), frozenset(hidden))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    values=st.dictionaries(PLACES, VALUES, max_size=12),
    merged=st.lists(RANGES, max_size=3),
    hidden=st.sets(st.integers(1, 9)),
)
def test_nonsense_is_found_and_never_breaks_the_check(
    values: dict[tuple[int, int], Any], merged: list[Range], hidden: set[int]
) -> None:
    looked = check([changed(values, merged, hidden)])
    for one in looked.findings:
        assert one.severity in CODES[one.code].severities
        json.dumps(one.to_json(), allow_nan=False)
    if looked.rows:
        assert len(loading.lines(looked.rows, sample_lists.HOME, FORMS)) == len(looked.rows)


@pytest.mark.parametrize("column", [1, 2, 7, 8, 13, 22, 24])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e300, 10**400, True, 0, -5, time(1, 2), timedelta(1)])
def test_a_number_that_is_none_breaks_no_rule(column: int, value: Any) -> None:
    assert check([changed({(2, column): value}, [], set())]).count == 6


def test_the_strange_kinds_of_values_are_shown_as_text() -> None:
    strange = [time(1, 2), timedelta(days=1), date(2026, 1, 1), datetime(2026, 1, 1, 5), float("nan"), float("inf")]  # noqa: DTZ001
    looked = check([changed({(2 + row, 13): value for row, value in enumerate(strange)}, [], set())])
    assert [(one.cell, one.to_json()["found"]) for one in looked.findings] == [
        ("M2", "01:02:00"),
        ("M3", "1 day, 0:00:00"),
        ("M4", "2026-01-01"),
        ("M5", "2026-01-01T05:00:00"),
        ("M6", "nan"),
        ("M7", "inf"),
    ]
