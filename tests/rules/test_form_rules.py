"""Every rule that a schema cannot say, broken and kept."""

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from matters_map import sample_lists
from matters_map.validation import check, normalise

RECEIVED = date(2026, 11, 24)
FORMS = sample_lists.forms()
FOLDER = Path(__file__).parent.parent / "data" / "forms"

SHEBAO, ZHUANYI, YIDI = "shebao_canbao_jilu_chaxun", "chengxiang_jubao_zhuanyi", "yibao_yidi_jiuyi_beian"
COMPANY, TRADER, ID_CARD = "neizi_gongsi_sheli", "geti_gongshanghu_sheli", "jumin_shenfenzheng_huanling"
COMMON = (
    *("matterCode", "targetRegion", "acceptRegion", "applicant", "byAgent"),
    *("agent", "materials", "delivery", "consent"),
)
DRIVER, ESTATE, DISABLED = "daolu_congye_zigezheng_huanzheng", "budongchan_dengji_ziliao_chaxun", "canjirenzheng_xinban"
WRONG_ID = "411330198503039970"
SUN_QI = "421321201505059998"  # born 2015-05-05
GUARDIAN = {"name": "张三", "idType": "居民身份证", "idNumber": "421321200001019998", "mobile": "13000000001"}


def example(name: str, number: int = 0, **changes: Any) -> dict[str, Any]:
    document = json.loads((FOLDER / f"{name}.examples.json").read_text(encoding="utf-8"))["valid"][number]
    return {key: value for key, value in {**document, **changes}.items() if value is not None}


def findings(name: str, document: Any, on: date = RECEIVED) -> list[tuple[str, str]]:
    form = FORMS.latest(name)
    return [(one.pointer, one.code) for one in check(form, normalise(form, document), on, "")]


def agent(**changes: Any) -> dict[str, Any]:
    known = {"name": "李四测试", "idNumber": "420683199002029986", "mobile": "13000000002", "relation": "受托人"}
    return {**known, "authorization": "M01", **changes}


def with_shareholders(*subscribed: float, capital: float) -> dict[str, Any]:
    document = example(COMPANY, companyType="有限责任公司", registeredCapital=capital)
    row = document["shareholders"][0]
    return {**document, "shareholders": [{**row, "subscribed": amount} for amount in subscribed]}


def test_an_id_number_is_checked_wherever_it_stands() -> None:
    person = {**GUARDIAN, "idNumber": WRONG_ID}
    minor = example(DISABLED, guardian=person)
    assert findings(DISABLED, minor) == [("/guardian/idNumber", "GB11643")]
    assert findings(SHEBAO, example(SHEBAO, byAgent=True, agent=agent(idNumber=WRONG_ID))) == [
        ("/agent/idNumber", "GB11643")
    ]
    family = [{"name": "张三", "idNumber": "421321200001019998"}, {"name": "王五", "idNumber": WRONG_ID}]
    assert findings(TRADER, example(TRADER, composition="家庭经营", familyMembers=family)) == [
        ("/familyMembers/1/idNumber", "GB11643")
    ]
    company = example(COMPANY)
    company["shareholders"][0]["idNumber"] = WRONG_ID
    assert findings(COMPANY, company) == [("/shareholders/0/idNumber", "GB11643")]


def test_another_kind_of_paper_is_not_held_to_the_id_rule() -> None:
    applicant = {**GUARDIAN, "idType": "台湾居民来往大陆通行证", "idNumber": "12345678"}
    assert findings(SHEBAO, example(SHEBAO, applicant=applicant)) == []


def test_a_latin_name_needs_another_paper_than_the_id_card() -> None:
    foreigner = {**GUARDIAN, "name": "Anna O'Neil", "idType": "外国人永久居留身份证", "idNumber": "FRA123456789012"}
    assert findings(SHEBAO, example(SHEBAO, applicant=foreigner)) == []
    assert findings(SHEBAO, example(SHEBAO, applicant={**GUARDIAN, "name": "Anna O'Neil"})) == [
        ("/applicant/name", "pattern")
    ]


