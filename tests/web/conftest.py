"""Fixtures of the page tests."""

from collections.abc import Callable

import pytest

from gateway.web import forms
from gateway.web.rendering import Renderer

PAGE = """{% import "macros/fields.html" as fields %}{% from "macros/error_summary.html" import error_summary %}
{{ error_summary(view.faults) }}<form method="post" novalidate>
{{ fields.form_fields(view, refresh="/form", upload="/files") }}<button>提交</button></form>"""


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture
def draw(renderer: Renderer) -> Callable[[forms.FormView], str]:
    """A form view as HTML."""
    return lambda view: renderer.from_string(PAGE).render(view=view)
