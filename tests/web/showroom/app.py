"""The showroom: every macro on pages as people will meet them, served under the strict policy. For tests only."""

import asyncio
import hashlib
from datetime import date
from typing import Any

import jinja2
from aiohttp import web

from gateway.web import assets, forms, masking, navigation
from gateway.web.rendering import TEMPLATES, Renderer
from gateway.web.security import POLICY
from matters_map.forms import Form
from matters_map.validation import check
from tests.web.drawn_forms import EXAMPLES, REGIONS, examples_of, schema_of
from tests.web.showroom.samples import rows, steps

HERE = EXAMPLES.resolve().parents[1] / "web" / "showroom"
NOTICE = forms.Notice(
    "2026-01",
    [
        "为办理您申请的事项，本窗口收取申请表和材料中的个人信息，并转送业务属地办理机关。",
        "身份号码、银行账号等敏感个人信息仅用于核验身份和办理本事项，法定保存期满后删除。",
        "您可以查阅、复制、更正您的个人信息；对处理有疑问的，可以向窗口或办理机关提出。",
    ],
)
MATERIALS = [
    forms.Material("公司登记(备案)申请书", required=True),
    forms.Material("公司章程", required=True),
    forms.Material("法定代表人任职文件", required=True),
    forms.Material("股东居民身份证", e_certificate=True, required=True),
    forms.Material("住所使用证明", required=False),
]
OPTIONS = forms.Options(MATERIALS, NOTICE, REGIONS, {"/delivery/pickupRegion": "421321"})
NAME = "neizi_gongsi_sheli"
SCHEMA = schema_of(NAME)
PERSON = {"name": "窗口测试员", "role": "clerk", "department": "随县政务服务中心 A01 窗口"}
TODAY = date(2026, 11, 24)


class Showroom:
    """The pages; `streams` counts the event streams that are open now."""

    def __init__(self) -> None:
        self.env = Renderer()
        self.env.loader = jinja2.ChoiceLoader([jinja2.FileSystemLoader(HERE), jinja2.FileSystemLoader(TEMPLATES)])
        self.streams = 0
        self.asked: list[str] = []  # the `after` of each stream
        self.drafts: list[list[tuple[str, str]]] = []
        self.submitted: list[list[tuple[str, str]]] = []
        self.uploads: list[tuple[str, int, str]] = []

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_static("/static", assets.STATIC)
        for page in ("queue", "case", "slip"):
            app.router.add_get(f"/{page}", self.plain)
        app.router.add_get("/door", self.door)
        app.router.add_get("/applications", self.searched)
        app.router.add_route("*", "/entry", self.entry)
        app.router.add_post("/entry/fields", self.entry)
        app.router.add_post("/draft", self.draft)
        app.router.add_post("/files", self.file)
        app.router.add_get("/events", self.events)
        app.router.add_get("/live", self.live)
        app.on_response_prepare.append(self.policy)
        return app

    async def policy(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = POLICY

    def draw(self, template: str, status: int = 200, **context: Any) -> web.Response:
        frame = {
            "home": "随县", "here": "applications", "csrf": "token", "faults": [], "person": PERSON,
            "entries": navigation.entries("clerk"), "badges": {"inbox": 3},
        }  # fmt: skip
        text = self.env.get_template(template).render({**frame, **context})
        return web.Response(text=text, content_type="text/html", status=status)

    async def plain(self, request: web.Request) -> web.Response:
        document = examples_of(NAME)["valid"][1]
        shown = forms.shown(SCHEMA, document, mask=masking.mask, regions=REGIONS)
        return self.draw(
            request.path[1:] + ".html", rows=rows(), items=shown, events=steps(), number="421321202611241000001G",
            stream="/events" if "live" in request.query else None, wide=request.path == "/queue",
        )  # fmt: skip

    async def searched(self, request: web.Request) -> web.Response:
        return self.draw("queue.html", rows=rows()[:1], wide=True)

    async def door(self, request: web.Request) -> web.Response:
        faults = [forms.Fault("用户名或密码不对", "#f-password")] if "wrong" in request.query else []
        return self.draw("door.html", person=None, entries=[], faults=faults)

    async def entry(self, request: web.Request) -> web.Response:
        pairs = [(name, text) for name, text in (await request.post()).items() if isinstance(text, str)]
        filled = forms.parse(SCHEMA, pairs, regions=REGIONS)
        submitted = request.method == "POST" and request.path == "/entry" and filled.command is None
        if request.method == "GET" and "full" in request.query:
            filled = forms.Filled(examples_of(NAME)["valid"][1])
        findings = []
        if submitted:
            self.submitted.append(pairs)
            document = {
                **filled.document,
                "matterCode": "000131002001",
                "targetRegion": "420683",
                "acceptRegion": "421321",
            }
            findings = check(Form(NAME, 1, SCHEMA.raw), document, TODAY)
        view = forms.entry(SCHEMA, filled, options=OPTIONS, findings=findings)
        return self.draw("entry.html", 422 if findings else 200, view=view, faults=view.faults, here="new")

    async def draft(self, request: web.Request) -> web.Response:
        self.drafts.append([(name, str(text)) for name, text in (await request.post()).items()])
        return web.json_response({"draft": "d1", "csrf": request.headers.get("X-CSRF-Token")})

    async def file(self, request: web.Request) -> web.Response:
        content = await request.read()
        self.uploads.append((request.headers["Content-Disposition"], len(content), request.headers["X-CSRF-Token"]))
        if content.startswith(b"MZ"):
            return web.json_response({"detail": "这不是可以上传的文件类型，请传 PDF、JPG、PNG 或 OFD"}, status=415)
        digest = hashlib.sha256(content).hexdigest()
        return web.json_response(
            {
                "sha256": digest,
                "size": len(content),
                "name": "章程.pdf",
                "media_type": "application/pdf",
                "sm3": digest[::-1],
            },
            status=201,
        )

    async def live(self, request: web.Request) -> web.Response:
        return web.Response(text='<div id="live-part" data-asked></div>', content_type="text/html")

    async def events(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await answer.prepare(request)
        self.streams += 1
        self.asked.append(request.query.get("after", ""))
        try:
            await answer.write(b'id: 7\nevent: application\ndata: {"number":"421321202611241000001G"}\n\n')
            while True:
                await asyncio.sleep(0.05)
                await answer.write(b": beat\n\n")
        except ConnectionError:
            return answer
        finally:
            self.streams -= 1
