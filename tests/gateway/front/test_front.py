"""The applicants' front, asked by a plain browser, before a gateway that says everything it could say."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestClient, TestServer

from gateway import cli
from gateway.api.schemas.progress import PROGRESS
from gateway.front import app, asking
from gateway.front.asking import Client, Gateway, Later, Unavailable

NUMBER, CODE = "421321202611242000001G", "7KXM4-9TWCA"
TOLD: dict[str, Any] = PROGRESS["examples"][0]
SIGN = app.Sign("随县政务服务中心", "0722-0000001")
Browser = TestClient[web.Request, web.Application]


class Knows:
    """A gateway that knows one case."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.told: Mapping[str, Any] = TOLD
        self.trouble: Exception | None = None

    async def ask(self, number: str, code: str) -> Mapping[str, Any] | None:
        self.asked.append((number, code))
        if self.trouble is not None:
            raise self.trouble
        return self.told if (number, code) == (NUMBER, CODE) else None


@pytest.fixture
def knows() -> Knows:
    return Knows()


@pytest.fixture
async def browser(knows: Knows) -> AsyncIterator[Browser]:
    async with TestClient(TestServer(app.build(knows, SIGN))) as client:
        yield client


async def ask(browser: Browser, number: str = NUMBER, code: str = CODE, **headers: str) -> tuple[int, str]:
    """Status and page."""
    async with browser.post("/", data={"number": number, "code": code}, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_number_and_code_show_where_the_case_stands(browser: Browser) -> None:
    status, page = await ask(browser, f" {NUMBER[:10]} {NUMBER[10:]} ", CODE)
    assert status == 200
    for words in (
        "对方已接收",
        "等待枣阳市告知是否受理",
        "2026-12-01",
        "还有 5 个工作日",
        "收件和接收都不等于受理",
        "0722-0000001",
    ):
        assert words in page
    assert page.count("：已完成") == 3
    assert page.count("：还没有") == 3


async def test_a_supplement_says_by_when_and_what_to_bring(browser: Browser, knows: Knows) -> None:
    knows.told = {
        **TOLD,
        "state": "SUPPLEMENT",
        "state_text": "待补正",
        "supplement": {"due_by": "2026-12-15", "bring": ["材料：<b>居民身份证</b>", "申请表中的“用途”"]},
        "clocks": [{**TOLD["clocks"][0], "provisional": True, "working_days_left": 0}],
    }
    _, page = await ask(browser)
    assert "请在 2026-12-15 前补齐" in page
    assert "材料：&lt;b&gt;居民身份证&lt;/b&gt;" in page
    assert "就是今天（暂定" in page


async def test_an_unknown_number_and_a_wrong_code_get_the_same_page(browser: Browser) -> None:
    unknown, wrong = await ask(browser, "421321202611242999999Z"), await ask(browser, code="AAAAA-AAAAA")
    assert unknown[0] == wrong[0] == 422
    assert unknown[1].replace("421321202611242999999Z", "") == wrong[1].replace(NUMBER, "").replace("AAAAA-AAAAA", CODE)
    assert app.NO_MATCH in wrong[1]


async def test_what_cannot_be_a_number_is_told_without_asking_anybody(browser: Browser, knows: Knows) -> None:
    for number, code, words in (
        ("", CODE, "请填写办件编号"),
        ("42132", CODE, "应为 22 位"),
        (NUMBER, "", "请填写查询码"),
    ):
        status, page = await ask(browser, number, code)
        assert (status, words in page, "<title>有误：" in page) == (422, True, True)
    assert knows.asked == []


async def test_the_slips_code_fills_in_the_number_and_nothing_else_is_a_page(browser: Browser) -> None:
    async with browser.get(f"/{NUMBER}") as answer:
        assert (answer.status, f'value="{NUMBER}"' in await answer.text()) == (200, True)
    for path in ("/x", "/421321", f"/{NUMBER}/x", "/<script>"):
        async with browser.get(path) as answer:
            page = await answer.text()
            assert (answer.status, "没有这一页" in page, "<script>" in page) == (404, True, False)


async def test_one_address_and_one_number_may_not_ask_without_end(browser: Browser, knows: Knows) -> None:
    for running in range(20):
        number = f"421321202611242{500 + running:06d}G"
        assert (await ask(browser, number))[0] == 422
    status, page = await ask(browser)
    assert (status, "请过 1 分钟再查" in page) == (429, True)
    for _ in range(8):
        assert (await ask(browser, **{"X-Forwarded-For": "192.0.2.7"}))[0] == 200
    assert (await ask(browser, **{"X-Forwarded-For": "192.0.2.7"}))[0] == 429
    assert (await ask(browser, "421321202611242000002E", **{"X-Forwarded-For": "192.0.2.7"}))[0] == 422
    assert len(knows.asked) == 29


async def test_an_ipv6_household_counts_as_one(browser: Browser) -> None:
    for running in range(20):
        number = f"421321202611242{500 + running:06d}G"
        assert (await ask(browser, number, **{"X-Forwarded-For": f"2001:db8::{running:x}"}))[0] == 422
    assert (await ask(browser, **{"X-Forwarded-For": "2001:db8::ffff"}))[0] == 429
    assert (await ask(browser, **{"X-Forwarded-For": "2001:db8:0:1::1"}))[0] == 200


@pytest.mark.parametrize(
    ("trouble", "status", "words"),
    [(Unavailable(), 503, "不是您的问题"), (Later(300), 429, "请过 5 分钟再查")],
)
async def test_when_the_gateway_cannot_answer_people_are_told_what_to_do(
    browser: Browser, knows: Knows, trouble: Exception, status: int, words: str
) -> None:
    knows.trouble = trouble
    async with browser.post("/", data={"number": NUMBER, "code": CODE}) as answer:
        assert (answer.status, words in await answer.text()) == (status, True)
        assert int(answer.headers["Retry-After"]) > 0


async def test_every_answer_is_kept_by_nobody_and_framed_by_nobody_and_sets_no_cookie(browser: Browser) -> None:
    for method, path in (("GET", "/"), ("POST", "/"), ("GET", "/nothing"), ("PUT", "/"), ("GET", "/healthz")):
        async with browser.request(method, path) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            assert "script-src" not in answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "Set-Cookie" not in answer.headers
            assert "<script" not in await answer.text()


async def test_a_body_that_is_too_large_or_none_is_refused_in_plain_words(browser: Browser) -> None:
    status, page = await ask(browser, code="x" * 10_000)
    assert (status, "请重新填写" in page) == (413, True)
    async with browser.post("/", data=b"\xff\xfe", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 422


async def test_an_answer_of_the_gateway_that_is_not_as_agreed_is_an_outage(browser: Browser, knows: Knows) -> None:
    knows.told = {"number": NUMBER}
    status, page = await ask(browser)
    assert (status, "不是您的问题" in page) == (503, True)


# the line to the gateway


class FakeGateway:
    """Tokens and answers as the gateway gives them, with a will of its own."""

    def __init__(self) -> None:
        self.given = 0
        self.ended: set[str] = set()
        self.seen: list[Any] = []
        self.answer: tuple[int, Any] = (200, TOLD)
        self.headers: dict[str, str] = {}

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert form["scope"] == "progress"
        if form["client_secret"] != "secret":
            return web.json_response({}, status=401)
        self.given += 1
        return web.json_response({"access_token": f"t{self.given}", "expires_in": 600})

    async def progress(self, request: web.Request) -> web.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.seen.append((token, await request.json()))
        if token in self.ended:
            return web.json_response({}, status=401)
        return web.json_response(self.answer[1], status=self.answer[0], headers=self.headers)


@pytest.fixture
def there() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
async def server(there: FakeGateway) -> AsyncIterator[BaseTestServer]:
    house = web.Application()
    house.router.add_post("/api/v1/token", there.token)
    house.router.add_post("/api/v1/progress", there.progress)
    async with TestServer(house) as running:
        yield running


@pytest.fixture
async def gateway(server: BaseTestServer) -> AsyncIterator[Gateway]:
    async with asking.session() as session:
        yield Gateway(str(server.make_url("/")), Client("front", "secret"), session, lambda: 0.0)


async def test_one_token_serves_many_questions_and_a_dead_one_is_replaced_once(
    gateway: Gateway, there: FakeGateway
) -> None:
    assert await gateway.ask(NUMBER, CODE) == TOLD
    assert await gateway.ask(NUMBER, CODE) == TOLD
    there.ended.add("t1")
    assert await gateway.ask(NUMBER, CODE) == TOLD
    assert [token for token, _ in there.seen] == ["t1", "t1", "t1", "t2"]
    assert there.seen[0][1] == {"number": NUMBER, "code": CODE}
    there.ended |= {"t2", "t3"}
    with pytest.raises(Unavailable):
        await gateway.ask(NUMBER, CODE)


@pytest.mark.parametrize("status", [404, 422])
async def test_a_no_is_a_no(gateway: Gateway, there: FakeGateway, status: int) -> None:
    there.answer = (status, {})
    assert await gateway.ask(NUMBER, CODE) is None


@pytest.mark.parametrize("answer", [(500, {}), (503, {}), (403, {}), (302, {}), (200, []), (200, "x" * 100_000)])
async def test_anything_else_is_an_outage(gateway: Gateway, there: FakeGateway, answer: tuple[int, Any]) -> None:
    there.answer = answer
    with pytest.raises(Unavailable):
        await gateway.ask(NUMBER, CODE)


async def test_the_gateways_own_limit_is_passed_on(gateway: Gateway, there: FakeGateway) -> None:
    there.answer, there.headers = (429, {}), {"Retry-After": "120"}
    with pytest.raises(Later) as later:
        await gateway.ask(NUMBER, CODE)
    assert later.value.seconds == 120


async def test_a_gateway_that_is_not_there_or_knows_us_not_is_an_outage(server: BaseTestServer) -> None:
    async with asking.session() as session:
        for url, secret in (("http://127.0.0.1:1", "secret"), (str(server.make_url("")), "wrong")):
            with pytest.raises(Unavailable):
                await Gateway(url, Client("front", secret), session, lambda: 0.0).ask(NUMBER, CODE)


# the command


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"client_id":"front"}'])
def test_a_file_that_is_no_client_is_wrong_use(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "client.json"
    path.write_text(text, encoding="utf-8")
    assert cli.main(["front", "--gateway", "http://127.0.0.1:1", "--client", str(path)]) == 2
    assert "--client" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["nowhere", "ftp://x", "http://", "https://u:p@x/", "https://x/?a=1"])
def test_an_address_that_is_none_is_wrong_use(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["front", "--gateway", url, "--client", str(tmp_path / "x")])
    assert left.value.code == 2
    assert "--gateway" in capsys.readouterr().err


def test_the_client_is_read_as_the_command_prints_it(tmp_path: Path) -> None:
    path = tmp_path / "client.json"
    path.write_text(json.dumps({"client_id": "front", "client_secret": "s", "scopes": ["progress"]}), encoding="utf-8")
    assert Client.read(path) == Client("front", "s")
    with pytest.raises(asking.BadClientFile):
        Client.read(tmp_path / "nowhere")
