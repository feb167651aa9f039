"""The queue page with much stored behind it: how long it takes, what it weighs, and when a slow machine first paints it."""

import asyncio
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from playwright.async_api import async_playwright

from tests.benchmarks.house import House
from tests.benchmarks.load import percentile
from tests.services.postgres import Server

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SLOWER = 6  # times that Chromium's processor is slowed
ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PAGES = ("/applications", "/applications/new", "/agreements")

# Old cases behind the newest ones: copies of one, with numbers of their own; one in fifty is still open.
_NUMBER = (
    "'421321' || to_char(date '2015-01-01' + (g / 100000)::int, 'YYYYMMDD') || '2' || lpad((g % 100000)::text, 6, '0')"
    " || 'X'"
)
_COPIED = {
    "case_application": {"id": "g", "number": _NUMBER},
    "case_leg": {
        "id": "g", "application_id": "g", "number": _NUMBER, "next_due": "NULL::date", "delivery": "'receipted'",
        "state": "CASE WHEN g % 50 = 0 THEN 'ACCEPTED' ELSE 'HANDED_OVER' END",
    },
    "post_conversation": {"id": "g", "subject": _NUMBER},
}  # fmt: skip


def store(server: Server, database: str, first: int, last: int) -> float:
    """Rows of cases a second that the database itself took while it was filled."""
    begun = time.perf_counter()
    for table, new in _COPIED.items():
        columns = server.sql(
            f"SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns"
            f" WHERE table_name = '{table}'",
            database=database,
        ).split(",")
        values = ", ".join(new.get(column.strip('"'), f"one.{column}") for column in columns)
        server.sql(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
            f" FROM (SELECT * FROM {table} WHERE id > 1000000000 ORDER BY id LIMIT 1) AS one,"
            f" generate_series({first}, {last}) AS g",
            database=database,
        )
    server.sql("VACUUM ANALYZE", database=database)
    return (last - first + 1) / (time.perf_counter() - begun)


async def signed_in(house: House, username: str = "zhangsan") -> aiohttp.ClientSession:
    """A session as a person's browser has it."""
    web = aiohttp.ClientSession(f"http://127.0.0.1:{house.port}", cookie_jar=aiohttp.CookieJar(unsafe=True))
    person = next(one for one in house.told["sign_ins"] if one["username"] == username)
    form = {"username": username, "password": person["password"]}
    async with web.post(
        "/sign-in", data=form, headers={"Origin": f"http://127.0.0.1:{house.port}"}, allow_redirects=False
    ) as answer:
        assert answer.status == 303, answer.status
    return web


async def queue_page(house: House, times: int) -> float:
    """Milliseconds of the first page of the queue, the median."""
    taken = []
    async with await signed_in(house) as web:
        for _ in range(times):
            begun = time.perf_counter()
            async with web.get("/applications") as answer:
                assert answer.status == 200, answer.status
                text = await answer.text()
            taken.append(time.perf_counter() - begun)
            assert "/applications/421321" in text, text[-500:]
    return percentile(taken, 0.5) * 1e3


async def first_paint(house: House, times: int = 3) -> tuple[float, dict[str, float]]:
    """(milliseconds to the first paint with contents, the median; kilobytes of each page that came over the line)."""
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    person = next(one for one in house.told["sign_ins"] if one["username"] == "zhangsan")
    url = f"http://127.0.0.1:{house.port}"
    painted, weights = [], {}
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        for path in [PAGES[0]] * times + list(PAGES[1:]):
            context = await browser.new_context(viewport={"width": 1366, "height": 800})
            page = await context.new_page()
            await page.goto(f"{url}/sign-in")
            await page.fill("[name=username]", "zhangsan")
            await page.fill("[name=password]", person["password"])
            await page.keyboard.press("Enter")
            await page.wait_for_url(lambda at: urlsplit(at).path == "/applications")
            devtools = await context.new_cdp_session(page)
            await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            await devtools.send("Network.enable")
            await devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
            size = [0.0]
            devtools.on("Network.loadingFinished", lambda said, size=size: _weigh(said, size))
            await page.goto(url + path, wait_until="load")
            await asyncio.sleep(0.3)
            ask = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            if path == PAGES[0]:
                painted.append(float(await page.evaluate(ask)))
            weights[path] = size[0] / 1024
            await context.close()
        await browser.close()
    return percentile(painted, 0.5), weights


def _weigh(said: dict[str, float], size: list[float]) -> None:
    size[0] += float(said["encodedDataLength"])


def has_chromium() -> bool:
    """Is there a browser to measure with?"""
    return Path(CHROMIUM).exists()
