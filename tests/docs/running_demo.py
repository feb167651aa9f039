"""A running demonstration without simulated partners, and home's own program that files a case in it."""

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.house.source_tree import ROOT

STARTS_WITHIN = 60.0  # seconds
MATTER = "002014006001"  # 社会保险参保缴费记录查询 stands in every sample list
EXAMPLES = ROOT / "tests" / "data" / "forms" / "shebao_canbao_jilu_chaxun.examples.json"


class Demo:
    """What `demo.json` tells, and the API as home's program uses it."""

    def __init__(self, data: Path) -> None:
        self.told: dict[str, Any] = json.loads((data / "demo.json").read_text(encoding="utf-8"))
        self.path = data / "demo.json"
        self._address = self.told["url"].removeprefix("http://")
        home = next(one for one in self.told["clients"] if one["jurisdiction"] == self.told["home"])
        form = {"grant_type": "client_credentials"} | {n: home[n] for n in ("client_id", "client_secret")}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self._token = json.loads(self._call("POST", "token", urlencode(form).encode(), kind))["access_token"]

    def key_file(self, code: str) -> str:
        """Where the private key of a partner lies."""
        return next(str(one["signing_key_file"]) for one in self.told["partners"] if one["code"] == code)

    def file_a_case(self, code: str) -> str:
        """A case of 张三 with a scanned ID card, for this partner; returns its number."""
        answers = json.loads(EXAMPLES.read_text(encoding="utf-8"))["valid"][0]
        del answers["targetRegion"]
        answers["materials"][0] |= {"source": "扫描上传", "sm3": "0" * 64, "pages": 1}
        scan = b"%PDF-1.4\n% a scan, " + secrets.token_hex(16).encode()
        put = json.loads(self._call("PUT", "attachments", scan, {"Content-Type": "application/pdf"}))
        found = json.loads(self._call("GET", f"matters?handler={code}&limit=200"))["items"]
        matter = next(one["id"] for one in found if one["codes"]["local_basic"] == MATTER)
        body = {"matter": matter, "handler": code, "answers": answers}
        body["attachments"] = [{"material": "M01", "sha256": put["sha256"]}]
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
        return str(json.loads(self._call("POST", "applications", json.dumps(body).encode(), headers))["number"])

    def case(self, number: str) -> dict[str, Any]:
        """The case as the API shows it now."""
        seen: dict[str, Any] = json.loads(self._call("GET", f"applications/{number}"))
        return seen

    def steps(self, number: str) -> list[str]:
        """The types of its time line, oldest first."""
        return [step["type"] for step in json.loads(self._call("GET", f"applications/{number}/events"))["items"]]

    def file(self, sha256: str) -> bytes:
        """A file that a case of ours names."""
        return self._call("GET", f"attachments/{sha256}")

    def _call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        bearer = {"Authorization": f"Bearer {self._token}"} if path != "token" else {}
        door = HTTPConnection(self._address, timeout=30)
        try:
            door.request(method, f"/api/v1/{path}", body, {**(headers or {}), **bearer})
            response = door.getresponse()
            answer = response.read()
        finally:
            door.close()
        assert response.status < 300, f"{method} {path}: {response.status} {answer.decode()}"
        return answer


@contextmanager
def running_demo(data: Path) -> Iterator[Demo]:
    """`main.py demo --simulate none` on a free port, ended by its process id; it must end with 0."""
    command = [
        sys.executable,
        "main.py",
        "demo",
        "--simulate",
        "none",
        "--port",
        str(_free_port()),
        "--data",
        str(data),
    ]
    with (data.parent / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait(process, data, Path(log.name))
            yield Demo(data)
        finally:
            process.terminate()
            code = process.wait(timeout=30)
    assert code == 0, Path(log.name).read_text(encoding="utf-8")


def _wait(process: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while not (data / "demo.json").exists():
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < until, log.read_text(encoding="utf-8")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
