"""The image holds the same versions as the checks ran on, and no tool for development."""

import re

from tests.house.source_tree import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def _pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / name).read_text(encoding="utf-8")))


def test_the_image_has_the_versions_of_the_lock() -> None:
    image, lock = _pins("docker/requirements.lock"), _pins("requirements.lock")
    assert len(image) > 20
    assert {name: version for name, version in image.items() if lock.get(name) != version} == {}


def test_the_image_has_no_tool_for_development() -> None:
    assert _pins("docker/requirements.lock").keys() & {"pytest", "mypy", "ruff", "playwright", "hypothesis"} == set()


def test_the_image_does_not_run_as_root() -> None:
    stages = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")
    assert len(stages) == 3  # the comment on top, the stage that builds, the one that runs
    assert re.search(r"^USER (?!root\b)\w+", stages[-1], re.MULTILINE)
