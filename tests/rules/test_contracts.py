"""The contract of the messages: schemas, examples, what is refused, and the document that describes all of it."""

import copy
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from matters_map import canonical, codes
from messaging import asyncapi, contract, envelope

TYPES = sorted(contract.KNOWN)
SHAPES = """
application.submitted agreement version matter mode received_at applicant agent? answers materials originals
  result_delivery mailing? window notice_version joint?
application.supplemented answers materials received_at note?
application.withdrawn reason asked_at
application.urged text
application.rated handler
application.accepted reference accepted_at promised_by contact document?
application.declined reason text legal_basis right_authority? document?
supplement.requested addressed_to items due_by document?
procedure.suspended kind from until basis
procedure.resumed at
limit.extended working_days promised_by reason approved_by
application.decided outcome reference decided_at text? legal_basis? remedy? documents certificates result_delivery waybill?
withdrawal.granted at
withdrawal.refused at reason
result.handed_over at method to waybill?
note.sent text attachments author correction? not_taken? materials?
original.moved name step waybill? at
receipt receipts sealed_root?
resend.requested from to since?
agreement.proposed agreement version effective_from lines hash
agreement.signed agreement version hash signed_by jws at? jurisdiction?
agreement.returned agreement version comments hash? jurisdiction?
agreement.ended agreement at reason
matter.suspended agreement matter until? reason
matter.resumed agreement matter
"""
MEMBERS = {words[0]: words[1:] for words in map(str.split, SHAPES.replace("\n  ", " ").strip().splitlines())}


def second_opinion(type_: str) -> jsonschema.Draft202012Validator:
    """The same schema in another implementation, which fetches nothing."""
    shared = Registry[Any]().with_resource(contract.PARTS, Resource.from_contents(contract.parts()))
    return jsonschema.Draft202012Validator(
        contract.schema(type_), registry=shared, format_checker=jsonschema.FormatChecker(["date", "date-time"])
    )


def test_every_type_of_the_shapes_is_known_and_no_other() -> None:
    assert MEMBERS.keys() == contract.KNOWN.keys()


@pytest.mark.parametrize("type_", TYPES)
def test_a_schema_names_exactly_the_members_of_the_shapes(type_: str) -> None:
    schema = contract.schema(type_)
    assert list(schema["properties"]) == [name.rstrip("?") for name in MEMBERS[type_]]
    assert schema["required"] == [name for name in MEMBERS[type_] if not name.endswith("?")]
    assert schema["$id"] == contract.schema_urn(type_)
    assert schema["title"]


def test_files_and_types_belong_to_each_other() -> None:
    home = contract.HOME
    assert {path.name.removesuffix(".schema.json") for path in home.glob("*.schema.json")} == contract.KNOWN.keys()
    assert {path.stem for path in (home / "examples").iterdir()} == contract.KNOWN.keys()


