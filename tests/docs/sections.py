"""Sections of guides that are written by code: each stands between two marks in its page.

`python -m tests.docs.sections` writes them all anew; tests only compare.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs import findings_section, lifecycle_section, messages_section
from tests.house.source_tree import ROOT

BEGIN, END = "<!-- 以下由程序生成 -->\n", "<!-- 以上由程序生成 -->\n"
SECTIONS: Mapping[str, Callable[[], str]] = {
    "messages.md": messages_section.text,
    "lifecycle.md": lifecycle_section.text,
    "coordinators.md": findings_section.text,
}


def kept(name: str) -> str:
    """The section as it stands in the page now."""
    _, _, rest = page(name).read_text(encoding="utf-8").partition(BEGIN)
    section, mark, _ = rest.partition(END)
    assert mark, f"docs/{name} has lost the marks of its generated section"
    return section


def page(name: str) -> Path:
    """The page in docs/."""
    return ROOT / "docs" / name


def rewrite() -> None:
    """Write every section anew; what stands outside the marks is left alone."""
    for name, text in SECTIONS.items():
        before, _, rest = page(name).read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        page(name).write_text(before + BEGIN + text() + END + after, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
