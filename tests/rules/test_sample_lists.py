"""The lists as they were agreed: columns, members, forms, canonical text."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from matters_map import duties, joint, regions, sample_lists
from matters_map.canonical import canonical, list_hash, list_text
from matters_map.columns import COLUMNS
from matters_map.forms import Forms
from matters_map.lines import Line
from matters_map.lookup import Version

FORMS_OF_THEIR_OWN = 10


def test_the_columns_are_the_agreed_ones(data: Path) -> None:
    agreed = json.loads((data / "columns.json").read_text(encoding="utf-8"))
    assert [(column.name, column.zh, column.required) for column in COLUMNS] == [
        (column["column"], column["zh"], column["required"]) for column in agreed
    ]
    integers = {column.name for column in COLUMNS if column.kind == "integer"}
    assert integers == {column["column"] for column in agreed if column["type"] == "integer"}


def test_a_line_in_json_has_the_columns_and_its_members(data: Path, versions: list[Version]) -> None:
    agreed = [column["column"] for column in json.loads((data / "columns.json").read_text(encoding="utf-8"))]
    for version in versions:
        for line in version.lines:
            own = [name for name in ("joint", "duties") if getattr(line, name) is not None]
            assert list(line.to_json()) == [*agreed, "members", "form", "guide_only", *own]
            assert Line.from_json(json.loads(json.dumps(line.to_json()))) == line


def test_what_the_samples_say_of_who_does_what_can_be_used(versions: list[Version]) -> None:
    lines = [line for version in versions for line in version.lines]
    assert {line.matter_name for line in lines if line.joint} == {"第三代残疾人证新办", "基本医疗保险关系转移接续"}
    assert [joint.problems(line.joint) for line in lines if line.joint] == [[], []]
    assert [duties.problems(line.duties) for line in lines if line.duties] == [[]]
    assert duties.problems({"cleaning": "origin", "accept": "nobody"}) == [
        "不认识的分工“cleaning”",
        "“accept”不能由“nobody”承担",
    ]


def test_every_cluster_line_has_the_codes_of_all_four_cities(versions: list[Version]) -> None:
    with (sample_lists.FOLDER / "agreements_xssn_cluster_codes.csv").open(encoding="utf-8-sig", newline="") as rows:
        agreed = {(int(row["seq"]), row["region_code"], row["partner_implement_code"]) for row in csv.DictReader(rows)}
    found = {(line.seq, one.code, one.implement_code) for line in versions[3].lines for one in line.members}
    assert found == agreed
    assert len(found) == 284


def test_the_row_of_a_cluster_line_names_one_of_its_members(versions: list[Version]) -> None:
    for line in versions[3].lines:
        assert line.partner_implement_code in {member.implement_code for member in line.members}


def test_a_form_serves_the_lines_with_its_code_in_every_list(versions: list[Version], forms: Forms) -> None:
    codes = {form.basic_code: form.id for form in forms if form.basic_code}
    assert len(codes) == FORMS_OF_THEIR_OWN
    for version in versions:
        for line in version.lines:
            assert line.form == codes.get(line.local_basic_code, "plain")
    assert {line.form for version in versions for line in version.lines} == {form.id for form in forms}


@pytest.mark.parametrize("agreement", sample_lists.AGREEMENTS, ids=lambda one: one.id)
def test_home_is_a_party_to_every_agreement(agreement: sample_lists.SampleAgreement) -> None:
    assert agreement.members[-1] == {"code": "421321", "name": "随县"}
    assert all(member["name"] == regions.name_of(member["code"]) for member in agreement.members)


def test_the_remark_decides_where_a_sheet_has_no_column_for_guide_only(versions: list[Version]) -> None:
    row = versions[0].lines[0].to_json()
    assert not Line.from_row({**row, "guide_only": None}, (), "plain").guide_only
    assert Line.from_row({**row, "guide_only": None, "remarks": "本平台仅导办"}, (), "plain").guide_only
    assert not Line.from_row({**row, "guide_only": False, "remarks": "本平台仅导办"}, (), "plain").guide_only
    assert Line.from_row({**row, "guide_only": True}, (), "plain").guide_only


def test_canonical_text_is_that_of_the_standard() -> None:
    value = {"b": [1.0, 1e21, 0.000001, "\u20ac$\u000f\nA'B\"\\"], "a": None, "\U0001f600": True, "\ufb33": False}
    assert canonical(value).decode() == (
        '{"a":null,"b":[1,1e+21,0.000001,"€$\\u000f\\nA\'B\\"\\\\"],"\U0001f600":true,"\ufb33":false}'
    )


def test_the_hash_is_over_the_signed_text_and_changes_with_any_part() -> None:
    lines = [{"seq": 1, "matter_name": "失业登记"}]
    text = b'{"agreement":"zaoyang","effective_from":"2026-01-01T00:00:00+08:00","lines":[{"matter_name":"'
    text += '失业登记","seq":1}],"version":1}'.encode()
    signed = ("zaoyang", 1, "2026-01-01T00:00:00+08:00", lines)
    assert list_text(*signed) == text
    assert list_hash(*signed) == hashlib.sha256(text).hexdigest()
    other = [
        ("tongbai", *signed[1:]),
        ("zaoyang", 2, *signed[2:]),
        ("zaoyang", 1, "2026-01-01T00:00:00Z", lines),
        (*signed[:3], []),
    ]
    assert list_hash(*signed) not in {list_hash(*one) for one in other}


def test_regions_are_called_by_name() -> None:
    assert regions.named("420683") == "枣阳市（420683）"
    assert regions.name_of("420821") == "京山县"
    assert (regions.name_of("999999"), regions.named("999999")) == (None, "999999")