@pytest.mark.parametrize("name", ["阿卜杜拉•买买提", "古丽·热合曼", "张〇", "赵𬱖测"])
def test_names_of_all_peoples_pass(name: str) -> None:
    assert findings(SHEBAO, example(SHEBAO, applicant={**GUARDIAN, "name": name})) == []


def test_a_small_x_is_raised_before_checking_and_nothing_else_is_altered() -> None:
    document = example(SHEBAO, applicant={**GUARDIAN, "idNumber": "42132120160615998x"}, byAgent=True, agent=agent())
    before = copy.deepcopy(document)
    raised = normalise(FORMS.latest(SHEBAO), document)
    assert findings(SHEBAO, document) == []
    assert document == before
    assert raised["applicant"]["idNumber"] == "42132120160615998X"
    assert {**raised, "applicant": before["applicant"]} == before


def test_a_small_x_in_another_number_stays() -> None:
    document = example(DRIVER, certNo="42132120160615998x")
    assert normalise(FORMS.latest(DRIVER), document) == document
    assert findings(DRIVER, document) == [("/certNo", "pattern")]


def test_an_organisation_code_is_checked_in_every_row() -> None:
    company = example(COMPANY, companyType="有限责任公司", registeredCapital=60)
    row = {key: value for key, value in company["shareholders"][0].items() if key != "idNumber"}
    row |= {"kind": "企业法人", "subscribed": 30, "uscc": "91421321MA9T00018P"}
    company["shareholders"] = [row, {**row, "uscc": "91421321MA9T00018A"}]
    assert findings(COMPANY, company) == [("/shareholders/1/uscc", "GB32100")]


def test_a_day_that_does_not_exist_is_no_real_date() -> None:
    assert findings(ZHUANYI, example(ZHUANYI, reason="户籍迁移", householdMovedOn="2026-02-30")) == [
        ("/householdMovedOn", "real_date")
    ]
    company = example(COMPANY)
    company["shareholders"][0]["dueDate"] = "2029-04-31"
    assert findings(COMPANY, company) == [("/shareholders/0/dueDate", "real_date")]


def test_a_period_ends_no_earlier_than_it_begins() -> None:
    assert findings(SHEBAO, example(SHEBAO, periodFrom="2025-03", periodTo="2025-02")) == [("/periodTo", "order")]
    assert findings(SHEBAO, example(SHEBAO, periodFrom="2025-03", periodTo="2025-03")) == []


def test_a_transfer_goes_somewhere_else() -> None:
    assert findings(ZHUANYI, example(ZHUANYI, fromRegion="421321", toRegion="421321")) == [
        ("/toRegion", "differs_from")
    ]


def test_care_elsewhere_is_elsewhere() -> None:
    document = example(YIDI, insuredRegion="421321", careRegion="421321")
    assert findings(YIDI, document) == [("/careRegion", "differs_from")]


def test_shares_add_up_to_the_capital_exactly() -> None:
    assert findings(COMPANY, with_shareholders(0.1, 0.2, capital=0.3)) == []
    assert findings(COMPANY, with_shareholders(33.33, 33.33, 33.34, capital=100)) == []
    assert findings(COMPANY, with_shareholders(0.1, 0.2, capital=0.31)) == [("/shareholders", "sum")]


def test_a_minor_is_younger_than_sixteen_on_the_day_of_receipt() -> None:
    child = {**GUARDIAN, "name": "孙七", "idNumber": SUN_QI}
    minor = example(ID_CARD, applicant=child, isMinor=True, guardian=GUARDIAN)
    grown = example(ID_CARD, applicant=child, isMinor=False)
    assert findings(ID_CARD, minor, date(2031, 5, 4)) == []
    assert findings(ID_CARD, grown, date(2031, 5, 4)) == [("/isMinor", "age")]
    assert findings(ID_CARD, minor, date(2031, 5, 5)) == [("/isMinor", "age")]
    assert findings(ID_CARD, grown, date(2031, 5, 5)) == []


