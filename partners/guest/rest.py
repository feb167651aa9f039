"""The REST client of a guest: token, deliveries, receipts, messages, attachments, over one bounded session."""

import asyncio
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson

EVENT_TYPE = "application/cloudevents+json"
TRIES, FIRST_PAUSE, LONGEST_PAUSE = 4, 0.5, 8.0  # tries of one call and seconds between them, doubling, with jitter
MOST_BYTES = 64 * 1024 * 1024  # an answer larger than this is refused
RENEW_AT = 0.8  # of the token's life


class Unreachable(Exception):
    """The host did not answer, or asked to come back later. Nothing is known; the same call may be made again."""


class Refused(Exception):
    """The host answered and said no: the same call will be refused again. `code` is the problem's name."""

    def __init__(self, status: int, code: str, title: str = "") -> None:
        super().__init__(f"{status} {code} {title}".strip())
        self.status, self.code, self.title = status, code, title


@dataclass(frozen=True)
class Delivery:
    """A message laid out for us: the signed bytes and their detached signature."""

    id: str
    attempt: int
    body: bytes
    signature: str


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes


class GuestClient:
    """Speaks with one host as one client. Use as `async with`. Redirects are refused, proxies of the environment ignored."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self._url, self._client_id, self._secret = url.rstrip("/"), client_id, client_secret
        self._session: aiohttp.ClientSession | None = None
        self._token, self._token_until = "", 0.0
        self._renewing = asyncio.Lock()

    async def __aenter__(self) -> "GuestClient":
        connector = aiohttp.TCPConnector(limit=8, keepalive_timeout=30)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def token(self) -> str:
        """A bearer token, renewed before it runs out. Raises Unreachable, Refused."""
        async with self._renewing:
            clock = asyncio.get_running_loop().time
            if not self._token or clock() >= self._token_until:
                form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": self._secret}
                answer = await self._patient("POST", "/api/v1/token", data=form, headers={})
                said = _json(answer.body)
                self._token = str(said["access_token"])
                self._token_until = clock() + float(said.get("expires_in", 600)) * RENEW_AT
            return self._token

    async def gateway_keys(self) -> dict[str, Any]:
        """The host's public keys, to be pinned; only ever asked for by configuration, never while verifying."""
        return _json((await self._patient("GET", "/.well-known/jwks.json", headers={})).body)

    async def deliveries(self, wait: float = 20.0, limit: int = 50) -> list[Delivery]:
        """What waits for us, oldest first; `wait` seconds (at most 30) for something new."""
        path = f"/api/v1/deliveries?wait={int(wait)}&limit={limit}"
        answer = await self._call("GET", path, patience=1, wait=wait)
        return [
            Delivery(str(item["id"]), int(item["attempt"]), str(item["body"]).encode(), str(item["signature"]))
            for item in _json(answer.body)["items"]
        ]

    async def receipt(self, delivery_id: str, body: bytes, signature: str) -> None:
        """Our signed receipt for a delivery."""
        headers = {"Content-Type": EVENT_TYPE, "Tongban-Signature": signature}
        await self._call(
            "POST", f"/api/v1/deliveries/{quote(delivery_id, safe='')}/receipt", data=body, headers=headers
        )

    async def post(self, body: bytes, signature: str) -> None:
        """One of our messages: durable at the host once this returns. Its receipt comes as a delivery."""
        headers = {"Content-Type": EVENT_TYPE, "Tongban-Signature": signature}
        await self._call("POST", "/api/v1/messages", data=body, headers=headers)

    async def put_attachment(self, data: bytes, name: str, media_type: str) -> dict[str, Any]:
        """Put a file; the same bytes again are no change. Returns {"sha256","size","name","media_type"}."""
        headers = {
            "Content-Type": media_type,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        }
        return _json((await self._call("PUT", "/api/v1/attachments", data=data, headers=headers)).body)

    async def get_attachment(self, sha256: str) -> bytes:
        """A file that a message addressed to us names, checked against its digest."""
        answer = await self._call("GET", f"/api/v1/attachments/{quote(sha256, safe='')}")
        if hashlib.sha256(answer.body).hexdigest() != sha256:
            raise Unreachable("attachment: the bytes do not have the digest that was asked for")
        return answer.body

    async def get(self, path: str) -> Any:
        """Any other JSON resource under /api/v1, for instance `agreements` or `matters/{id}/form`."""
        return _json((await self._call("GET", f"/api/v1/{path}")).body)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        patience: int = TRIES,
        wait: float = 0.0,
    ) -> _Answer:
        """One call with our token; a token that is no longer good is renewed once."""
        for renewed in (False, True):
            bearer = {**(headers or {}), "Authorization": f"Bearer {await self.token()}"}
            try:
                return await self._patient(method, path, data=data, headers=bearer, patience=patience, wait=wait)
            except Refused as refusal:
                if refusal.status != 401 or renewed:
                    raise
                self._token = ""
        raise AssertionError("unreachable")

    async def _patient(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        data: bytes | Mapping[str, str] | None = None,
        patience: int = TRIES,
        wait: float = 0.0,
    ) -> _Answer:
        """Try again after a lost connection, 409 in flight, 429 and 5xx; every call here is safe to repeat."""
        pause = FIRST_PAUSE
        for tried in range(1, patience + 1):
            try:
                return await self._once(method, path, headers, data, wait)
            except Unreachable:
                if tried == patience:
                    raise
                await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311
                pause = min(pause * 2, LONGEST_PAUSE)
        raise AssertionError("unreachable")

    async def _once(
        self, method: str, path: str, headers: Mapping[str, str], data: bytes | Mapping[str, str] | None, wait: float
    ) -> _Answer:
        if self._session is None:
            raise RuntimeError("use GuestClient as an async context manager")
        timeout = aiohttp.ClientTimeout(total=60 + wait, connect=5, sock_read=15 + wait)
        try:
            async with self._session.request(
                method, self._url + path, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                body = await _bounded(response)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(type(error).__name__) from None
        if 200 <= status < 300:
            return _Answer(status, body)
        code, title = _problem(body)
        if status in {429, 500, 502, 503, 504} or (status == 409 and code == "in-flight"):
            raise Unreachable(f"{status} {code}".strip())
        raise Refused(status, code, title)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_chunked(65536):
        size += len(part)
        if size > MOST_BYTES:
            raise Unreachable("answer too large")
        parts.append(part)
    return b"".join(parts)


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unreachable("answer is not JSON") from None
    if not isinstance(said, dict):
        raise Unreachable("answer is not an object")
    return said


def _problem(body: bytes) -> tuple[str, str]:
    try:
        said = orjson.loads(body)
        return str(said.get("type", "")).rpartition("/")[2], str(said.get("title", ""))
    except (orjson.JSONDecodeError, AttributeError):
        return "", ""
