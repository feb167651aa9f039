"""The files of this project as the guards see them: what is under version control or would be, nothing made."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("gateway", "partners", "matters_map", "messaging")
MADE = frozenset({".git", ".venv", "node_modules", "var", "vendor", "__pycache__"})  # when there is no git to ask


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, ignored ones left out."""
    asked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if asked.returncode == 0:
        paths = [ROOT / name for name in asked.stdout.decode().split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not MADE & set(path.relative_to(ROOT).parts)]
    return tuple(sorted({path for path in paths if path.is_file()}))


def python_files(*folders: str) -> list[Path]:
    """Python files under the given top-level folders."""
    return [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """The path as people write it, from the project's top."""
    return path.relative_to(ROOT).as_posix()


def documentation() -> str:
    """README and every guide in docs/, as one text."""
    guides = [path for path in files() if path.suffix == ".md" and path.relative_to(ROOT).parts[0] == "docs"]
    return "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *guides])
