"""A supplement opens what the notice names and nothing else."""

from collections.abc import Callable

from gateway.web import forms
from matters_map.findings import Finding
from tests.web.drawn_forms import Controls, Pairs, change, examples_of, schema_of

Draw = Callable[[forms.FormView], str]
SCHEMA = schema_of("neizi_gongsi_sheli")
CASE = examples_of("neizi_gongsi_sheli")["valid"][1]
LISTED = forms.Options([forms.Material(row["name"]) for row in CASE["materials"]] + [forms.Material("租赁合同")])


def opened(draw: Draw, pointers: list[str], materials: list[str]) -> Pairs:
    view = forms.supplement(SCHEMA, forms.Filled(CASE), pointers, materials, options=LISTED)
    return Controls(draw(view)).pairs


def names(pairs: Pairs) -> set[str]:
    return {name for name, _ in pairs if name.startswith("answers/")}


def test_only_the_named_field_is_open_and_bears_its_full_name(draw: Draw) -> None:
    view = forms.supplement(SCHEMA, forms.Filled(CASE), ["/applicant/mobile"])
    assert [(field.name, field.label) for field in view.fields()] == [("answers/applicant/mobile", "申请人·手机号码")]
    assert names(opened(draw, ["/applicant/mobile"], [])) == {"answers/applicant/mobile"}


def test_the_answer_is_named_by_its_pointer(draw: Draw) -> None:
    pairs = change(opened(draw, ["/applicant/mobile"], []), "answers/applicant/mobile", "13000000005")
    given = forms.supplement_answers(SCHEMA, CASE, pairs, ["/applicant/mobile"])
    assert given.answers == {"/applicant/mobile": "13000000005"}
    assert given.materials == []


def test_a_field_of_one_row_keeps_its_row(draw: Draw) -> None:
    pairs = change(opened(draw, ["/shareholders/1/uscc"], []), "answers/shareholders/r2/uscc", "91421321MA9T00026X")
    given = forms.supplement_answers(SCHEMA, CASE, pairs, ["/shareholders/1/uscc"])
    assert given.answers == {"/shareholders/1/uscc": "91421321MA9T00026X"}


def test_what_is_posted_for_closed_places_is_ignored(draw: Draw) -> None:
    pairs = [
        *opened(draw, ["/applicant/mobile"], []),
        ("answers/companyName", "改名有限公司"),
        ("_remove", "answers/shareholders/r1"),
    ]
    given = forms.supplement_answers(SCHEMA, CASE, pairs, ["/applicant/mobile"])
    assert given.answers == {"/applicant/mobile": CASE["applicant"]["mobile"]}
    assert given.filled.document["companyName"] == CASE["companyName"]
    assert len(given.filled.document["shareholders"]) == 2


def test_a_place_that_no_condition_asks_for_is_open_when_the_notice_asks(draw: Draw) -> None:
    case = {**CASE, "addressProof": "自有产权"}
    del case["leaseUntil"]
    view = forms.supplement(SCHEMA, forms.Filled(case), ["/leaseUntil"])
    pairs = change(Controls(draw(view)).pairs, "answers/leaseUntil", "20280101")
    assert forms.supplement_answers(SCHEMA, case, pairs, ["/leaseUntil"]).answers == {"/leaseUntil": "2028-01-01"}


def test_a_material_keeps_the_number_that_it_has_in_the_case(draw: Draw) -> None:
    pairs = change(opened(draw, [], ["公司章程"]), "answers/materials/M02/pages", "9")
    given = forms.supplement_answers(SCHEMA, CASE, pairs, [], ["公司章程"])
    assert given.materials == [{**CASE["materials"][1], "pages": 9}]
    assert given.answers == {}


def test_a_material_never_handed_in_gets_its_number_in_the_list(draw: Draw) -> None:
    pairs = change(opened(draw, [], ["租赁合同"]), "answers/materials/M06/source", "纸质原件")
    given = forms.supplement_answers(SCHEMA, CASE, pairs, [], ["租赁合同"])
    assert given.materials == [{"code": "M06", "name": "租赁合同", "source": "纸质原件"}]


def test_a_pointer_to_a_material_opens_that_material(draw: Draw) -> None:
    assert ("answers/materials/-", "M02") in opened(draw, ["/materials/1/sm3"], [])


def test_faults_of_a_supplement_lead_to_its_fields() -> None:
    findings = [Finding("/answers/~1applicant~1mobile", "pattern", "手机号码应为 11 位")]
    view = forms.supplement(SCHEMA, forms.Filled(CASE), ["/applicant/mobile"], findings=findings)
    assert view.faults == [forms.Fault("手机号码应为 11 位", "#f-applicant-mobile")]
