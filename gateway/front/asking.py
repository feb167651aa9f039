"""Asking the gateway: one token, one resource, and four things that can come of it."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

log = logging.getLogger("tongban.front")
WITHIN = aiohttp.ClientTimeout(total=10, connect=4)
EARLY = 30.0  # seconds before its end in which a token is no longer used
MOST = 64 * 1024  # bytes of an answer
AT_ONCE = 16  # questions on their way to the gateway


class BadClientFile(Exception):
    """The file with the client's id and secret cannot be used; the text says why."""


class Unavailable(Exception):
    """The gateway does not answer, or not as agreed: nothing can be told now."""


class Later(Exception):
    """The gateway wants fewer questions; again in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Client:
    """As `clients add … --scopes progress --json` prints it."""

    client_id: str
    client_secret: str

    @classmethod
    def read(cls, path: Path) -> "Client":
        """From its file. Raises BadClientFile."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            return cls(str(told["client_id"]), str(told["client_secret"]))
        except OSError as error:
            raise BadClientFile(f"读不了 (cannot be read): {error.strerror}") from None
        except (ValueError, KeyError, TypeError):
            raise BadClientFile(
                "应为 clients add … --scopes progress --json 输出的内容 (not what that command prints)"
            ) from None


class Gateway:
    """The one address that this program knows."""

    def __init__(self, url: str, client: Client, session: aiohttp.ClientSession, clock: Callable[[], float]) -> None:
        self._url, self._client, self._session, self._clock = url.rstrip("/"), client, session, clock
        self._token, self._until = "", 0.0
        self._one = asyncio.Lock()

    async def ask(self, number: str, code: str) -> dict[str, Any] | None:
        """The progress, or None when number and code do not fit. Raises Unavailable and Later."""
        question = {"number": number, "code": code}
        status, body, wait = await self._post("progress", await self._bearer(), json=question)
        if status == 401:  # the token ended early, as after a new secret
            status, body, wait = await self._post("progress", await self._bearer(fresh=True), json=question)
        if status in (404, 422):
            return None
        if status == 200 and isinstance(body, dict):
            return body
        raise self._refusal(status, wait)

    async def _bearer(self, *, fresh: bool = False) -> str:
        async with self._one:
            if fresh or self._clock() >= self._until:
                form = {"grant_type": "client_credentials", **vars(self._client), "scope": "progress"}
                status, body, wait = await self._post("token", None, data=form)
                if status != 200 or not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
                    raise self._refusal(status, wait)
                self._token, self._until = body["access_token"], self._clock() + float(body["expires_in"]) - EARLY
            return self._token

    async def _post(self, path: str, token: str | None, **body: Any) -> tuple[int, Any, int]:
        """(status, JSON or None, seconds of Retry-After)."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        address = f"{self._url}/api/v1/{path}"
        try:
            async with self._session.post(address, headers=headers, allow_redirects=False, **body) as answer:
                raw = await answer.content.read(MOST + 1)
                wait = answer.headers.get("Retry-After", "")
                return answer.status, _json(raw), int(wait) if wait.isascii() and wait.isdigit() else 60
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("gateway: %s", type(error).__name__)
            raise Unavailable from None

    def _refusal(self, status: int, wait: int) -> Exception:
        if status == 429:
            return Later(min(wait, 3600))
        log.warning("gateway answered %s", status)
        return Unavailable()


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if len(raw) <= MOST else None
    except ValueError:
        return None


def session() -> aiohttp.ClientSession:
    """Connections to the gateway; closed by whoever asked for them."""
    return aiohttp.ClientSession(timeout=WITHIN, connector=aiohttp.TCPConnector(limit=AT_ONCE))
