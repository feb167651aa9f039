"""The broker's management interface: declares the topology, again and again with the same result."""

import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from messaging.bus import topology
from messaging.bus.names import FROM_PARTNER, TO_GATEWAY, vhost
from messaging.bus.topology import Account


class NotDeclared(Exception):
    """The broker said no, or did not answer; the text says what was asked and what came."""


class Administration:
    """As `async with`. `url`: http(s)://user:password@host:15672, an account with the tag `administrator`.

    `?cafile=` names the certificate that an https address is held against.
    """

    def __init__(self, url: str) -> None:
        parts = URL(url)
        self._base = str(parts.with_user(None).with_query(None)).rstrip("/")
        self._login, self._password = parts.user or "guest", parts.password or "guest"
        self._ca = parts.query.get("cafile")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Administration":
        timeout = aiohttp.ClientTimeout(total=30, connect=5)
        headers = {"Authorization": aiohttp.encode_basic_auth(self._login, self._password, encoding="utf-8")}
        trusted = ssl.create_default_context(cafile=self._ca) if self._ca else True
        connector = aiohttp.TCPConnector(ssl=trusted)
        self._session = aiohttp.ClientSession(headers=headers, timeout=timeout, trust_env=False, connector=connector)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ensure_gateway(self, gateway: Account) -> None:
        """The gateway's own user, with the password of the setting; an administrator of that name is left as it is."""
        known = await self._get(f"users/{_part(gateway.name)}")
        if known is None or "administrator" not in str(known.get("tags")):
            body = {"password": gateway.password, "tags": "monitoring"}
            await self._put(f"users/{_part(gateway.name)}", body)

    async def ensure_link(self, partner: str, gateway: Account) -> None:
        """The partner's virtual host and all in it, without a user of its own."""
        host = _part(vhost(partner))
        await self._put(f"vhosts/{host}", {})
        await self._put(f"permissions/{host}/{_part(gateway.name)}", dict(topology.GATEWAY_RIGHTS))
        for name, policy in topology.POLICIES.items():
            await self._put(f"policies/{host}/{name}", dict(policy))
        with_rights = f"permissions/{host}/{_part(self._login)}"  # to declare, the administrator needs them too
        own = self._login != gateway.name
        await self._put(with_rights, {"configure": ".*", "write": ".*", "read": ".*"})
        for name, arguments in topology.QUEUES.items():
            await self._put(f"queues/{host}/{name}", {"durable": True, "arguments": dict(arguments)})
        await self._put(f"exchanges/{host}/{FROM_PARTNER}", dict(topology.EXCHANGE))
        await self._post(f"bindings/{host}/e/{FROM_PARTNER}/q/{TO_GATEWAY}", {"routing_key": "", "arguments": {}})
        if own:
            await self._delete(with_rights)
        else:
            await self._put(with_rights, dict(topology.GATEWAY_RIGHTS))

    async def has_user(self, partner: str) -> bool:
        """Does the partner have a user on the broker?"""
        return await self._get(f"users/{_part(topology.partner_user(partner))}") is not None

    async def ensure_user(self, partner: str, password: str | None) -> None:
        """The partner's user and its least rights; the password is changed only when one is given."""
        user = _part(topology.partner_user(partner))
        if password is not None:
            await self._put(f"users/{user}", {"password": password, "tags": ""})
        await self._put(f"permissions/{_part(vhost(partner))}/{user}", dict(topology.PARTNER_RIGHTS))

    async def drop_user(self, partner: str) -> None:
        """Nobody comes in as this partner any more; its queues and what waits in them stay."""
        await self._delete(f"users/{_part(topology.partner_user(partner))}")

    async def _get(self, path: str) -> dict[str, Any] | None:
        status, said = await self._ask("GET", path, None, allowed=(404,))
        return said if status == 200 else None

    async def _put(self, path: str, body: Mapping[str, Any]) -> None:
        await self._ask("PUT", path, body)

    async def _post(self, path: str, body: Mapping[str, Any]) -> None:
        await self._ask("POST", path, body)

    async def _delete(self, path: str) -> None:
        await self._ask("DELETE", path, None, allowed=(404,))

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None, allowed: tuple[int, ...] = ()
    ) -> tuple[int, dict[str, Any]]:
        assert self._session is not None, "use Administration as an async context manager"  # noqa: S101
        address = URL(f"{self._base}/api/{path}", encoded=True)
        try:
            async with self._session.request(method, address, json=body, allow_redirects=False) as answer:
                said = await answer.json(content_type=None) if answer.status == 200 else {}
                if answer.status >= 300 and answer.status not in allowed:
                    text = (await answer.text())[:300]
                    raise NotDeclared(f"{method} {path}: {answer.status} {text}")
                return answer.status, said
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotDeclared(f"{method} {path}: {type(error).__name__}") from None


def _part(text: str) -> str:
    return quote(text, safe="")
