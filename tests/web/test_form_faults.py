"""Every place of a form has a Chinese name, and every fault a link to a field that is there."""

from collections.abc import Callable
from datetime import date

import pytest

from gateway.web import forms
from matters_map.findings import Finding
from matters_map.forms import Form
from matters_map.validation import check
from tests.web.drawn_forms import NAMES, Controls, examples_of, schema_of, without_server_filled

Draw = Callable[[forms.FormView], str]
TODAY = date(2026, 11, 24)
WRONG = [
    (name, kind, number)
    for name in NAMES
    if name != "plain"
    for kind in ("invalid", "semantic_invalid")
    for number in range(len(examples_of(name)[kind]))
]
COMPANY = examples_of("neizi_gongsi_sheli")["valid"][1]


@pytest.mark.parametrize(
    ("pointer", "label"),
    [
        ("/applicant", "申请人"),
        ("/applicant/idNumber", "申请人·证件号码"),
        ("/shareholders/1/uscc", "股东名册 第 2 行·统一社会信用代码"),
        ("/materials/1/pages", "公司章程·页数"),
        ("/materials/7/pages", "申请材料清单 第 8 行·页数"),
        ("/scope/0", "经营范围 第 1 行"),
        ("/materials/0/sm3", "公司登记(备案)申请书·扫描件"),
        ("/nothing", None),
    ],
)
def test_a_pointer_has_a_chinese_name(pointer: str, label: str | None) -> None:
    schema = schema_of("neizi_gongsi_sheli")
    assert forms.label(schema, COMPANY, pointer) == label
    assert forms.label(schema, COMPANY, "/answers" + pointer) == label


def test_the_fields_of_the_page_carry_the_same_names() -> None:
    schema = schema_of("neizi_gongsi_sheli")
    view = forms.entry(schema, forms.Filled(COMPANY))
    named = {field.pointer: field.path for field in view.fields() if field.pointer}
    assert named
    assert named == {pointer: forms.label(schema, COMPANY, pointer) for pointer in named}


@pytest.mark.parametrize(("name", "kind", "number"), WRONG)
def test_a_fault_links_to_a_field_on_the_page(name: str, kind: str, number: int, draw: Draw) -> None:
    example = examples_of(name)[kind][number]
    schema = schema_of(name)
    findings = check(Form(name, 1, schema.raw), example["data"], TODAY)
    view = forms.entry(schema, forms.Filled(without_server_filled(example["data"])), findings=findings)
    assert [fault.text for fault in view.faults] == [finding.detail for finding in findings] != []
    html = draw(view)
    assert {str(fault.href)[1:] for fault in view.faults} <= set(Controls(html).ids)
    assert html.count(view.faults[0].text) >= 2  # in the summary and at the field


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_of_an_empty_form_has_a_link(name: str, draw: Draw) -> None:
    schema = schema_of(name)
    given = {"matterCode": "x", "targetRegion": "x", "acceptRegion": "x"}
    findings = [one for one in check(Form(name, 1, schema.raw), given, TODAY) if one.code == "required"]
    view = forms.entry(schema, forms.Filled({}), findings=findings)
    assert len(view.faults) == len(findings) >= 5
    assert {str(fault.href)[1:] for fault in view.faults} <= set(Controls(draw(view)).ids)


def test_a_missing_group_links_to_its_first_field() -> None:
    view = forms.entry(
        schema_of("plain"), forms.Filled({}), findings=[Finding("/answers/applicant", "required", "请填写")]
    )
    assert view.faults == [forms.Fault("请填写", "#f-applicant-name")]


def test_faults_stand_in_the_page_s_order_and_strangers_first() -> None:
    findings = [
        Finding("/answers/delivery", "required", "丙"),
        Finding("/answers/applicant/name", "required", "乙"),
        Finding("/handler", "required", "甲"),
    ]
    view = forms.entry(schema_of("plain"), forms.Filled({"applicant": {"mobile": "1"}}), findings=findings)
    assert [(fault.text, fault.href) for fault in view.faults] == [
        ("甲", None), ("乙", "#f-applicant-name"), ("丙", "#f-delivery-method"),
    ]  # fmt: skip


def test_a_row_that_stayed_empty_does_not_shift_the_count() -> None:
    """第 2 行 in a text is the second row that one sees."""
    schema = schema_of("neizi_gongsi_sheli")
    pairs = [
        ("answers/shareholders/-", "r1"),
        ("answers/shareholders/-", "r2"),
        ("answers/shareholders/r2/name", "李四测试"),
    ]
    finding = Finding("/answers/shareholders/0/kind", "required", "股东名册第 1 行·股东类型：请选择")
    view = forms.entry(schema, forms.parse(schema, pairs), findings=[finding])
    rows = [row for field in view.fields() for row in field.rows if row.name.startswith("answers/shareholders")]
    assert [(row.title, row.key) for row in rows] == [("第 1 行", "r2")]
    assert view.faults[0].href == "#f-shareholders-r2-kind"


def test_a_fault_in_one_line_of_a_list_stands_at_the_list() -> None:
    finding = Finding("/answers/scope/1", "minLength", "至少 2 个字")
    view = forms.entry(schema_of("neizi_gongsi_sheli"), forms.Filled({"scope": ["日用百货", "x"]}), findings=[finding])
    assert view.faults == [forms.Fault("至少 2 个字", "#f-scope")]
    scope = next(field for field in view.fields() if field.name == "answers/scope")
    assert scope.errors == ["第 2 行：至少 2 个字"]
