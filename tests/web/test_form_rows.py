"""Repeating groups: rows are added, copied and removed by plain buttons and keep who they are."""

from collections.abc import Callable

from gateway.web import forms
from tests.web.drawn_forms import Controls, Pairs, schema_of

Draw = Callable[[forms.FormView], str]
SHAREHOLDERS = [
    {"kind": "自然人", "name": "张三", "idNumber": "421321200001019998", "subscribed": 60, "dueDate": "2030-12-31"},
    {"kind": "企业法人", "name": "随县测试投资有限公司", "uscc": "91421321MA9T00018P", "subscribed": 40.5, "dueDate": "2029-06-30"},
]  # fmt: skip
COMPANY = schema_of("neizi_gongsi_sheli")


def pairs_of(filled: forms.Filled, draw: Draw, options: forms.Options | None = None) -> Pairs:
    return Controls(draw(forms.entry(COMPANY, filled, options=options))).pairs


def row_ids(filled: forms.Filled, name: str = "answers/shareholders") -> list[str]:
    fields = forms.entry(COMPANY, filled).fields()
    return [row.id for field in fields if field.name == name for row in field.rows]


def press(draw: Draw, filled: forms.Filled, word: str, target: str) -> forms.Filled:
    return forms.parse(COMPANY, [*pairs_of(filled, draw), (word, target)])


def test_a_new_row_is_empty_shown_and_gets_the_focus(draw: Draw) -> None:
    filled = press(draw, forms.Filled({"shareholders": SHAREHOLDERS}), "_add", "answers/shareholders")
    assert filled.command == "add"
    assert filled.document["shareholders"] == SHAREHOLDERS
    assert row_ids(filled) == ["r-shareholders-r1", "r-shareholders-r2", "r-shareholders-r3"]
    assert forms.entry(COMPANY, filled).focus == "f-shareholders-r3-kind"


def test_an_empty_row_stays_on_the_page_while_one_works(draw: Draw) -> None:
    filled = press(draw, forms.Filled({"shareholders": SHAREHOLDERS}), "_add", "answers/shareholders")
    assert len(row_ids(forms.parse(COMPANY, pairs_of(filled, draw)))) == 3


def test_a_removed_row_leaves_the_others_their_names(draw: Draw) -> None:
    """Morphing keeps focus and typed text by id: the second row may not become the first."""
    filled = press(draw, forms.Filled({"shareholders": SHAREHOLDERS}), "_remove", "answers/shareholders/r1")
    assert filled.document["shareholders"] == SHAREHOLDERS[1:]
    assert row_ids(filled) == ["r-shareholders-r2"]


def test_a_copied_row_stands_below_its_original(draw: Draw) -> None:
    filled = press(draw, forms.Filled({"shareholders": SHAREHOLDERS}), "_copy", "answers/shareholders/r1")
    assert filled.document["shareholders"] == [SHAREHOLDERS[0], SHAREHOLDERS[0], SHAREHOLDERS[1]]
    assert row_ids(filled) == ["r-shareholders-r1", "r-shareholders-r3", "r-shareholders-r2"]


def test_a_button_for_a_row_that_is_not_there_changes_nothing(draw: Draw) -> None:
    filled = press(draw, forms.Filled({"shareholders": SHAREHOLDERS}), "_remove", "answers/shareholders/r9")
    assert filled.document["shareholders"] == SHAREHOLDERS
    assert filled.command is None


def test_an_empty_group_begins_with_one_row(draw: Draw) -> None:
    assert row_ids(forms.Filled({})) == ["r-shareholders-r1"]


def test_lines_of_text_become_a_list(draw: Draw) -> None:
    pairs = [("answers/scope", "日用百货销售\r\n\r\n 餐饮服务 ")]
    assert forms.parse(COMPANY, pairs).document == {"scope": ["日用百货销售", "餐饮服务"]}


def test_what_is_no_number_stays_as_typed() -> None:
    pairs = [
        ("answers/registeredCapital", "五十万"),
        ("answers/shareholders/-", "r1"),
        ("answers/shareholders/r1/subscribed", "１，000.50"),
    ]
    document = forms.parse(COMPANY, pairs).document
    assert document == {"registeredCapital": "五十万", "shareholders": [{"subscribed": 1000.5}]}


LISTED = forms.Options([forms.Material("公司章程"), forms.Material("股东居民身份证", e_certificate=True)])


def test_materials_begin_with_the_matter_s_list_and_count_only_when_given(draw: Draw) -> None:
    pairs = pairs_of(forms.Filled({}), draw, LISTED)
    assert [text for name, text in pairs if name == "answers/materials/-"] == ["M01", "M02"]
    given = forms.parse(COMPANY, [*pairs, ("answers/materials/M02/source", "纸质原件")])
    assert given.document["materials"] == [{"code": "M02", "name": "股东居民身份证", "source": "纸质原件"}]


def test_a_material_of_the_list_is_known_by_number_then_by_name(draw: Draw) -> None:
    rows = [
        {"code": "M07", "name": "公司章程", "source": "纸质原件"},
        {"code": "M03", "name": "授权委托书", "source": "纸质原件"},
    ]
    pairs = pairs_of(forms.Filled({"materials": rows}), draw, LISTED)
    assert [text for name, text in pairs if name == "answers/materials/-"] == ["M01", "M02", "x1"]
    assert forms.parse(COMPANY, pairs).document["materials"] == rows


def test_another_material_gets_the_next_free_number(draw: Draw) -> None:
    pairs = [*pairs_of(forms.Filled({}), draw, LISTED), ("_add", "answers/materials")]
    filled = forms.parse(COMPANY, pairs)
    again = [*pairs_of(filled, draw, LISTED), ("answers/materials/x1/name", "授权委托书")]
    assert forms.parse(COMPANY, again).document["materials"] == [{"code": "M03", "name": "授权委托书"}]


def test_a_scan_brings_its_file_and_the_digest_that_the_form_wants(draw: Draw) -> None:
    sha256, sm3 = "a" * 64, "b" * 64
    pairs = [
        *pairs_of(forms.Filled({}), draw, LISTED), ("answers/materials/M01/source", "扫描上传"), ("answers/materials/M01/pages", "2"),
        ("file:M01", sha256), ("filename:M01", "章程.pdf"),
    ]  # fmt: skip
    filled = forms.parse(COMPANY, pairs, digests={sha256: sm3})
    assert filled.files == {"M01": sha256}
    assert filled.document["materials"] == [
        {"code": "M01", "name": "公司章程", "source": "扫描上传", "sm3": sm3, "pages": 2}
    ]
    assert ("filename:M01", "章程.pdf") in pairs_of(filled, draw, LISTED)


def test_a_certificate_number_is_put_aside_when_the_source_changes(draw: Draw) -> None:
    row = {"code": "M02", "name": "股东居民身份证", "source": "电子证照", "certId": "1.2.156.3005.2.TEST"}
    pairs = pairs_of(forms.Filled({"materials": [row]}), draw, LISTED)
    changed = [
        ("answers/materials/M02/source", "纸质原件") if pair[0] == "answers/materials/M02/source" else pair
        for pair in pairs
    ]
    filled = forms.parse(COMPANY, changed)
    assert filled.document["materials"] == [{"code": "M02", "name": "股东居民身份证", "source": "纸质原件"}]
    assert filled.aside == {"answers/materials/M02/certId": ["1.2.156.3005.2.TEST"]}