def test_age_is_not_judged_by_a_number_that_is_wrong_or_no_id_number() -> None:
    wrong = {**GUARDIAN, "idNumber": "421321201505059990"}
    assert findings(ID_CARD, example(ID_CARD, applicant=wrong, isMinor=False)) == [("/applicant/idNumber", "GB11643")]
    passport = {**GUARDIAN, "idType": "港澳居民来往内地通行证", "idNumber": "H12345678"}
    assert findings(ID_CARD, example(ID_CARD, applicant=passport, isMinor=False)) == []


def test_a_licence_is_expired_after_its_last_day() -> None:
    valid = example(DRIVER, validTo="2026-11-24", expired=False)
    expired = example(DRIVER, validTo="2026-11-24", expired=True, expiredDays=1)
    assert findings(DRIVER, valid) == []
    assert findings(DRIVER, expired) == [("/expired", "age")]
    assert findings(DRIVER, valid, date(2026, 11, 25)) == [("/expired", "age")]
    assert findings(DRIVER, expired, date(2026, 11, 25)) == []


def test_a_named_material_is_among_the_materials() -> None:
    heir = example(ESTATE, requesterKind="权利人的继承人", deathProof="M09")
    assert findings(ESTATE, heir) == [("/deathProof", "material_ref")]
    assert findings(ESTATE, {**heir, "deathProof": "M02"}) == []
    assert findings(ESTATE, example(ESTATE, byAgent=True, agent=agent(authorization="M09"))) == [
        ("/agent/authorization", "material_ref")
    ]


def test_a_rule_is_silent_about_values_that_the_schema_refused() -> None:
    assert findings(SHEBAO, example(SHEBAO, periodFrom="2025-03", periodTo="2025-00")) == [("/periodTo", "pattern")]
    assert findings(ZHUANYI, example(ZHUANYI, fromRegion="42132", toRegion="42132")) == [
        ("/fromRegion", "pattern"),
        ("/toRegion", "pattern"),
    ]
    company = with_shareholders(10, 20, capital=50)
    company["shareholders"][1]["subscribed"] = -20
    assert findings(COMPANY, company) == [("/shareholders/1/subscribed", "exclusiveMinimum")]
    assert findings(SHEBAO, example(SHEBAO, byAgent=False, agent=agent(idNumber=WRONG_ID))) == [("/agent", "not")]


def test_all_findings_come_at_once_in_the_order_of_the_form() -> None:
    document = example(SHEBAO, applicant={**GUARDIAN, "idNumber": WRONG_ID, "mobile": "1"}, purpose="其他", extra=1)
    document["periodFrom"], document["periodTo"] = "2025-03", "2025-02"
    assert findings(SHEBAO, document) == [
        ("/applicant/idNumber", "GB11643"),
        ("/applicant/mobile", "pattern"),
        ("/periodTo", "order"),
        ("/purposeNote", "required"),
        ("/extra", "unknown"),
    ]


@pytest.mark.parametrize("document", [None, [], "x", 3, True, {"applicant": 3}, {"materials": {}}, {"materials": [1]}])
def test_any_json_can_be_checked(document: Any) -> None:
    for form in FORMS:
        assert check(form, normalise(form, document), RECEIVED)


def test_the_plain_form_takes_the_common_parts_and_remarks() -> None:
    plain = FORMS.latest("plain")
    assert list(plain.schema["properties"]) == [*COMMON, "remarks"]
    document = {key: value for key, value in example(SHEBAO).items() if key in COMMON}
    assert findings("plain", {**document, "matterCode": "002014003001", "remarks": "无"}) == []
    assert findings("plain", {**document, "matterCode": "1", "remarks": "多" * 501, "purpose": "其他"}) == [
        ("/matterCode", "pattern"),
        ("/remarks", "maxLength"),
        ("/purpose", "unknown"),
    ]
