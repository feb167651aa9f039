"""Templates and scripts keep to the strict policy, and every macro's words are there."""

import re
from pathlib import Path

import pytest

from gateway.applications.lifecycle import State
from gateway.auth.roles import ROLES
from gateway.web import assets, chips, masking, navigation, rendering
from gateway.web.rendering import TEMPLATES, Renderer

PAGES = sorted(TEMPLATES.rglob("*.html"))
SCRIPTS = sorted(assets.STATIC.glob("*.js"))
SHEETS = sorted(assets.STATIC.glob("*.css"))
# what the policy or the settings of htmx turn off without a word
FORBIDDEN = {
    "an inline style": r"\sstyle\s*=",
    "an inline script": r"<script(?![^>]*\ssrc=)[^>]*>",
    "an inline style sheet": r"<style\b",
    "an inline handler": r"\son[a-z]+\s*=\s*[\"']",
    "hx-on": r"hx-on\b",
    "an evaluated value": r"[\"']\s*js:|javascript:",
    "a trigger filter": r"hx-trigger=\"[^\"]*\[",
    "a morph option": r"morph:\s*\{",
    "an address elsewhere": r"(?:src|href)=[\"'](?:https?:)?//",
    "escaping turned off": r"\|\s*safe\b|autoescape\s+false",
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_template_uses_nothing_that_the_policy_forbids(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_evaluates_nothing_and_writes_no_html(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"\beval\(|new Function|innerHTML|outerHTML|document\.write|insertAdjacentHTML", text) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_knows_what_chromium_109_knows(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert (
        re.findall(r"color-mix|:popover|@scope|@starting-style|light-dark\(|oklch|lh\b\)|^\s*&", text, re.MULTILINE)
        == []
    )
    assert text.count("{") == text.count("}")


def test_both_ways_into_the_dark_have_the_same_colours() -> None:
    """The system's wish and the person's own switch."""
    text = (assets.STATIC / "app.css").read_text(encoding="utf-8")
    system = re.search(r":root:not\(\[data-theme=\"light\"\]\) \{(.*?)\}", text, re.DOTALL)
    chosen = re.search(r":root\[data-theme=\"dark\"\] \{(.*?)\}", text, re.DOTALL)
    assert system is not None
    assert chosen is not None
    assert system[1].split() == chosen[1].split()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_template_compiles_and_names_icons_that_exist(path: Path) -> None:
    Renderer().get_template(path.relative_to(TEMPLATES).as_posix())
    drawn = set(re.findall(r'id="i-(\w+)"', (TEMPLATES / "icons.svg.html").read_text(encoding="utf-8")))
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r'icon\("(\w+)"', text)) | set(re.findall(r'href="#i-(\w+)"', text)) <= drawn


def test_every_state_has_a_chip_with_its_words() -> None:
    assert {chips.state(state).tone for state in State} <= {"plain", "info", "warn", "bad", "good"}
    assert chips.state("DECIDED", "granted") == chips.Chip("已办结·准予", "good")
    assert chips.state("SUBMITTED", inbox=True) == chips.Chip("待受理", "warn")
    assert chips.state("SOMETHING") == chips.Chip("SOMETHING", "plain")


def test_everybody_who_signs_in_has_somewhere_to_go() -> None:
    assert {role for role in ROLES if not navigation.entries(role)} == set()
    assert navigation.entries(None) == []
    icons = (TEMPLATES / "icons.svg.html").read_text(encoding="utf-8")
    assert all(f'id="i-{entry.icon}"' in icons for entry in navigation.ENTRIES)


def test_times_are_local_and_readable() -> None:
    assert rendering.moment("2026-11-24T01:30:00+00:00") == "2026-11-24 09:30"
    assert rendering.clock("2026-11-24T16:05:00Z") == "00:05"
    assert rendering.day("2026-12-01") == "2026-12-01 周二"
    assert rendering.day("2026-11-24T16:05:00Z") == "2026-11-25 周三"
    assert rendering.moment(None) == rendering.day(None) == ""
    assert [rendering.size(count) for count in (None, 834, 12_600, 1_258_291)] == ["", "834 字节", "12.3 KB", "1.2 MB"]


def test_masks_leave_enough_to_recognise() -> None:
    assert masking.mask("id_number", "421321200001019998") == "421***********9998"
    assert masking.mask("phone", "13000000001") == "130****0001"
    assert masking.mask("name", "欧阳明") == "欧**"
    assert masking.mask("bank", "6222000000001234") == "************1234"
    assert masking.mask("address", "虚构路1号") == "虚构***"
    assert masking.mask("another kind", "x") == "***"


def test_an_address_changes_with_its_file() -> None:
    assert re.fullmatch(r"/static/app\.css\?v=[0-9a-f]{12}", assets.static("app.css"))
    with pytest.raises(assets.AssetMissing, match=r"nothing\.css"):
        assets.static("nothing.css")
    with pytest.raises(assets.AssetMissing, match="vendoring"):
        assets.vendored("htmx.org/nothing.js")
