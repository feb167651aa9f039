"""What a clerk reads when a field is wrong."""

from datetime import date
from typing import Any

from matters_map.forms import Form
from matters_map.validation import check

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "rows": {
            "title": "家庭成员",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"title": "姓名", "type": "string", "minLength": 2},
                    "mobile": {"type": "string", "title": "电话", "pattern": "^1", "x-error": "电话应以 1 开头"},
                },
                "required": ["name"],
                "additionalProperties": False,
            },
        },
        "kind": {"title": "类别", "enum": ["甲", "乙"]},
        "kinds": {"title": "多选", "type": "array", "maxItems": 1, "items": {"enum": ["甲", "乙"]}},
        "sure": {"title": "确认", "type": "boolean", "const": True},
        "amount": {"title": "金额", "type": "number", "maximum": 5, "multipleOf": 0.5},
        "note~/x": {"title": "备注", "type": "string", "maxLength": 3},
    },
    "required": ["kind", "kinds", "sure", "amount"],
    "additionalProperties": False,
}


def texts(document: Any) -> dict[str, str]:
    found = check(Form("test", 1, SCHEMA), document, date(2026, 11, 24), "")
    return {finding.pointer: finding.detail for finding in found}


def test_a_row_is_named_with_its_number() -> None:
    rows = [{"name": "张三"}, {"mobile": "2", "surplus": "张三"}, {"name": "王"}]
    assert texts({"kind": "甲", "kinds": [], "sure": True, "amount": 1, "rows": rows}) == {
        "/rows/1/name": "家庭成员第 2 行·姓名：请填写",
        "/rows/1/mobile": "家庭成员第 2 行：电话应以 1 开头",
        "/rows/1/surplus": "家庭成员第 2 行：表单中没有这一项，请删去",
        "/rows/2/name": "家庭成员第 3 行·姓名：至少 2 个字",
    }


def test_what_is_missing_is_asked_for_in_the_fitting_word() -> None:
    assert texts({}) == {
        "/kind": "类别：请选择",
        "/kinds": "多选：请选择",
        "/sure": "确认：请选择",
        "/amount": "金额：请填写",
    }


def test_bounds_and_choices_are_told_but_never_the_value() -> None:
    wrong = {"kind": "机密", "kinds": ["机密", "甲"], "sure": False, "amount": 6.25, "note~/x": "机密机密"}
    found = texts(wrong)
    assert found == {
        "/kind": "类别：请选择甲、乙之一",
        "/kinds": "多选：最多 1 项",
        "/kinds/0": "多选第 1 行：请选择甲、乙之一",
        "/sure": "确认：应为“是”",
        "/amount": "金额：应为 0.5 的整数倍",
        "/note~0~1x": "备注：最多 3 个字",
    }


def test_a_wrong_type_says_which_is_wanted() -> None:
    assert texts({"kind": "甲", "kinds": {}, "sure": True, "amount": "1"}) == {
        "/kinds": "多选：应为列表",
        "/amount": "金额：应为数字",
    }
    assert texts([]) == {"": "应为一组信息"}
