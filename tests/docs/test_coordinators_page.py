"""docs/coordinators.md says what the rules for lists say, and every code that a rule can give is in its table."""

import re

from matters_map.workbooks.codes import CODES
from tests.docs import findings_section, sections
from tests.house.source_tree import ROOT

HOW = "docs/coordinators.md is behind matters_map/workbooks: python -m tests.docs.sections writes it anew"


def test_the_page_is_what_the_tables_give() -> None:
    assert sections.kept("coordinators.md") == findings_section.text(), HOW


def test_every_code_in_the_rules_has_its_row_and_every_row_its_rule() -> None:
    rules = (ROOT / "matters_map" / "workbooks").glob("*.py")
    text = "\n".join(file.read_text(encoding="utf-8") for file in rules if file.name != "codes.py")
    given = set(re.findall(r'"([A-Z][A-Z0-9]+_[A-Z_]+)"', text))
    assert given == set(CODES)
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", sections.kept("coordinators.md"), re.MULTILINE)) == set(CODES)
