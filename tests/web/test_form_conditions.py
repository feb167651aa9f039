"""Fields come and go with the answers, and nothing that was typed is lost on the way."""

from collections.abc import Callable
from typing import Any

from gateway.web import forms
from tests.web.drawn_forms import Controls, Pairs, change, examples_of, schema_of

Draw = Callable[[forms.FormView], str]


class Page:
    """A clerk in front of one form: sees it, changes it, sees it again."""

    def __init__(self, name: str, draw: Draw, document: dict[str, Any] | None = None) -> None:
        self.schema, self._draw = schema_of(name), draw
        self.filled = forms.Filled(document or {})

    @property
    def view(self) -> forms.FormView:
        return forms.entry(self.schema, self.filled)

    @property
    def pairs(self) -> Pairs:
        return Controls(self._draw(self.view)).pairs

    @property
    def names(self) -> set[str]:
        return {field.name for field in self.view.fields()}

    def answer(self, name: str, *values: str) -> "Page":
        self.filled = forms.parse(self.schema, change(self.pairs, name, *values))
        return self

    def press(self, word: str, target: str) -> "Page":
        self.filled = forms.parse(self.schema, [*self.pairs, (word, target)])
        return self


def test_a_field_appears_when_its_condition_holds(draw: Draw) -> None:
    page = Page("shebao_canbao_jilu_chaxun", draw)
    assert "answers/purposeNote" not in page.names
    page.answer("answers/purpose", "其他")
    note = next(field for field in page.view.fields() if field.name == "answers/purposeNote")
    assert note.required
    assert next(field for field in page.view.fields() if field.name == "answers/purpose").deciding


def test_a_value_out_of_sight_is_not_submitted_but_comes_back(draw: Draw) -> None:
    page = (
        Page("shebao_canbao_jilu_chaxun", draw)
        .answer("answers/purpose", "其他")
        .answer("answers/purposeNote", "单位年审使用")
    )
    page.answer("answers/purpose", "购房")
    assert page.filled.document["purpose"] == "购房"
    assert "purposeNote" not in page.filled.document
    assert ("~answers/purposeNote", "单位年审使用") in page.pairs
    page.answer("answers/purpose", "其他")
    assert page.filled.document["purposeNote"] == "单位年审使用"


def test_a_forbidden_group_with_all_its_fields_comes_back(draw: Draw) -> None:
    document = examples_of("gongjijin_jiaocun_shiyong_zhengming")["valid"][1]
    page = Page("gongjijin_jiaocun_shiyong_zhengming", draw, document)
    page.answer("answers/coBorrower", "false")
    assert "spouse" not in page.filled.document
    assert not any(name.startswith("answers/spouse") for name in page.names)
    page.answer("answers/coBorrower", "true")
    assert page.filled.document["spouse"] == document["spouse"]


def test_rows_put_aside_come_back_as_rows(draw: Draw) -> None:
    members = [{"name": "张三", "idNumber": "421321200001019998"}, {"name": "王五", "idNumber": "411330198503039977"}]
    page = Page("geti_gongshanghu_sheli", draw, {"composition": "家庭经营", "familyMembers": members})
    page.answer("answers/composition", "个人经营")
    assert page.filled.document == {"composition": "个人经营"}
    page.answer("answers/composition", "家庭经营")
    assert page.filled.document["familyMembers"] == members


def test_a_value_that_no_condition_asks_for_is_kept_and_said_to_be_optional(draw: Draw) -> None:
    """A stored document may hold what the schema allows; opening it must not drop it silently."""
    page = Page("shebao_canbao_jilu_chaxun", draw, {"purpose": "购房", "purposeNote": "补充说明一句"})
    note = next(field for field in page.view.fields() if field.name == "answers/purposeNote")
    assert note.kept
    assert not note.required
    assert page.answer("answers/periodFrom", "2020-01").filled.document["purposeNote"] == "补充说明一句"


def test_a_condition_on_a_list_of_choices_is_understood(draw: Draw) -> None:
    page = Page("canjirenzheng_xinban", draw).answer("answers/disabilityTypes", "智力")
    assert "answers/guardian/name" in page.names
    page.answer("answers/disabilityTypes", "听力")
    assert "answers/guardian/name" not in page.names


def test_a_condition_on_any_row_is_understood(draw: Draw) -> None:
    page = Page("daolu_congye_zigezheng_huanzheng", draw, {"integrityYears": [{"year": 2025, "grade": "A"}]})
    assert "answers/continuingEducation" not in page.names
    page.answer("answers/integrityYears/r1/grade", "B")
    assert "answers/continuingEducation" in page.names


def test_a_condition_inside_a_row_touches_that_row_only(draw: Draw) -> None:
    rows = [{"kind": "自然人", "name": "张三"}, {"kind": "企业法人", "name": "随县测试投资有限公司"}]
    page = Page("neizi_gongsi_sheli", draw, {"shareholders": rows})
    assert {"answers/shareholders/r1/idNumber", "answers/shareholders/r2/uscc"} <= page.names
    assert not {"answers/shareholders/r1/uscc", "answers/shareholders/r2/idNumber"} & page.names


def test_a_condition_narrows_the_choices(draw: Draw) -> None:
    page = Page("jumin_shenfenzheng_huanling", draw).answer("answers/reason", "期满换领")
    fee = next(field for field in page.view.fields() if field.name == "answers/feePaid")
    assert [choice.value for choice in fee.choices] == ["0", "20"]


def test_a_choice_that_became_wrong_is_still_shown_chosen(draw: Draw) -> None:
    """So the clerk sees what will be refused instead of an empty question."""
    page = (
        Page("jumin_shenfenzheng_huanling", draw).answer("answers/reason", "期满换领").answer("answers/feePaid", "20")
    )
    page.answer("answers/reason", "丢失补领")
    fee = next(field for field in page.view.fields() if field.name == "answers/feePaid")
    assert [(choice.value, choice.chosen) for choice in fee.choices] == [("40", False), ("20", True)]
    assert page.filled.document["feePaid"] == 20


def test_the_last_x_of_an_id_number_is_raised_and_blanks_are_dropped(draw: Draw) -> None:
    page = Page("plain", draw).answer("answers/applicant/idType", "居民身份证")
    page.answer("answers/applicant/idNumber", " 4213212000 0101999x ")
    assert page.filled.document["applicant"]["idNumber"] == "42132120000101999X"
