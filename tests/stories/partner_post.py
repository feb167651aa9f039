"""A partner whose messages get stuck: it signs and posts what a test wants, right or wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from matters_map import codes
from messaging import contract, envelope, ids
from partners import signing
from partners.keys import SigningKey
from tests.stories.demo_house import DemoHouse

JINGSHAN = "420882"


class PartnerPost:
    """京山市's system, which nobody simulates."""

    def __init__(self, house: DemoHouse, code: str = JINGSHAN) -> None:
        self._house, self._code = house, code
        self.taken: list[dict[str, Any]] = []  # every message that was laid out, as often as it was
        told = next(one for one in house.told["partners"] if one["code"] == code)
        self._key = SigningKey.from_jwk(json.loads(Path(told["signing_key_file"]).read_text(encoding="utf-8")))
        self._client = next(one for one in house.told["clients"] if one["jurisdiction"] == code)

    async def say(
        self, subject: str, sequence: int, type_: str, data: dict[str, Any] | None = None, *, spoilt: bool = False
    ) -> int:
        """Post a message; the status of the answer. `spoilt`: the bytes are not those that were signed."""
        id_, now = ids.message_id(), datetime.now(UTC)
        body = envelope.build(
            id=id_,
            source=self._code,
            type=type_,
            subject=subject,
            time=now,
            recipient=self._house.told["home"],
            sequence=sequence,
            seen=0,
            data=contract.example(type_) if data is None else data,
        )
        signature = self._signed(body, id_, now)
        return await self._post(
            "/api/v1/messages", body.replace(b'"time":', b'"time": ') if spoilt else body, signature
        )

    async def file(self, running: int) -> str:
        """A window of this county sends a case that our county decides; its number."""
        now = datetime.now(UTC)
        line = next(one for one in await self._lines() if one["direction"] == "双向" and one["mode"] == "全程网办")
        bare = f"{self._code}{now:%Y%m%d}3{running:06}"
        number = bare + codes.check_character(bare)
        matter = {
            "name": line["matter_name"],
            "origin_code": line["partner_basic_code"],
            "handler_code": line["local_basic_code"],
        }
        data = contract.example("application.submitted") | {
            "agreement": "jingshan",
            "matter": matter,
            "materials": [{"name": "居民身份证", "kind": "电子证照", "certificate": "C-1"}],
            "received_at": envelope.rfc3339(now),
        }
        assert await self.say(number, 1, "application.submitted", data) == 202
        return number

    async def _lines(self) -> list[dict[str, Any]]:
        async with aiohttp.ClientSession(self._house.url) as web:
            answer = await web.get("/api/v1/agreements/jingshan/versions/1", headers=await self._headers(web))
            return list((await answer.json())["lines"])

    async def receipt(self, outcome: str, reason: str | None = None) -> list[str]:
        """Take what was laid out and receipt each numbered message with this outcome; the subjects."""
        subjects = []
        for item in await self._laid_out():
            said = json.loads(item["body"])
            self.taken.append(said)
            if said.get("sequence") is not None:
                await self._receipt(item, outcome, reason)
                subjects.append(str(said["subject"]))
        return subjects

    async def _laid_out(self) -> list[dict[str, Any]]:
        async with aiohttp.ClientSession(self._house.url) as web:
            answer = await web.get("/api/v1/deliveries", headers=await self._headers(web))
            return list((await answer.json())["items"])

    async def _receipt(self, item: dict[str, Any], outcome: str, reason: str | None) -> None:
        id_, now = ids.message_id(), datetime.now(UTC)
        entry = {
            "id": item["id"],
            "sha256": envelope.sha256_hex(item["body"].encode()),
            "stored_at": envelope.rfc3339(now),
            "highest_applied": 0,
            "outcome": outcome,
            "reason": reason,
        }
        body = envelope.build(
            id=id_,
            source=self._code,
            type="receipt",
            subject="receipt",
            time=now,
            recipient=self._house.told["home"],
            sequence=None,
            seen=None,
            data={"receipts": [entry]},
        )
        status = await self._post(f"/api/v1/deliveries/{item['id']}/receipt", body, self._signed(body, id_, now))
        assert status == 204

    def _signed(self, body: bytes, id_: str, now: datetime) -> str:
        home = self._house.told["home"]
        return signing.sign(body, self._key, iss=self._code, aud=home, jti=id_, iat=int(now.timestamp()))

    async def _post(self, path: str, body: bytes, signature: str) -> int:
        async with aiohttp.ClientSession(self._house.url) as web:
            headers = await self._headers(web)
            headers |= {"Content-Type": "application/cloudevents+json", "Tongban-Signature": signature}
            async with web.post(path, data=body, headers=headers) as answer:
                return answer.status

    async def _headers(self, web: aiohttp.ClientSession) -> dict[str, str]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client["client_id"],
            "client_secret": self._client["client_secret"],
        }
        async with web.post("/api/v1/token", data=form) as answer:
            return {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
