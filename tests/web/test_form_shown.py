"""The read-only view: what a document says, with personal values masked where the page asks for it."""

import json

from gateway.web import forms, masking
from gateway.web.forms_shown import Shown
from tests.web.drawn_forms import NAMES, REGIONS, examples_of, leaves, schema_of

COMPANY = examples_of("neizi_gongsi_sheli")["valid"][1]


def values(items: list[Shown]) -> list[Shown]:
    found: list[Shown] = []
    for item in items:
        cells = [cell for row in item.rows for cell in row if cell is not None]
        found += [item] if item.kind == "value" else values([*item.parts, *cells])
    return found


def test_everything_but_digests_is_shown() -> None:
    for name in NAMES:
        if name == "plain":
            continue
        document = examples_of(name)["valid"][0]
        texts = {item.text for item in values(forms.shown(schema_of(name), document, without=()))}
        told = "".join(texts)
        hidden = {row.get("sm3") for row in document["materials"]}
        assert all(str(leaf) in told for leaf in leaves(document) if not isinstance(leaf, bool) and leaf not in hidden)


def test_headings_are_those_of_the_entry_form() -> None:
    titles = [item.label for item in forms.shown(schema_of("neizi_gongsi_sheli"), COMPANY)]
    assert titles == ["申请人", "申请内容", "代办", "申请材料", "结果领取", "个人信息处理告知"]


def test_no_personal_value_is_left_when_masked() -> None:
    for name in NAMES:
        for document in examples_of(name)["valid"] if name != "plain" else []:
            shown = forms.shown(schema_of(name), document, mask=masking.mask)
            text = json.dumps([item.text for item in values(shown)], ensure_ascii=False)
            person = document["applicant"]
            assert person["idNumber"] not in text.replace(document.get("certNo", "-"), "")
            assert person["mobile"] not in text
            assert all(item.masked for item in values(shown) if item.sensitive and item.sensitive != "name")


def test_a_masked_value_can_be_asked_for_by_its_pointer() -> None:
    shown = values(forms.shown(schema_of("neizi_gongsi_sheli"), COMPANY, mask=masking.mask))
    masked = {item.pointer: item.text for item in shown if item.masked}
    assert masked["/shareholders/0/idNumber"] == "420***********9986"
    assert masked["/delivery/mobile"] == "130****0001"
    assert masked["/delivery/address"] == "湖北省随州市随县测试镇***"
    assert "/shareholders/0/uscc" not in masked


def test_places_are_named_and_yes_and_no_are_said() -> None:
    document = examples_of("chengxiang_jubao_zhuanyi")["valid"][0]
    texts = {
        item.label: item.text
        for item in values(forms.shown(schema_of("chengxiang_jubao_zhuanyi"), document, regions=REGIONS))
    }
    assert texts["转入地区划"] == "随县（421321）"
    assert texts["是否已领取待遇"] == "否"
    assert texts["已阅知"] == "已确认"