def subschemas(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema in a schema."""
    if isinstance(node, dict):
        yield node
        for name, part in node.items():
            yield from subschemas(part) if name not in {"enum", "const", "required"} else ()
    elif isinstance(node, list):
        for part in node:
            yield from subschemas(part)


@pytest.mark.parametrize("type_", [*TYPES, "parts"])
def test_every_text_list_and_number_is_bounded_and_schemas_stay_open(type_: str) -> None:
    whole = contract.parts() if type_ == "parts" else contract.schema(type_)
    jsonschema.Draft202012Validator.check_schema(whole)
    for schema in subschemas(whole):
        kinds = schema.get("type", [])
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if "string" in kinds:
            assert "maxLength" in schema or "enum" in schema
        if "array" in kinds:
            assert "maxItems" in schema
        if "integer" in kinds:
            assert {"minimum", "maximum"} <= schema.keys()
        assert "number" not in kinds
        assert schema.get("additionalProperties") is not False


@pytest.mark.parametrize("type_", TYPES)
def test_the_example_is_valid_in_both_implementations(type_: str) -> None:
    data = contract.example(type_)
    assert contract.check(type_, data) == []
    assert contract.check_outgoing(type_, data) == []
    assert second_opinion(type_).is_valid(data)


@pytest.mark.parametrize("type_", TYPES)
def test_each_missing_member_is_named_by_its_own_pointer(type_: str) -> None:
    assert contract.check(type_, {}) == [(f"/{name}", "required") for name in MEMBERS[type_] if not name.endswith("?")]


@pytest.mark.parametrize("type_", TYPES)
def test_optional_members_may_be_null_or_absent_and_the_others_may_not_be_null(type_: str) -> None:
    for name in MEMBERS[type_]:
        data = contract.example(type_)
        data.pop(name.rstrip("?"), None)
        assert contract.check(type_, data) == ([] if name.endswith("?") else [(f"/{name}", "required")])
        data[name.rstrip("?")] = None
        findings = contract.check(type_, data)
        assert not findings if name.endswith("?") else (f"/{name}", "type") in findings


@pytest.mark.parametrize("type_", TYPES)
def test_what_is_not_known_is_let_in_and_never_sent(type_: str) -> None:
    data = contract.example(type_) | {"later": {"a": 1.0}, "a/b~c": None}
    assert contract.check(type_, data) == []
    assert contract.check_outgoing(type_, data) == [("/later", "unknown"), ("/a~1b~0c", "unknown")]


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("data", [None, [], "x", 1, True])
def test_data_that_is_no_object_is_a_finding_not_a_fault(type_: str, data: Any) -> None:
    assert contract.check(type_, data) == [("", "type")]
    assert contract.check_outgoing(type_, data) == [("", "type")]


WRONG: list[tuple[str, str, Any, tuple[str, str]]] = [
    ("application.accepted", "/promised_by", "2026-02-30", ("/promised_by", "format")),
    ("application.accepted", "/promised_by", "2026-12-01T00:00:00+08:00", ("/promised_by", "pattern")),
    ("application.accepted", "/accepted_at", "2026-11-24", ("/accepted_at", "pattern")),
    ("application.accepted", "/accepted_at", "2026-11-24T10:12:00", ("/accepted_at", "pattern")),
    ("application.accepted", "/accepted_at", "2026-11-24T23:59:60Z", ("/accepted_at", "pattern")),
    ("application.accepted", "/accepted_at", "0000-01-01T00:00:00Z", ("/accepted_at", "pattern")),
    ("application.accepted", "/accepted_at", "2026-11-24T10:12:00Z\n", ("/accepted_at", "pattern")),
    ("application.accepted", "/accepted_at", "٢٠٢٦-11-24T10:12:00Z", ("/accepted_at", "pattern")),
    ("application.accepted", "/reference", "", ("/reference", "minLength")),
    ("application.accepted", "/reference", "号" * 65, ("/reference", "maxLength")),
    ("application.accepted", "/contact/phone", None, ("/contact/phone", "type")),
    ("application.accepted", "/document/sha256", "A" * 64, ("/document/sha256", "pattern")),
    ("application.accepted", "/document/size", -1, ("/document/size", "minimum")),
    ("application.accepted", "/document/size", 50 * 1024 * 1024 + 1, ("/document/size", "maximum")),
    ("application.accepted", "/document/size", 1.0, ("/document/size", "type")),
    ("application.accepted", "/document/media_type", "pdf", ("/document/media_type", "pattern")),
    ("application.accepted", "/document", [], ("/document", "anyOf")),
    ("application.declined", "/reason", "because", ("/reason", "enum")),
    ("supplement.requested", "/addressed_to", "officer", ("/addressed_to", "enum")),
    ("supplement.requested", "/items", [], ("/items", "minItems")),
    ("supplement.requested", "/items/0/problem", None, ("/items/0/problem", "type")),
    ("supplement.requested", "/items/0/pointer", "periodTo", ("/items/0/pointer", "pattern")),
    ("supplement.requested", "/items/1", {"problem": "x"}, ("/items/1/wanted", "required")),
    ("procedure.suspended", "/kind", "holiday", ("/kind", "enum")),
    ("procedure.suspended", "/from", "2026-02-30", ("/from", "format")),
    ("procedure.suspended", "/until", "2026-02-30T00:00:00Z", ("/until", "format")),
    ("procedure.suspended", "/until", "soon", ("/until", "pattern")),
    ("limit.extended", "/working_days", 0, ("/working_days", "minimum")),
    ("limit.extended", "/working_days", "5", ("/working_days", "type")),
    ("limit.extended", "/working_days", 5.0, ("/working_days", "type")),
    ("application.decided", "/outcome", "approved", ("/outcome", "enum")),
    ("application.decided", "/documents/0", None, ("/documents/0", "type")),
    ("application.decided", "/certificates/0/number", "", ("/certificates/0/number", "minLength")),
    ("application.rated", "/handler", 6, ("/handler", "maximum")),
    ("application.rated", "/handler", True, ("/handler", "type")),
    ("application.submitted", "/mode", "全程网办", ("/mode", "enum")),
    ("application.submitted", "/answers", [], ("/answers", "type")),
    ("application.submitted", "/applicant/id_number", None, ("/applicant/id_number", "type")),
    ("application.submitted", "/materials/0/attachment/name", "", ("/materials/0/attachment/name", "minLength")),
    ("application.submitted", "/materials/0/due_on", "soon", ("/materials/0/due_on", "pattern")),
    ("application.supplemented", "/answers", {"periodTo": "2026-09"}, ("/answers", "propertyNames")),
    ("original.moved", "/step", "burnt", ("/step", "enum")),
    ("receipt", "/receipts", [], ("/receipts", "minItems")),
    ("receipt", "/receipts/0/id", None, ("/receipts/0/outcome", "const")),
    ("receipt", "/receipts/0/outcome", "read", ("/receipts/0/outcome", "enum")),
    ("receipt", "/receipts/0/highest_applied", -1, ("/receipts/0/highest_applied", "minimum")),
    ("receipt", "/receipts/0/highest_applied", 1.0, ("/receipts/0/highest_applied", "type")),
    ("receipt", "/receipts/0/sha256", "x", ("/receipts/0/sha256", "pattern")),
    ("resend.requested", "/from", 0, ("/from", "minimum")),
    ("resend.requested", "/to", "2", ("/to", "type")),
    ("agreement.proposed", "/hash", "x", ("/hash", "pattern")),
    ("agreement.proposed", "/version", 0, ("/version", "minimum")),
    ("agreement.proposed", "/lines", [], ("/lines", "minItems")),
    ("agreement.returned", "/comments/0/text", "", ("/comments/0/text", "minLength")),
    ("matter.suspended", "/matter", "002014006001", ("/matter", "pattern")),
]


def put(data: Any, pointer: str, value: Any) -> Any:
    """A copy of the data with another value at the pointer."""
    changed = copy.deepcopy(data)
    *path, last = pointer.split("/")[1:]
    place = changed
    for part in path:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value
    return changed


@pytest.mark.parametrize(("type_", "pointer", "value", "finding"), WRONG, ids=lambda part: str(part)[:32])
def test_what_is_wrong_is_named_where_it_stands(type_: str, pointer: str, value: Any, finding: tuple[str, str]) -> None:
    data = put(contract.example(type_), pointer, value)
    findings = contract.check(type_, data)
    assert finding in findings
    assert {found[0] for found in findings} == {finding[0]}
    if not isinstance(value, float) and not (isinstance(value, str) and value.endswith("\n")):
        assert not second_opinion(type_).is_valid(data)


def test_all_findings_come_at_once_and_hold_no_values() -> None:
    data = contract.example("application.submitted")
    data["applicant"] |= {"id_number": "421321200001019998" * 9, "phone": "13000000001" * 9}
    data["window"] = None
    del data["answers"]
    findings = contract.check("application.submitted", data)
    assert set(findings) == {
        ("/applicant/id_number", "maxLength"),
        ("/applicant/phone", "maxLength"),
        ("/window", "type"),
        ("/answers", "required"),
    }
    assert "13000000001" not in str(findings)


def test_a_quarantined_message_is_told_by_digest_without_its_id() -> None:
    data = contract.example("receipt")
    assert [entry["outcome"] for entry in data["receipts"] if entry["id"] is None] == ["quarantined"]
    assert contract.check("receipt", data) == []


def test_a_type_that_is_not_known_cannot_be_checked() -> None:
    with pytest.raises(KeyError):
        contract.check("weather.told", {})


def test_who_says_what_and_what_may_hold_up_a_conversation() -> None:
    by_role = {
        role: {t.name for t in contract.KNOWN.values() if t.from_role == role} for role in ("origin", "handler", "both")
    }
    assert sum(map(len, by_role.values())) == len(contract.KNOWN)
    assert by_role["origin"] == {name for name in TYPES if name.startswith("application.")} - {
        "application.accepted",
        "application.declined",
        "application.decided",
    }
    assert {"receipt", "resend.requested", "result.handed_over", "agreement.signed"} <= by_role["both"]
    assert {t.name for t in contract.KNOWN.values() if not t.numbered} == {"receipt", "resend.requested"}
    assert {t.name for t in contract.KNOWN.values() if t.numbered and not t.blocks} == {
        "note.sent",
        "application.urged",
        "application.rated",
        "original.moved",
    }
    assert all(re.search(r"[\u4e00-\u9fff]", t.meaning) for t in contract.KNOWN.values())


def test_a_day_is_a_day_in_shanghai() -> None:
    assert contract.day("2026-11-24") == date(2026, 11, 24)
    assert contract.day("2026-11-24T16:00:00Z") == date(2026, 11, 25)
    assert contract.day("2026-11-25T00:00:00+08:00") == date(2026, 11, 25)
    with pytest.raises(ValueError, match="month"):
        contract.day("2026-13-01")


def test_examples_name_real_digests_and_valid_numbers() -> None:
    proposed, signed = contract.example("agreement.proposed"), contract.example("agreement.signed")
    lines = proposed["lines"]
    digest = canonical.list_hash(proposed["agreement"], proposed["version"], proposed["effective_from"], lines)
    assert proposed["hash"] == signed["hash"] == digest
    applicant = contract.example("application.submitted")["applicant"]
    assert codes.valid_id_number(applicant["id_number"])
    assert all(
        codes.valid_number(said) for said in re.findall("421321[0-9]{15}[0-9A-Z]", json.dumps(asyncapi.document()))
    )


# The document that describes the bus


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Built once."""
    return asyncapi.document()


def resolve(document: dict[str, Any], reference: str) -> Any:
    """What a local reference points to."""
    place: Any = document
    for part in reference.removeprefix("#/").split("/"):
        place = place[part.replace("~1", "/").replace("~0", "~")]
    return place


def test_the_document_is_asyncapi_3_and_plain_json(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    assert json.loads(json.dumps(document)) == document
    assert document["channels"]["toPartner"]["address"] == "to-partner"
    assert document["channels"]["fromPartner"]["address"] == "from-partner"
    assert {operation["action"] for operation in document["operations"].values()} == {"send", "receive"}


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    references = re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))
    assert references
    for reference in references:
        assert reference.startswith("#/")
        assert resolve(document, reference) is not None


