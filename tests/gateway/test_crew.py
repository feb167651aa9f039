"""Several serving processes behind one port, watched by their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services import databases, stack
from tests.services.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
STEADY = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: os._exit(0)); time.sleep(60)"
PROGRAM = """
import os, sys
from gateway.crew import Crew
def one():
    with open(sys.argv[1] + "/" + str(os.getpid()), "w") as mark:
        mark.write(str(os.getppid()))
    {}
    return 0
sys.exit(Crew(3, one).run())
"""


def crew(folder: Path, deed: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", PROGRAM.format(deed), str(folder)], cwd=ROOT)


def members(folder: Path, at_least: int) -> list[int]:
    until = time.monotonic() + 20
    while len(found := [int(path.name) for path in folder.iterdir()]) < at_least:
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return found


def test_who_dies_is_replaced_and_sigterm_ends_all_with_0(tmp_path: Path) -> None:
    running = crew(tmp_path, STEADY)
    try:
        first = members(tmp_path, 3)
        os.kill(first[0], signal.SIGKILL)
        later = members(tmp_path, 4)
        running.send_signal(signal.SIGTERM)
        assert running.wait(15) == 0
    finally:
        running.kill()
    for pid in later:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_who_lost_the_parent_ends_too(tmp_path: Path) -> None:
    running = crew(tmp_path, STEADY)
    found = members(tmp_path, 3)
    running.kill()
    running.wait(5)
    until = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in found):
        assert time.monotonic() < until, "somebody goes on without a parent"
        time.sleep(0.05)


def test_wrong_use_ends_all_with_2(tmp_path: Path) -> None:
    running = crew(tmp_path, "return 2")
    try:
        assert running.wait(15) == 2
    finally:
        running.kill()


def test_who_does_not_end_is_killed(tmp_path: Path) -> None:
    deaf = "import gateway.crew as c, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    running = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import gateway.crew; gateway.crew.STOP_WITHIN = 1.0\n" + PROGRAM.format(deaf),
            str(tmp_path),
        ],
        cwd=ROOT,
    )
    try:
        members(tmp_path, 3)
        time.sleep(0.5)
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
    finally:
        running.kill()


WHO_RUNS = """
WITH here AS (SELECT oid FROM pg_database WHERE datname = current_database()),
doors AS (SELECT count(*) AS n FROM pg_stat_activity, here WHERE application_name = 'tongban wakes' AND datid = oid),
held AS (SELECT count(*) AS n FROM pg_locks, here WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND database = oid)
SELECT doors.n || ' doors, ' || held.n || ' with the loops' FROM doors, held
"""  # a session's lease has two keys; a transaction's lock has one and is none


@pytest.mark.skipif(not stack.ON_POSTGRES, reason="SQLite lives in one process")
def test_three_gateways_share_a_port_on_postgresql(tmp_path: Path) -> None:
    """The command asks for a broker; what it starts is the same without one."""
    env = {**os.environ, **databases.environment(tmp_path / "address"), "TONGBAN_DATA": str(tmp_path / "data")}
    subprocess.run([sys.executable, "main.py", "migrate"], cwd=ROOT, env=env, check=True)
    port = free_port()
    start = (
        "import sys\nfrom argparse import Namespace\nfrom gateway import settings\nfrom gateway.commands import run\n"
        f"told = Namespace(host='127.0.0.1', port={port}, workers=3, no_loops=False)\n"
        "sys.exit(run.crew_of(settings.read(), told))"
    )
    running = subprocess.Popen([sys.executable, "-c", start], cwd=ROOT, env=env)
    try:
        until = time.monotonic() + 30
        ready = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{port}/readyz"]
        while subprocess.run(ready, capture_output=True, check=False).stdout != b"200":
            assert time.monotonic() < until
            assert running.poll() is None
            time.sleep(0.1)
        name = env["TONGBAN_DATABASE_URL"].rpartition("/")[2]
        while (found := databases.server().sql(WHO_RUNS, database=name)) != "3 doors, 1 with the loops":
            assert time.monotonic() < until, found
            time.sleep(0.2)
        answers = {subprocess.run(ready, capture_output=True, check=False).stdout for _ in range(10)}
        assert answers == {b"200"}
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    finally:
        running.kill()
        running.wait()
