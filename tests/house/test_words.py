"""The tree speaks about the product only: no path of somebody's machine, no download host, no talk about its making."""

import re
from pathlib import Path

import pytest

from tests.house.source_tree import files, name_of

TEXT = {
    *(".py", ".md", ".toml", ".json", ".yaml", ".yml", ".html", ".css", ".js", ".csv", ".txt", ".lock", ".po", ".svg"),
    *("", ".sh", ".conf"),
}
# Letters in brackets keep this file from finding itself.
UNWANTED = {
    "a path of somebody's machine": r"(?<![\w.}-])/(?:w[o]rk|r[o]ot|h[o]me|U[s]ers)/\w",
    "a package host": r"p[y]pi\.org|pythonh[o]sted\.org|np[m]js\.org|np[m]mirror|mirrors?\.(?:ali|tuna|ust)",
    "talk about its making": r"\bL[L]Ms?\b|\bl[a]nguage model|\bcod[i]ng (?:agent|assistant)|\bsub-?ag[e]nts?\b|\bA[I] (?:agent|assistant)",
    "a product's name": r"\b(?:Ch[a]tGPT|C[l]aude|A[n]thropic|C[o]pilot|Cod[e]x)\b",
    "a note to do it later": r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b",
}


@pytest.mark.parametrize("what", list(UNWANTED))
def test_no_file_holds(what: str) -> None:
    search = re.compile(UNWANTED[what], re.NOFLAG if what == "a note to do it later" else re.IGNORECASE)
    found = [f"{name_of(path)}: {hit[0]}" for path, text in _texts() if (hit := search.search(text))]
    assert found == []


def test_only_made_up_people_stand_in_the_tree() -> None:
    """Telephone numbers of examples are 1300000xxxx, which nobody has."""
    real = re.compile(r"(?<![\w.:])1[3-9]\d{9}(?!\w)")
    found = [
        f"{name_of(path)}: {hit}"
        for path, text in _texts()
        for hit in real.findall(text)
        if not hit.startswith("1300000")
    ]
    assert found == []


def _texts() -> list[tuple[Path, str]]:
    paths = [path for path in files() if path.suffix in TEXT]
    return [(path, path.read_text(encoding="utf-8", errors="replace")) for path in paths]
