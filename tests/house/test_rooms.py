"""Every room has a door that says why it exists, and every file says what it is for."""

import ast
from pathlib import Path

from tests.house.source_tree import ROOMS, ROOT, files, name_of, python_files, tree_of

ALLOWED_AT_TOP = {
    *ROOMS,
    *("tests", "docker", "docs"),
    *("main.py", "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "package.json"),
    *("requirements.lock", "package-lock.json"),
}
SAYS_NOTHING = {"utils", "util", "common", "helpers", "helper", "manager", "misc", "base_utils"}
LONGEST_FILE, LONGEST_TEST = 400, 600  # lines; the aim is 250
WRITTEN = [
    path for path in python_files(*ROOMS, "tests", "main.py") if "migrations" not in path.parent.parts
]  # by people


def test_only_the_agreed_names_stand_at_the_top() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in files()}
    assert {name for name in names if not name.startswith(".")} <= ALLOWED_AT_TOP


def test_every_package_has_a_door_that_says_why_the_room_exists() -> None:
    folders = {path.parent for path in python_files(*ROOMS)}
    doors = {folder / "__init__.py" for folder in folders}
    missing = sorted(name_of(door) for door in doors if door not in files())
    short = sorted(name_of(door) for door in doors & set(files()) if len(ast.get_docstring(tree_of(door)) or "") < 80)
    assert (missing, short) == ([], [])


def test_a_door_imports_nothing() -> None:
    doors = [path for path in python_files(*ROOMS) if path.name == "__init__.py"]
    busy = [name_of(door) for door in doors if len(tree_of(door).body) > 1]
    assert doors
    assert busy == []


def test_every_file_begins_with_a_line_that_says_what_it_is_for() -> None:
    mute = [
        name_of(path)
        for path in WRITTEN
        if not (ast.get_docstring(tree_of(path)) or "").strip()
        or not path.read_text(encoding="utf-8").startswith(('"""', 'r"""'))
    ]
    assert mute == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in WRITTEN if path.stem in SAYS_NOTHING] == []


def test_no_file_is_too_long_to_read() -> None:
    lengths = {name_of(path): _lines(path) for path in WRITTEN}
    most = {name: LONGEST_TEST if name.startswith("tests/") else LONGEST_FILE for name in lengths}
    assert {name: lines for name, lines in lengths.items() if lines > most[name]} == {}


def test_tests_are_no_package() -> None:
    assert [name_of(path) for path in python_files("tests") if path.name == "__init__.py"] == []


def _lines(path: Path) -> int:
    with path.open(encoding="utf-8") as text:
        return sum(1 for _ in text)