def test_every_type_is_a_message_on_both_channels(document: dict[str, Any]) -> None:
    for channel in document["channels"].values():
        assert channel["messages"].keys() == contract.KNOWN.keys()
    for operation in document["operations"].values():
        assert len(operation["messages"]) == len(contract.KNOWN)
    for type_ in TYPES:
        message = document["components"]["messages"][type_]
        assert message["name"] == contract.full_name(type_)
        assert message["contentType"] == envelope.CONTENT_TYPE
        assert message["summary"] == contract.KNOWN[type_].meaning
        assert "tongban-signature" in resolve(document, message["headers"]["$ref"])["required"]


@pytest.mark.parametrize("type_", TYPES)
def test_an_example_message_is_a_real_one_and_fits_its_payload_schema(document: dict[str, Any], type_: str) -> None:
    message = document["components"]["messages"][type_]
    for example in message["examples"]:
        said = envelope.parse(json.dumps(example["payload"]).encode())
        assert said.type == type_
        assert contract.check_outgoing(type_, said.data) == []
        schema = {"$ref": f"#/components/messages/{type_}/payload", **document}
        jsonschema.Draft7Validator(schema).validate(example["payload"])
        wrong = example["payload"] | {"data": None}
        assert not jsonschema.Draft7Validator(schema).is_valid(wrong)
