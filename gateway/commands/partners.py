"""`partners …`: who we exchange messages with, how each reads them, and the keys that are theirs."""

import asyncio
import json
from argparse import Namespace
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway import bus, database, settings, signing_key
from gateway.audit import house
from gateway.auth.clients import Clients, Program
from gateway.commands import answers, broker
from gateway.settings import Settings
from matters_map import regions
from messaging.bus.administration import NotDeclared
from messaging.sealing import Sealer
from messaging.unit_of_work import Connection, run_tx
from partners import connect, key_cabinet
from partners.connect import CannotConnect
from partners.keys import BadKey, read_set
from partners.registry import UnknownPartner
from partners.tables import PartnerRow

WHO = "system:command line"
REFUSALS = (CannotConnect, UnknownPartner, BadKey, key_cabinet.KidTaken)


def list_all(arguments: Namespace) -> int:
    """Code, name and connection; `--json`: `[{"code","name","connection","custodial","simulated","suspended"}]`."""
    found = asyncio.run(_all(settings.read()))
    if arguments.json:
        return answers.give_json(found)
    return answers.give_table(
        [(one["code"], one["name"], one["connection"], "暂停" if one["suspended"] else "") for one in found]
    )


async def _all(configured: Settings) -> list[dict[str, Any]]:
    async with database.opened(configured):
        rows = await PartnerRow.all().order_by("code")
    return [
        {
            "code": row.code,
            "name": row.name,
            "connection": row.connection,
            "custodial": row.custodial,
            "simulated": row.simulated,
            "suspended": row.suspended_at is not None,
        }
        for row in rows
    ]


def connect_one(arguments: Namespace) -> int:
    """The start sheet, with secrets that are shown this once; `--json` as in shapes."""
    sheet = _carry_out(lambda configured: _connect(configured, arguments))
    if arguments.json:
        return answers.give_json(sheet)
    answers.tell("客户端密钥只显示这一次，请当面或经安全渠道交给对方 (the secret is shown this once)")
    return answers.give_lines([f"{name}\t{json.dumps(value, ensure_ascii=False)}" for name, value in sheet.items()])


async def _connect(configured: Settings, arguments: Namespace) -> dict[str, Any]:
    if not broker.can_prepare(configured):
        raise answers.WrongUse(broker.NO_ADMIN)
    clients, code = Clients(_now), arguments.code
    client_id, secrets = f"partner-{code}", []

    async def create_client(tx: Connection, jurisdiction: str, scopes: Sequence[str]) -> tuple[str, str]:
        secrets.append("made after the partner is written down")
        return client_id, ""

    async def unit(tx: Connection) -> dict[str, Any]:
        common: dict[str, Any] = {
            "api": f"{configured.public_url or 'http://127.0.0.1:8080'}/api/v1",
            "our_jwks": {"keys": [signing_key.of(configured).public_jwk()]},
            "create_client": create_client,
            "sealer": _sealer(configured),
            "now": _now(),
            "jwks": _jwks(arguments.jwks) if arguments.jwks else None,
            "broker": configured.bus_url != bus.EMBEDDED,
        }
        known = await connect.is_connected(tx, code)
        if known and not arguments.custodial:
            sheet = await connect.change_way(tx, code, arguments.by, **common)
        else:
            name = regions.name_of(code) or code
            sheet = await connect.connect(tx, code, arguments.by, name=name, custodial=arguments.custodial, **common)
        what = "partner.way_changed" if known else "partner.connected"
        await house.note(tx, WHO, what, None, {"partner": code, "by": arguments.by}, now=_now())
        return sheet

    sheet = await run_tx(unit)
    if secrets:
        sheet["client_secret"] = await clients.add(Program(client_id, code, frozenset(connect.SCOPES)))
    return sheet | {"amqp": await _on_the_broker(configured, code, arguments.by)}


async def _on_the_broker(configured: Settings, code: str, by: str) -> dict[str, str] | None:
    """What the sheet says of AMQP. The partner is written down already: what fails here is made good by `topology`."""
    try:
        return await broker.connect(configured, code, by)
    except NotDeclared as why:
        answers.tell(
            f"已接入，但消息代理上还没有准备好，请执行 topology，它会给出密码 (connected, but the broker is not prepared: run topology): {why}"
        )
        return None


