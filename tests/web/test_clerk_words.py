"""What the clerk's pages say, without a browser: limits, addresses, places to go back to, the next step."""

from datetime import date, timedelta

import pytest

from gateway.applications.case import House
from gateway.web import clocks_shown, deed_bodies, going_back, matters_shown, queue_shown
from gateway.web.queue_shown import Narrow
from matters_map import sample_lists
from matters_map.calendar import Calendar
from matters_map.forms import Forms
from matters_map.lookup import MatterIndex, Version

TODAY = date(2026, 11, 24)  # a Tuesday
HOUSE = House("421321", Calendar({}), Forms([]))


@pytest.fixture(scope="module")
def index() -> MatterIndex:
    """The sample lists in force."""
    served_by, since = sample_lists.forms(), sample_lists.EFFECTIVE_FROM
    versions = [
        Version(one.id, 1, "in_force", since, None, tuple(sample_lists.lines(one, served_by)), position)
        for position, one in enumerate(sample_lists.AGREEMENTS)
    ]
    return MatterIndex(versions, since + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("421321202611242000001g", "421321202611242000001G"),
        ("SJ421321202611242000001G-01", "421321202611242000001G"),
        ("https://x.gov.cn/papers/check?n=sj421321202611242000001G-01&c=7K3M", "421321202611242000001G"),
        ("http://[/papers/check?c=1", ""),
        ("张三", "张三"),
    ],
)
def test_a_scanned_paper_or_its_address_is_read_as_its_case(text: str, number: str) -> None:
    assert queue_shown.scanned(text) == number


@pytest.mark.parametrize(
    ("due", "state", "text", "tone"),
    [
        ("2026-12-01", "running", "剩 5 工作日", "good"),
        ("2026-11-26", "running", "剩 2 工作日", "warn"),
        ("2026-11-25", "running", "剩 1 工作日", "bad"),
        ("2026-11-24", "running", "今天到期", "bad"),
        ("2026-11-20", "running", "已超期 2 工作日", "bad"),
        ("2026-11-20", "overdue", "超期完成", "bad"),
        ("2026-11-20", "met", "按时完成", "good"),
        ("2026-11-20", "stopped", "已停表", "plain"),
    ],
)
def test_a_clock_is_told_in_working_days_and_turns_amber_and_red_before_the_day(
    due: str, state: str, text: str, tone: str
) -> None:
    clock = {"kind": "reply", "start": "2026-11-24", "due": due, "state": state, "provisional": False}
    shown = clocks_shown.shown(clock, TODAY, HOUSE)
    assert (shown.text, shown.tone, shown.label) == (text, tone, "答复时限")


def test_the_queue_shows_the_clock_that_is_waited_for_and_not_one_that_was_met_too_late() -> None:
    late = {"kind": "reply", "start": "2026-11-02", "due": "2026-11-09", "state": "overdue", "provisional": False}
    next_ = {"kind": "promised", "start": "2026-11-10", "due": "2026-12-01", "state": "running", "provisional": False}
    accepted = clocks_shown.most_urgent("ACCEPTED", [late, next_], TODAY, HOUSE)
    submitted = clocks_shown.most_urgent("SUBMITTED", [late], TODAY, HOUSE)
    assert accepted is not None
    assert accepted.text == "剩 5 工作日"
    assert submitted is not None
    assert submitted.text == "已超期 11 工作日"
    assert clocks_shown.most_urgent("HANDED_OVER", [late, next_], TODAY, HOUSE) is None


@pytest.mark.parametrize(
    "address",
    ["//evil.example/", "https://evil.example/", "/\\evil.example", "/sign-in?next=/", "javascript:x", "/a\nb", ""],
)
def test_nobody_is_sent_back_to_another_house_or_to_the_door(address: str) -> None:
    assert going_back.local(address) == "/"


def test_a_page_of_ours_is_gone_back_to() -> None:
    assert going_back.local("/applications?view=supplement") == "/applications?view=supplement"


def test_the_queues_address_is_all_of_its_state_and_a_change_begins_at_the_first_page() -> None:
    narrow = Narrow.of({"view": "supplement", "handler": "420683", "after": "17", "state": "NONSENSE"})
    assert narrow.state is None
    assert narrow.address(after=narrow.after) == "/applications?view=supplement&handler=420683&after=17"
    assert narrow.address(handler=None) == "/applications?view=supplement"


@pytest.mark.parametrize("text", ["张三", "421321200001019998", "42132120000101999X", "13000000001", "李 四"])
def test_a_full_personal_value_is_known_as_one(text: str) -> None:
    assert queue_shown.is_personal(text)


@pytest.mark.parametrize("text", ["zs", "zhangsan", "421321202611241000001X", "000001X", "420683-26"])
def test_initials_pinyin_and_numbers_of_cases_are_none(text: str) -> None:
    assert not queue_shown.is_personal(text)


def test_every_place_says_how_many_of_its_lines_can_be_filed_here(index: MatterIndex) -> None:
    counted = {place.code: (place.lines, place.fileable) for place in matters_shown.places(index)}
    assert counted["420683"] == (28, 26)
    assert set(counted) == {"420683", "411330", "420882", "420600", "420300", "421300", "429021"}


def test_a_line_that_cannot_be_filed_says_where_to_go(index: MatterIndex) -> None:
    refused = [one for one in matters_shown.choices(index, "411330", None) if one.refusal]
    assert {one.kind for one in refused} == {"guide", "inbound"}
    assert all("0722-" in (one.refusal or "") for one in refused)


def test_a_line_that_several_places_share_says_who_does_what(index: MatterIndex) -> None:
    told = {one.name: one.sharing for one in matters_shown.choices(index, "420300", None)}
    assert told["第三代残疾人证新办"] == (
        "第 1 步 申请表所填地区受理、审核；第 2 步 所选业务属地（牵头）批准、制证出证、送达。各承办地都准予才算办成。"
    )
    assert [name for name, sharing in told.items() if sharing] == ["第三代残疾人证新办"]


def test_usual_filings_come_first_and_only_those_that_can_be_filed(index: MatterIndex) -> None:
    guide = next(one.id for one in matters_shown.choices(index, "420683", None) if one.kind == "guide")
    once, twice = ("zaoyang.002036004001", "420683"), ("zaoyang.002014006001", "420683")
    tiles = matters_shown.usual([once, twice, (guide, "420683"), ("gone.1", "420683"), twice], index)
    assert [tile["matter"] for tile in tiles] == [twice[0], once[0]]


def test_a_time_at_the_window_is_a_shanghai_time_and_nonsense_stays_for_the_deed_to_name() -> None:
    assert deed_bodies.instant("2026-11-24 10:30") == "2026-11-24T10:30:00+08:00"
    assert deed_bodies.instant("gestern") == "gestern"
    assert deed_bodies.instant("") is None
