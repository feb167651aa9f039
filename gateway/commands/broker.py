"""`topology`: what stands on the message broker; and the part of connecting a partner that happens there."""

import asyncio
import secrets
from argparse import Namespace
from collections.abc import Mapping
from urllib.parse import urlsplit

from gateway import bus, database, settings
from gateway.commands import answers
from gateway.settings import Settings
from messaging.bus import addresses, names, topology
from messaging.bus.administration import Administration, NotDeclared
from partners.tables import PartnerRow

NO_ADMIN = "TONGBAN_BUS_ADMIN_URL：需要消息代理管理接口的地址 http(s)://用户:密码@主机:15672；或用 topology --print 得到定义文件 (needs the management address)"


def declare(arguments: Namespace) -> int:
    """Declare every virtual host, queue, user and right, again and again with the same result; or print them.

    A partner that reads its queue itself and has no user yet gets one; its password is shown this once.
    """
    configured = settings.read()
    if configured.bus_url == bus.EMBEDDED:
        raise answers.WrongUse("TONGBAN_BUS_URL：内嵌总线没有队列可声明 (the embedded bus has nothing to declare)")
    partners = asyncio.run(_partners(configured))
    if arguments.print:
        return _print(configured, partners)
    try:
        made = asyncio.run(_declare(configured, partners))
    except NotDeclared as why:
        raise answers.WrongUse(f"{arguments.command}：消息代理没有照办 (the broker did not do it): {why}") from None
    if made:
        answers.tell("密码只显示这一次，请经安全渠道交给对方 (each password is shown this once)")
    answers.tell(f"{arguments.command}：已声明 {len(partners)} 个协作地区的虚拟主机")
    return answers.give_table([(topology.partner_user(code), password) for code, password in made.items()])


def _print(configured: Settings, partners: Mapping[str, str]) -> int:
    passwords = {code: new_password() for code, by in partners.items() if by == "amqp"}
    for code, password in passwords.items():
        answers.tell(f"{topology.partner_user(code)}\t{password}")
    return answers.give_json(
        topology.definitions(list(partners), topology.gateway_account(configured.bus_url), passwords)
    )


async def _partners(configured: Settings) -> dict[str, str]:
    async with database.opened(configured):
        return {row.code: row.connection for row in await PartnerRow.all().order_by("code")}


async def _declare(configured: Settings, partners: Mapping[str, str]) -> dict[str, str]:
    gateway = topology.gateway_account(configured.bus_url)
    made: dict[str, str] = {}
    async with Administration(_admin_url(configured)) as administration:
        await administration.ensure_gateway(gateway)
        for code, by in partners.items():
            await administration.ensure_link(code, gateway)
            if by == "amqp":
                fresh = None if await administration.has_user(code) else new_password()
                await administration.ensure_user(code, fresh)
                made |= {code: fresh} if fresh else {}
    return made


async def connect(configured: Settings, code: str, by: str) -> dict[str, str] | None:
    """The broker's side of a new link; what its start sheet says of AMQP, with a new password. Raises NotDeclared."""
    if configured.bus_url == bus.EMBEDDED:
        return None
    gateway, password = topology.gateway_account(configured.bus_url), new_password()
    async with Administration(_admin_url(configured)) as administration:
        await administration.ensure_gateway(gateway)
        await administration.ensure_link(code, gateway)
        if by != "amqp":
            await administration.drop_user(
                code
            )  # who read its queue until now is cut off, and what it had not taken stays
            return None
        await administration.ensure_user(code, password)
    return sheet(configured, code, password)


async def disconnect(configured: Settings, code: str) -> None:
    """Nobody comes in as this partner any more; its queues stay with what is in them. Raises NotDeclared."""
    if configured.bus_url != bus.EMBEDDED and configured.bus_admin_url is not None:
        async with Administration(configured.bus_admin_url) as administration:
            await administration.drop_user(code)


def sheet(configured: Settings, code: str, password: str) -> dict[str, str]:
    """The `amqp` member of a start sheet; of a cluster it names the first node."""
    parts = urlsplit(addresses.each(configured.bus_url)[0])
    host = parts.netloc.rpartition("@")[2]
    return {
        "url": f"{parts.scheme}://{topology.partner_user(code)}:{password}@{host}",
        "vhost": names.vhost(code),
        "read": names.TO_PARTNER,
        "write": names.FROM_PARTNER,
    }


def new_password() -> str:
    """256 bits that need no quoting in an address."""
    return secrets.token_urlsafe(32)


def can_prepare(configured: Settings) -> bool:
    """Can a link be prepared on the broker from here, or is there none to prepare?"""
    return configured.bus_url == bus.EMBEDDED or configured.bus_admin_url is not None


def _admin_url(configured: Settings) -> str:
    if configured.bus_admin_url is None:
        raise answers.WrongUse(NO_ADMIN)
    return configured.bus_admin_url
