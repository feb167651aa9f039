"""A form is refused before it can do harm."""

import time
from datetime import date
from typing import Any

import pytest

from matters_map import sample_lists
from matters_map.form_lint import lint
from matters_map.forms import Form, Forms, UnknownForm
from matters_map.validation import check


@pytest.mark.parametrize("form", list(sample_lists.forms()), ids=lambda form: form.id)
def test_every_form_that_comes_with_the_product_is_fit_to_serve(form: Form) -> None:
    assert lint(form.schema) == []
    assert form.schema["$id"] == f"urn:tongban:form:{form.id}"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "no such type"},
        {"properties": {"a": {"$ref": "https://example.invalid/a.json"}}},
        {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
        {"properties": {"a": {"pattern": "(a)\\1"}}},
        {"properties": {"a": {"pattern": "(?=a)b"}}},
        {"properties": {"a": {"pattern": "(a"}}},
        {"properties": {"a": False}},
        {"properties": {"a": {"anyOf": [{}]}}},
        {"properties": {"a": {"pattern": "a" * 301}}},
        {"x-rules": [{"rule": "no_such_rule"}]},
        {"x-rules": [{"rule": "sum", "at": "/a"}]},
        {"properties": {"a": {"x-check": "GB11643"}}},
    ],
)
def test_an_unfit_schema_is_told_in_chinese(schema: dict[str, Any]) -> None:
    problems = lint(schema)
    assert problems
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in problem) for problem in problems)


def test_a_pattern_that_explodes_elsewhere_takes_linear_time() -> None:
    evil = Form("evil", 1, {"properties": {"a": {"pattern": "^(a+)+$"}}})
    began = time.perf_counter()
    assert [one.code for one in check(evil, {"a": "a" * 100_000 + "!"}, date(2026, 11, 24))] == ["pattern"]
    assert time.perf_counter() - began < 1


def test_a_case_keeps_its_form_version_and_a_new_one_takes_the_latest() -> None:
    old, new = Form("plain", 1, {}), Form("plain", 2, {})
    made_for = Form("own", 1, {"properties": {"matterCode": {"const": "002014006001"}}})
    forms = Forms([new, old, made_for])
    assert forms.get("plain", 1) is old
    assert forms.latest("plain") is new
    assert forms.for_basic_code("002014006001") is made_for
    assert forms.for_basic_code("002014006002") is new
    with pytest.raises(UnknownForm):
        forms.get("plain", 3)
    with pytest.raises(UnknownForm):
        forms.latest("none")
