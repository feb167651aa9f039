"""A host for guests to talk to: the public protocol over HTTP, with the books of one more post behind it."""

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from messaging import contract, envelope
from messaging.envelope import Envelope
from partners.guest.ledger import Ledger
from partners.guest.office import NOTHING, Plan, Say
from partners.guest.post import GuestPost
from partners.guest.rest import GuestClient
from partners.guest.seat import Seat
from partners.keys import SigningKey

HOME, GUEST = "421321", "420683"
HOST_KEY, GUEST_KEY = SigningKey.generate("421321-1"), SigningKey.generate("420683-1")


class Window:
    """The host's office: it only listens."""

    def __init__(self) -> None:
        self.heard: list[Envelope] = []

    async def prepare(self, said: Envelope) -> None:
        return None

    def hear(self, said: Envelope, memo: Mapping[str, Any], now: datetime) -> Plan:
        self.heard.append(said)
        return NOTHING

    async def before(self, subject: str, deed: str, memo: Mapping[str, Any]) -> None:
        return None

    def ring(self, subject: str, deed: str, memo: Mapping[str, Any], now: datetime) -> Plan:
        return NOTHING

    async def put_again(self, subject: str, type_: str, data: Mapping[str, Any]) -> None:
        """It puts no files."""

    def adopted(self, said: Envelope, memo: Mapping[str, Any]) -> Plan:
        return NOTHING


class FakeHost:
    """One host, one guest. `messages` keeps every POST as it came in, repeated ones included."""

    def __init__(self) -> None:
        self.window, self.ledger = Window(), Ledger(None)
        seat = Seat(HOME, HOST_KEY, self.ledger, self, self.window, host=GUEST)
        self.desk = GuestPost(seat, [GUEST_KEY.public_jwk()])
        self.laid_out: dict[str, tuple[bytes, str]] = {}
        self.handed: set[str] = set()
        self.rung, self.came = asyncio.Event(), asyncio.Event()
        self.messages: list[Envelope] = []
        self.receipts: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.trouble: list[int] = []  # statuses to answer next, instead of the truth
        self.tokens = 0
        self.server = TestServer(self._app())

    async def __aenter__(self) -> "FakeHost":
        await self.ledger.open()
        await self.server.start_server()
        self.rounds = asyncio.create_task(self.desk.keep_ticking())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.rounds.cancel()
        await asyncio.gather(self.rounds, return_exceptions=True)
        await self.server.close()
        await self.ledger.close()

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    def client(self) -> GuestClient:
        return GuestClient(self.url, "zaoyang", "secret")

    async def file(self, number: str, phone: str, **more: Any) -> None:
        """A clerk files an application; the file that it names was put first."""
        data = contract.example("application.submitted")
        paper = b"scan of an identity card"
        data["applicant"]["phone"] = phone
        data["materials"][0]["attachment"] |= {"sha256": hashlib.sha256(paper).hexdigest(), "size": len(paper)}
        self.files[hashlib.sha256(paper).hexdigest()] = paper
        await self.desk.say(number, Say("application.submitted", {**data, **more}))

    async def say(self, number: str, type_: str, **more: Any) -> None:
        await self.desk.say(number, Say(type_, {**contract.example(type_), **more}))

    async def until_heard(self, number: str, *types: str, seconds: float = 8.0) -> list[Envelope]:
        """Wait until the window has heard these types about a case, in this order and no others."""
        async with asyncio.timeout(seconds):
            while [said.type for said in self.of(number)] != list(types):
                self.came.clear()
                await self.came.wait()
        return self.of(number)

    def of(self, number: str) -> list[Envelope]:
        return [said for said in self.window.heard if said.subject == number]

    async def post(self, body: bytes, signature: str) -> None:
        """The host's own door: what it says is laid out for the guest."""
        self.laid_out.setdefault(envelope.parse(body).id, (body, signature))
        self.rung.set()

    async def receipt(self, delivery_id: str, body: bytes, signature: str) -> None:
        await self.post(body, signature)

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._troubled])
        app.add_routes(
            [
                web.post("/api/v1/token", self._token),
                web.get("/.well-known/jwks.json", self._jwks),
                web.get("/api/v1/deliveries", self._deliveries),
                web.post("/api/v1/deliveries/{id}/receipt", self._receipt),
                web.post("/api/v1/messages", self._message),
                web.put("/api/v1/attachments", self._put),
                web.get("/api/v1/attachments/{sha256}", self._get),
            ]
        )
        return app

    @web.middleware
    async def _troubled(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path}")
        if self.trouble and not request.path.endswith("token"):
            status = self.trouble.pop(0)
            return web.json_response(
                {"type": "/problems/test", "title": "x"}, status=status, headers={"Location": "/elsewhere"}
            )
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _token(self, request: web.Request) -> web.Response:
        self.tokens += 1
        return web.json_response(
            {"access_token": f"t{self.tokens}", "token_type": "Bearer", "expires_in": 600, "scope": ""}
        )

    async def _jwks(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [HOST_KEY.public_jwk()]})

    async def _deliveries(self, request: web.Request) -> web.Response:
        if not self.laid_out.keys() - self.handed:
            self.rung.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.rung.wait(), min(float(request.query["wait"]), 0.3))
        items: list[dict[str, Any]] = []
        subjects: set[str] = set()
        self.handed |= self.laid_out.keys()
        for id_, (body, signature) in list(self.laid_out.items()):
            said = envelope.parse(body)
            if said.sequence is None:
                del self.laid_out[id_]
            elif said.subject in subjects:
                continue
            subjects.add(said.subject if said.sequence is not None else id_)
            items.append({"id": id_, "attempt": 1, "body": body.decode(), "signature": signature})
        return web.json_response({"items": items, "next": None})

    async def _receipt(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.receipts += envelope.parse(body).data["receipts"]
        self.laid_out.pop(request.match_info["id"], None)
        await self.desk.receive("receipt", body, request.headers["Tongban-Signature"])
        self.came.set()
        return web.Response(status=204)

    async def _message(self, request: web.Request) -> web.Response:
        body = await request.read()
        said = envelope.parse(body)
        self.messages.append(said)
        await self.desk.receive(said.id, body, request.headers["Tongban-Signature"])
        self.came.set()
        return web.json_response({"id": said.id, "sha256": "", "stored_at": "", "duplicate": False}, status=202)

    async def _put(self, request: web.Request) -> web.Response:
        data = await request.read()
        digest = hashlib.sha256(data).hexdigest()
        status = 200 if digest in self.files else 201
        self.files[digest] = data
        answer = {"sha256": digest, "size": len(data), "name": "x", "media_type": request.content_type}
        return web.json_response(answer, status=status)

    async def _get(self, request: web.Request) -> web.Response:
        data = self.files.get(request.match_info["sha256"])
        if data is None:
            return web.json_response({"type": "/problems/not-found", "title": "x"}, status=404)
        return web.Response(body=data)
