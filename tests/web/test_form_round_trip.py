"""A document that is drawn as a form and posted again is the same document."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.web import forms
from tests.web.drawn_forms import NAMES, REGIONS, Controls, examples_of, schema_of, without_server_filled

OPTIONS = forms.Options(regions=REGIONS, notice=forms.Notice("2026-02", ["告知内容"]))
DRAWN = [name for name in NAMES if name != "plain"]
VALID = [(name, number) for name in DRAWN for number in range(len(examples_of(name)["valid"]))]
INVALID = [(name, number) for name in DRAWN for number in range(len(examples_of(name)["invalid"]))]
Draw = Callable[[forms.FormView], str]


def materials_of(document: dict[str, Any]) -> list[forms.Material]:
    return [forms.Material(row["name"]) for row in document["materials"]]


def posted_again(name: str, document: dict[str, Any], draw: Draw) -> forms.Filled:
    schema = schema_of(name)
    options = forms.Options(materials_of(document), OPTIONS.notice, OPTIONS.regions)
    html = draw(forms.entry(schema, forms.Filled(document), options=options))
    return forms.parse(schema, Controls(html).pairs, regions=REGIONS)


def test_ten_forms_and_the_plain_one_are_there() -> None:
    assert len(NAMES) == 11


@pytest.mark.parametrize(("name", "number"), VALID)
def test_a_valid_document_survives_the_page(name: str, number: int, draw: Draw) -> None:
    document = examples_of(name)["valid"][number]
    assert posted_again(name, document, draw).document == without_server_filled(document)


@pytest.mark.parametrize(("name", "number"), VALID)
def test_a_second_showing_posts_the_same(name: str, number: int, draw: Draw) -> None:
    document = examples_of(name)["valid"][number]
    schema, once = schema_of(name), posted_again(name, document, draw)
    html = draw(forms.entry(schema, once, options=OPTIONS))
    assert forms.parse(schema, Controls(html).pairs, regions=REGIONS).document == once.document


@pytest.mark.parametrize(("name", "number"), INVALID)
def test_a_wrong_document_stays_wrong_in_the_same_way(name: str, number: int, draw: Draw) -> None:
    """What a clerk typed reaches the validator as it stood, so that the fault is named at its place."""
    document = examples_of(name)["invalid"][number]["data"]
    assert posted_again(name, document, draw).document == without_server_filled(document)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_form_is_an_empty_document_with_unique_ids(name: str, draw: Draw) -> None:
    view = forms.entry(schema_of(name), forms.Filled({}), options=forms.Options([forms.Material("居民身份证")]))
    controls = Controls(draw(view))
    assert len(controls.ids) == len(set(controls.ids))
    assert forms.parse(schema_of(name), controls.pairs).document == {}
    assert not {"answers/matterCode", "answers/targetRegion", "answers/acceptRegion"} & set(controls.types)


def test_the_notice_version_is_the_page_s_until_the_document_has_one(draw: Draw) -> None:
    schema = schema_of("plain")
    pairs = Controls(draw(forms.entry(schema, forms.Filled({}), options=OPTIONS))).pairs
    assert forms.parse(schema, pairs).document == {"consent": {"noticeVersion": "2026-02"}}
