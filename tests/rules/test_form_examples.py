"""The example documents of the ten forms: what is right passes, what is wrong is named by its one pointer."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry

from matters_map import sample_lists
from matters_map.findings import pointer_of
from matters_map.forms import Form
from matters_map.validation import check, normalise

RECEIVED = date(2026, 11, 24)
FORMS = {form.id: form for form in sample_lists.forms()}
FOLDER = Path(__file__).parent.parent / "data" / "forms"
EXAMPLES: dict[str, Any] = {
    file.name.removesuffix(".examples.json"): json.loads(file.read_text(encoding="utf-8"))
    for file in sorted(FOLDER.glob("*.examples.json"))
}


def of_kind(kind: str) -> list[Any]:
    return [
        pytest.param(FORMS[name], example, id=f"{name}-{number}")
        for name, examples in EXAMPLES.items()
        for number, example in enumerate(examples[kind])
    ]


def test_there_are_examples_for_every_form_but_the_plain_one() -> None:
    assert set(EXAMPLES) == set(FORMS) - {"plain"}
    assert {name: FORMS[name].basic_code for name in EXAMPLES} == {
        name: examples["matter_basic_code"] for name, examples in EXAMPLES.items()
    }


@pytest.mark.parametrize(("form", "document"), of_kind("valid"))
def test_a_right_document_has_no_finding(form: Form, document: Any) -> None:
    assert check(form, normalise(form, document), RECEIVED) == []


@pytest.mark.parametrize(("form", "example"), of_kind("invalid"))
def test_a_wrong_document_has_one_finding_at_the_expected_pointer(form: Form, example: Any) -> None:
    findings = check(form, normalise(form, example["data"]), RECEIVED)
    assert [finding.pointer for finding in findings] == ["/answers" + example["pointer"]]


@pytest.mark.parametrize(("form", "example"), of_kind("semantic_invalid"))
def test_a_document_against_a_rule_has_one_finding_with_the_rule_as_its_code(form: Form, example: Any) -> None:
    findings = check(form, normalise(form, example["data"]), RECEIVED)
    assert [(one.pointer, one.code) for one in findings] == [("/answers" + example["pointer"], example["rule"])]


@pytest.mark.parametrize(("form", "example"), of_kind("invalid") + of_kind("semantic_invalid"))
def test_a_text_is_chinese_and_holds_no_value(form: Form, example: Any) -> None:
    (finding,) = check(form, normalise(form, example["data"]), RECEIVED)
    assert re.search(r"[\u4e00-\u9fff]", finding.detail)
    assert not any(value in finding.detail for value in personal(example["data"]))


def personal(document: Any) -> set[str]:
    people = [document["applicant"], document.get("legalRep", {}), document.get("spouse", {})]
    return {person[key] for person in people for key in ("name", "idNumber", "mobile") if key in person}


def second_opinion(form: Form, document: Any) -> set[tuple[str, str]]:
    """Pointers and codes by the other library, without formats."""
    validator = jsonschema.Draft202012Validator(dict(form.schema), registry=Registry())
    found = set()
    for error in validator.iter_errors(document):
        path = list(error.absolute_path)
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            found |= {(pointer_of([*path, name]), "required") for name in missing}
        elif error.validator == "additionalProperties":
            known = error.schema["properties"]
            found |= {(pointer_of([*path, name]), "unknown") for name in error.instance if name not in known}
        else:
            found.add((pointer_of(path), str(error.validator)))
    return found


def spoilt(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The document with each member in turn left out, of another type, or accompanied by a stranger."""
    without = [{key: value for key, value in document.items() if key != left} for left in document]
    other = [{**document, key: 7 if isinstance(value, str) else "七"} for key, value in document.items()]
    strange = [{**document, "stranger": 1}, {**document, "applicant": {**document["applicant"], "stranger": 1}}]
    return [*without, *other, *strange, {}]


@pytest.mark.parametrize("name", EXAMPLES)
def test_two_libraries_find_the_same_errors(name: str) -> None:
    form, examples = FORMS[name], EXAMPLES[name]
    documents = [*examples["valid"], *(example["data"] for kind in ("invalid",) for example in examples[kind])]
    documents += [worse for document in examples["valid"] for worse in spoilt(document)]
    for document in documents:
        rules = {spec["rule"] for spec in form.schema["x-rules"]}
        ours = {(one.pointer, one.code) for one in check(form, document, RECEIVED, "") if one.code not in rules}
        assert ours == second_opinion(form, document)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_copies_accept_and_refuse_what_the_originals_said(name: str) -> None:
    """The titles, texts and rules added to the samples are annotations for a schema library."""
    validator = jsonschema.Draft202012Validator(dict(FORMS[name].schema), registry=Registry())
    examples = EXAMPLES[name]
    assert all(validator.is_valid(document) for document in examples["valid"])
    assert not any(validator.is_valid(example["data"]) for example in examples["invalid"])
    assert all(validator.is_valid(example["data"]) for example in examples["semantic_invalid"])