def keys(arguments: Namespace) -> int:
    """Pin further public keys of a partner; the ones it has stay valid until they are rotated out."""

    async def deed(tx: Connection) -> str:
        added = read_set(_jwks(arguments.jwks))
        await _must_exist(tx, arguments.code)
        await key_cabinet.add_keys(tx, arguments.code, added, _now())
        return "、".join(str(jwk["kid"]) for jwk in added)

    return _tell(arguments, "partner.keys_added", deed, "已登记公钥")


def rotate(arguments: Namespace) -> int:
    """New keys in, the old ones retired: what they signed before stays verifiable."""

    async def deed(tx: Connection) -> str:
        row = await _must_exist(tx, arguments.code)
        if not arguments.jwks and not row.custodial and row.connection != "desk":
            raise CannotConnect(
                "对方自己签名，更换密钥须给出其新公钥：--jwks FILE (it signs itself: give its new keys)"
            )
        new = read_set(_jwks(arguments.jwks)) if arguments.jwks else None
        sealer = None if new is not None else _sealer(settings.read())
        fresh = await key_cabinet.rotate(tx, arguments.code, _now(), keys=new, sealer=sealer)
        return "、".join(fresh)

    return _tell(arguments, "partner.keys_rotated", deed, "已更换密钥，现用")


def suspend(arguments: Namespace) -> int:
    """Let a link rest; what clerks file meanwhile waits and loses nothing."""

    async def deed(tx: Connection) -> str:
        await connect.suspend(tx, arguments.code, _now(), until=arguments.until, notice=arguments.notice)
        return str(arguments.code)

    return _tell(arguments, "partner.suspended", deed, "已暂停")


def resume(arguments: Namespace) -> int:
    """Wake a link that rested."""

    async def deed(tx: Connection) -> str:
        await connect.resume(tx, arguments.code)
        return str(arguments.code)

    return _tell(arguments, "partner.resumed", deed, "已恢复")


def remove(arguments: Namespace) -> int:
    """Take a link down; refused while messages to it are not receipted."""

    async def deed(tx: Connection) -> str:
        await connect.remove(tx, arguments.code, _now())
        return str(arguments.code)

    code = _tell(arguments, "partner.removed", deed, "已移除")
    try:
        asyncio.run(broker.disconnect(settings.read(), arguments.code))
    except NotDeclared as why:
        answers.tell(f"消息代理上的用户还在，请在那里删除 (its user on the broker is still there): {why}")
    return code


def _tell(arguments: Namespace, what: str, deed: Callable[[Connection], Awaitable[str]], says: str) -> int:
    async def unit(tx: Connection) -> str:
        told = await deed(tx)
        await house.note(tx, WHO, what, None, {"partner": arguments.code}, now=_now())
        return told

    async def all_of_it(configured: Settings) -> str:
        return await run_tx(unit)

    told = _carry_out(all_of_it)
    answers.tell(f"{says}：{told}")
    return answers.DONE


def _carry_out(deed: Callable[[Settings], Awaitable[Any]]) -> Any:
    """Open the database for one deed; a refusal becomes a sentence and exit code 2."""
    configured = settings.read()

    async def run() -> Any:
        async with database.opened(configured):
            return await deed(configured)

    try:
        return asyncio.run(run())
    except UnknownPartner as unknown:
        raise answers.WrongUse(f"没有接入代码为 {unknown} 的协作地区 (no such partner)") from None
    except REFUSALS as refusal:
        raise answers.WrongUse(str(refusal)) from None


async def _must_exist(tx: Connection, code: str) -> PartnerRow:
    row = await PartnerRow.filter(code=code).using_db(tx).first()
    if row is None:
        raise UnknownPartner(code)
    return row


def _jwks(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise answers.WrongUse(f"--jwks：{path} 读不出公钥集 ({error})") from None


def _sealer(configured: Settings) -> Sealer:
    return Sealer(configured.sealing_key, configured.index_key, configured.cipher)


def _now() -> datetime:
    return datetime.now(UTC)
