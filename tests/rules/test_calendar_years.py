"""A year of the working calendar in a file: what is read, and everything that a file can have wrong."""

from datetime import date, timedelta

import pytest

from matters_map import calendar_years, sample_lists
from matters_map.calendar import BadCalendar

SHIPPED = (sample_lists.FOLDER / "calendar_2025_2026.csv").read_bytes()


def year(number: int = 2027, **changes: str) -> bytes:
    """A whole year in which week-ends are off; `changes` such as d0101="0" set single days, d0101="" leaves one out."""
    first = date(number, 1, 1)
    every = [first + timedelta(days=n) for n in range((date(number + 1, 1, 1) - first).days)]
    lines = ["date,is_workday"]
    for day in every:
        worked = changes.get(f"d{day:%m%d}", "01"[day.weekday() < 5])
        lines += [f"{day},{worked}"] if worked else []
    return "\n".join(lines).encode()


def test_the_shipped_years_are_whole_years() -> None:
    found = calendar_years.read(SHIPPED)
    assert [(one.year, len(one.days), one.working) for one in found] == [(2025, 365, 248), (2026, 365, 248)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_from_a_spreadsheet_program_is_read_in_its_encoding(encoding: str) -> None:
    content = SHIPPED.decode("utf-8-sig").encode(encoding)
    assert calendar_years.read(content) == calendar_years.read(SHIPPED)


def test_a_leap_year_has_a_day_more() -> None:
    assert len(calendar_years.read(year(2028))[0].days) == 366
    with pytest.raises(BadCalendar, match="2028-02-29"):
        calendar_years.read(year(2028, d0229=""))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "缺少列"),
        (b"day,work\n2027-01-01,1\n", "date、is_workday"),
        (b"date,is_workday\n", "没有一天"),
        (b"date,is_workday\n2027-13-01,1\n2027-01-01,yes\n", "第 2 行.*第 3 行"),
        (year(d0601=""), "缺 1 天，第一个是 2027-06-01"),
        (year() + b"\n2027-06-01,0\n", "2027-06-01 出现了两次"),
        (year().replace(b",0", b",1"), "不合常理"),
        (b"\xff\xff\xff", "UTF-8"),
        (b"x" * 500_000, "KB"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(content: bytes, said: str) -> None:
    with pytest.raises(BadCalendar, match=said):
        calendar_years.read(content)


def test_many_findings_are_told_in_one_sentence_that_stays_readable() -> None:
    wrong = b"date,is_workday\n" + b"2027-01-01,maybe\n" * 30
    with pytest.raises(BadCalendar) as caught:
        calendar_years.read(wrong)
    assert str(caught.value).count("第 ") == calendar_years.NAMED
    assert "另有 22 处" in str(caught.value)
