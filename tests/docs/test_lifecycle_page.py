"""docs/lifecycle.md says what the lifecycle's table says."""

from gateway.applications.lifecycle import TEXT, State
from tests.docs import lifecycle_section, sections

HOW = "docs/lifecycle.md is behind lifecycle.py: python -m tests.docs.sections writes it anew"


def test_the_page_is_what_the_table_gives() -> None:
    assert sections.kept("lifecycle.md") == lifecycle_section.text(), HOW


def test_the_diagram_reaches_every_state() -> None:
    diagram = sections.kept("lifecycle.md").partition("```mermaid\n")[2].partition("```")[0]
    reached = {line.split(" --> ")[1].partition(":")[0] for line in diagram.splitlines() if " --> " in line}
    assert reached == {state.value for state in State} | {"[*]"}
    assert [state for state in State if TEXT[state] not in diagram] == []
