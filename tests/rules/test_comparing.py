"""Two versions of a list: what was added, removed and changed, whatever the order of the lines."""

from dataclasses import replace

from matters_map import loading, sample_lists
from matters_map.comparing import compare
from matters_map.lines import Line, LineMember
from matters_map.workbooks.files import checked
from tests.rules.test_broken_lists import FORMS, agreed

LINES = agreed("zaoyang")[:5]


def values(lines: list[Line]) -> list[dict[str, object]]:
    return [line.to_json() for line in lines]


def test_the_same_lines_in_another_order_are_no_change() -> None:
    turned = [replace(line, seq=seq) for seq, line in enumerate(reversed(LINES), start=1)]
    assert not compare(values(LINES), values(turned))


def test_what_is_new_gone_and_changed_is_told_by_field() -> None:
    after = [LINES[1], replace(LINES[2], promised_days=3, instant="否"), *LINES[3:], agreed("zaoyang")[9]]
    found = compare(values(LINES), values(after)).to_json()
    assert found == {
        "added": [{"seq": 10, "local_basic_code": "000131002001", "matter_name": "内资公司设立登记", "sub_item": None}],
        "removed": [
            {
                "seq": 1,
                "local_basic_code": "002014006001",
                "matter_name": "社会保险参保缴费记录查询",
                "sub_item": "个人参保缴费记录查询打印",
            }
        ],
        "changed": [
            {
                "seq": 3,
                "local_basic_code": "002014007001",
                "matter_name": "领取养老金人员待遇资格认证",
                "sub_item": None,
                "fields": {
                    "promised_days": {"before": 0, "after": 3},
                    "instant": {"before": "是", "after": "否"},
                },
            }
        ],
    }


def test_a_code_that_stands_twice_is_matched_by_its_sub_item() -> None:
    twice = [LINES[0], replace(LINES[0], sub_item="单位", fee="10元")]
    found = compare(values(twice), values([replace(twice[1], fee="20元"), twice[0]]))
    assert [(one.after["sub_item"], dict(one.fields)) for one in found.changed] == [("单位", {"fee": ("10元", "20元")})]
    assert (found.added, found.removed) == ((), ())


def test_a_renamed_sub_item_of_a_code_that_stands_once_is_a_change() -> None:
    found = compare(values(LINES), values([replace(LINES[0], sub_item="打印"), *LINES[1:]]))
    assert [dict(one.fields) for one in found.changed] == [{"sub_item": ("个人参保缴费记录查询打印", "打印")}]


def test_members_in_another_order_are_the_same_and_a_new_one_is_a_change() -> None:
    line = agreed("xssn_cluster")[0]
    assert not compare(values([line]), values([replace(line, members=line.members[::-1])]))
    more = replace(line, members=(*line.members, LineMember("420683", "000131002001", "x")))
    assert [list(one.fields) for one in compare(values([line]), values([more])).changed] == [["members"]]


def test_who_does_what_is_compared_when_only_one_side_has_it() -> None:
    found = compare(values(LINES[:1]), values([replace(LINES[0], duties={"identity": "handler"})]))
    assert [dict(one.fields) for one in found.changed] == [{"duties": (None, {"identity": "handler"})}]


def test_rows_of_a_workbook_are_compared_by_the_columns_that_both_have() -> None:
    rows = checked((sample_lists.FOLDER / "agreements_zaoyang.xlsx").read_bytes()).rows
    assert not compare(rows, values(loading.lines(rows, sample_lists.HOME, FORMS)))
