"""The documents are held to the code: what exists is documented, and what is documented exists."""

import re

from gateway import cli, settings
from gateway.applications.lifecycle import TEXT, State
from gateway.applications.papers.kinds import KINDS
from messaging import contract
from tests.house.source_tree import ROOT, documentation, files

REFERENCE = ROOT / "docs" / "reference.md"


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    documented = set(re.findall(r"TONGBAN_([A-Z][A-Z_]*[A-Z])", documentation()))
    assert {name.removesuffix("_FILE") for name in documented} == settings.KNOWN


def test_every_state_is_documented_with_its_chinese_name() -> None:
    rows = set(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+?) \|", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows == {(state.value, TEXT[state]) for state in State}


def test_every_message_type_is_documented_with_who_says_it() -> None:
    rows = re.findall(
        r"^\| `([a-z_]+(?:\.[a-z_]+)*)` \| ([^|，]+)", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE
    )
    roles = {"origin": "收件地", "handler": "业务属地", "both": "双方"}
    assert {name: who.strip() for name, who in rows} == {
        one.name: roles[one.from_role] for one in contract.KNOWN.values()
    }


def test_every_paper_is_documented_with_the_beginning_of_its_numbers() -> None:
    rows = set(re.findall(r"^\| .*?([\u4e00-\u9fa5（）]+) \| ([A-Z]{2}) \|", documentation(), re.MULTILINE))
    assert rows == {(kind.title, kind.code) for kind in KINDS.values()}


def test_every_command_is_documented() -> None:
    text = documentation()
    missing = [one.name for one in cli.COMMANDS if f"main.py {one.name}" not in text and f"`{one.name}`" not in text]
    assert missing == []


def test_every_command_in_the_documents_exists() -> None:
    known = {one.name for one in cli.COMMANDS}
    families = {name.split()[0] for name in known if " " in name}
    written = re.findall(r"main\.py ([a-z]+)(?: ([a-z-]+))?", documentation())
    unknown = [words for words in written if (" ".join(words) if words[0] in families else words[0]) not in known]
    assert written
    assert unknown == []


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    guides = documentation() + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    written = set(re.findall(r"(?:`|^)make ([a-z-]+)", guides, re.MULTILINE))
    assert {"demo", "test"} <= written
    assert written - targets == set()


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for page in (path for path in files() if path.suffix == ".md"):
        targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        broken += [f"{page.name}: {target}" for target in targets if not (page.parent / target).exists()]
    assert broken == []
