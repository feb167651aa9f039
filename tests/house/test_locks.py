"""What is fetched at set-up is pinned by hash and names no place to fetch it from."""

import json
import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source_tree import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")


def _entries() -> list[str]:
    """requirements.lock as one text per package, hashes included."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return [part for part in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE) if part.strip()]


def test_every_python_package_is_pinned_and_has_hashes() -> None:
    loose = [entry.splitlines()[0] for entry in _entries() if not PIN.match(entry) or "--hash=sha256:" not in entry]
    assert loose == []


def test_the_python_lock_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert re.findall(r"^\s*--(?!hash)\S+", text, flags=re.MULTILINE) == []


def test_the_pins_lie_in_the_ranges_of_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(text) for text in [*project["dependencies"], *project["optional-dependencies"]["dev"]]]
    pins = {canonicalize_name(found[1]): found[2] for entry in _entries() if (found := PIN.match(entry))}
    outside = [str(one) for one in wanted if not one.specifier.contains(pins.get(canonicalize_name(one.name), "0"))]
    assert len(wanted) > 20
    assert outside == []


def test_the_browser_lock_names_no_address_and_has_a_hash_for_every_part() -> None:
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    parts = {path: part for path, part in json.loads(text)["packages"].items() if path}
    assert "resolved" not in text
    assert "http" not in text
    assert [path for path, part in parts.items() if not part["integrity"].startswith("sha512-")] == []


def test_browser_parts_are_named_with_exact_versions() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    versions = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    assert versions
    assert {name: version for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == {}
