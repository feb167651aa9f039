"""The demonstration: everything embedded, on sample data, with simulated counties; `demo.json` tells how to come in."""

import asyncio
import contextlib
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway import database, serving, settings
from gateway.auth.clients import Clients, Program
from gateway.auth.passwords import Passwords
from gateway.auth.users import Person, UserExists, Users
from gateway.resources import Resources, now
from matters_map import regions
from matters_map.importing import import_samples
from messaging.unit_of_work import Connection, run_tx
from partners import connect
from partners.demo import demo_partners
from partners.keys import SigningKey
from partners.tables import PartnerRow

DESK = "429021"  # the county whose operator works in our pages, when it is not simulated
PEOPLE = (
    ("zhangsan", "张三", "clerk", None),
    ("lisi", "李四", "officer", None),
    ("zhengshi", "郑十", "officer", None),
    ("wangwu", "王五", "coordinator", None),
    ("zhaoliu", "赵六", "signatory", None),
    ("desk", "钱七", "partner_operator", DESK),
    ("ducha", "孙八", "auditor", None),
    ("admin", "周九", "administrator", None),
    ("wuer", "吴二", "clerk", None),  # beside the first, who is sometimes away
)
DEPARTMENTS = {"lisi": "随县人力资源和社会保障局", "zhengshi": "随县市场监督管理局"}  # as the lists name them
HOME_SCOPES = ("applications", "agreements", "events")


async def run(data: Path, *, port: int, simulate: str) -> None:
    """Set up what is missing, serve, and simulate, until SIGINT or SIGTERM. `simulate`: all, none, or codes with commas."""
    data = data.absolute()
    told = data / "demo.json"
    told.unlink(missing_ok=True)
    url = f"http://127.0.0.1:{port}"
    configured = settings.read({"TONGBAN_LOG_LEVEL": "WARNING", **_inherited()}, data=data, public_url=url)
    _say(f"数据目录 {data}：SQLite 与内嵌总线")
    await database.migrate(configured)
    codes = _codes(simulate)
    async with serving.running(configured, host="127.0.0.1", port=port, loops=True) as parts:
        told_json = await _furnish(parts, data, url, codes)
        async with _simulating(data, url, told_json, codes):
            _write(told, told_json)
            _introduce(told_json, codes)
            await serving.until_told()
            _say("正在停止……数据保留在数据目录，下次启动继续")


def _inherited() -> dict[str, str]:
    return {
        name: os.environ[name]
        for name in (
            "TONGBAN_CIPHER",
            "TONGBAN_CLAMD",
            "TONGBAN_CLAMD_REQUIRED",
            "TONGBAN_FAULTS",
            "TONGBAN_FRONT_URL",
            "TONGBAN_UNDO_SECONDS",
            "TONGBAN_UNCOLLECTED_DAYS",
            "TONGBAN_RATING_URL",
            "TONGBAN_VERTICAL_URLS",
        )
        if name in os.environ
    }


def _codes(simulate: str) -> set[str]:
    known = {one.code for one in demo_partners()}
    return known if simulate == "all" else set() if simulate == "none" else known & set(simulate.split(","))


# furnishing


async def _furnish(parts: Resources, data: Path, url: str, simulated: set[str]) -> dict[str, Any]:
    """Lists, people, programs and partners, each made once; what `demo.json` says of them."""
    kept = _Kept(data / "keys" / "demo.json")
    await run_tx(import_samples)
    await parts.reload_lists()
    people = await _people(kept, parts.settings.home)
    home_client = await _client(kept, "suixian", parts.settings.home, HOME_SCOPES)
    clients, partners = [home_client], []
    for one in demo_partners():
        client = await _client(kept, f"partner-{one.code}", one.code, connect.SCOPES)
        clients.append(client)
        partners.append(await run_tx(lambda tx, it=one: _partner(tx, parts, data, url, it, simulated)))  # type: ignore[misc]
    await parts.registry.load()
    kept.save()
    return {"url": url, "home": parts.settings.home, "sign_ins": people, "clients": clients, "partners": partners}


