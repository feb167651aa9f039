"""docs/messages.md says what the contract says."""

from messaging.contract import KNOWN
from tests.docs import messages_section, sections

HOW = "docs/messages.md is behind the contract: python -m tests.docs.sections writes it anew"


def test_the_page_is_what_the_contract_gives() -> None:
    assert sections.kept("messages.md") == messages_section.text(), HOW


def test_every_type_has_its_own_heading_with_an_example() -> None:
    chapters = sections.kept("messages.md").split("\n## ")
    told = {chapter.split("`")[1]: chapter for chapter in chapters if chapter.startswith("`")}
    assert set(told) == set(KNOWN)
    assert [name for name, chapter in told.items() if "```json\n{" not in chapter] == []