class _Kept:
    """Passwords and secrets of the demonstration, so that a second start tells the same ones."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def get(self, name: str) -> str:
        """The secret under this name, made when there is none."""
        return self._values.setdefault(name, secrets.token_urlsafe(12))

    def save(self) -> None:
        """Keep them for the next start, readable by us alone."""
        _write(self._path, self._values)


async def _people(kept: _Kept, home: str) -> list[dict[str, str]]:
    users = Users(Passwords(), now)
    told = []
    for username, name, role, county in PEOPLE:
        department = DEPARTMENTS.get(username)
        person = Person(username, name, role, county or home, department, "跨省通办窗口A01", "0722-0000001")
        password = kept.get(f"user {username}")
        with contextlib.suppress(UserExists):
            await users.add(person, password)
        told.append({"role": role, "name": name, "username": username, "password": password})
    return told


async def _client(kept: _Kept, client_id: str, jurisdiction: str, scopes: Sequence[str]) -> dict[str, Any]:
    clients, secret = Clients(now), kept.get(f"client {client_id}")
    if await clients.get(client_id) is None:
        await clients.add(Program(client_id, jurisdiction, frozenset(scopes)), secret)
    return {"client_id": client_id, "client_secret": secret, "scopes": list(scopes), "jurisdiction": jurisdiction}


async def _partner(
    tx: Connection, parts: Resources, data: Path, url: str, one: Any, simulated: set[str]
) -> dict[str, Any]:
    """Connect a county once. The desk's county is connected by polling while it is simulated, else by desk."""
    path, by = data / "partners" / f"{one.code}.jwk.json", _way(one.code, simulated)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, SigningKey.generate(f"{one.code}-1").private_jwk())
    key = SigningKey.from_jwk(json.loads(path.read_text(encoding="utf-8")))
    if not await PartnerRow.filter(code=one.code).using_db(tx).exists():
        await connect.connect(
            tx, one.code, one.by, name=one.name, api=url, our_jwks={"keys": list(parts.public_keys())},
            create_client=_no_new_client, sealer=parts.sealer, now=now(), jwks={"keys": [key.public_jwk()]},
        )  # fmt: skip
    await connect.switch(tx, one.code, by, simulated=one.code in simulated, sealer=parts.sealer, now=now())
    return {
        "code": one.code,
        "name": regions.name_of(one.code),
        "connection": by,
        "simulated": one.code in simulated,
        "kid": key.kid,
        "signing_key_file": str(path),
    }


def _way(code: str, simulated: set[str]) -> str:
    return "desk" if code == DESK and code not in simulated else "polling"


async def _no_new_client(tx: Connection, jurisdiction: str, scopes: Sequence[str]) -> tuple[str, str]:
    """The demonstration's clients were made before, with secrets that it can tell again."""
    return f"partner-{jurisdiction}", ""


# simulating


@contextlib.asynccontextmanager
async def _simulating(data: Path, url: str, told: Mapping[str, Any], codes: set[str]) -> AsyncIterator[None]:
    """The simulated counties as a separate program, ended by its process id."""
    if not codes:
        yield
        return
    secrets_ = {client["jurisdiction"]: client for client in told["clients"]}
    configs = {
        partner["code"]: {
            "url": url,
            "name": partner["name"],
            "client_id": secrets_[partner["code"]]["client_id"],
            "client_secret": secrets_[partner["code"]]["client_secret"],
            "signing_key_file": partner["signing_key_file"],
            "state_dir": str(data / "partners" / partner["code"]),
        }
        for partner in told["partners"]
        if partner["code"] in codes
    }
    path = data / "partners" / "simulate.json"
    _write(path, {"partners": configs})
    main = Path(__file__).resolve().parents[1] / "main.py"
    arguments = (str(main), "simulate", "--partner", "all", "--config", str(path))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, start_new_session=True)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _write(path: Path, value: Any) -> None:
    """Whole or not at all, readable by us alone."""
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.rename(path)


def _introduce(told: Mapping[str, Any], codes: set[str]) -> None:
    names = "、".join(str(one["name"]) for one in told["partners"] if one["code"] in codes) or "无"
    _say(f"模拟的协作地区：{names}")
    for one in told["sign_ins"]:
        _say(f"  {one['role']:<17}{one['name']}  用户名 {one['username']:<9} 密码 {one['password']}")
    _say(f"请在浏览器打开 {told['url']}/sign-in （按 Ctrl+C 停止）")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
