"""Pages that show a case's files, without a browser: thumbnails, 材料预览 on each side, and whom they are shown to."""

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

from gateway import app
from gateway.applications.batch import FILES_AFTER_CLOSE
from gateway.auth.passwords import Passwords
from gateway.auth.users import Person, Users
from tests.county import CLERK as ZHANG
from tests.county import TONGBAI, ZAOYANG, County, decided, plain_answers
from tests.gateway import joint_line
from tests.gateway.conftest import AUDITOR, CLERK, OFFICER, QUICK
from tests.gateway.web.test_paper_pages import Desk

QIAN = Person("qianqi", "钱七", "partner_operator", TONGBAI)  # 桐柏县 works at our desk
WANG = Person("wangwu", "王五", "partner_operator", ZAOYANG)
PDF = b"%PDF-1.7\n1\n%%EOF\n"


def scan(format_: str = "PNG", side: int = 400) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "navy").save(out, format_)
    return out.getvalue()


@pytest.fixture
async def desk(county: County) -> AsyncIterator[Desk]:
    users = Users(Passwords(QUICK), county.clock)
    for person in (CLERK, OFFICER, AUDITOR, QIAN, WANG):
        await users.add(person, "correct-horse-battery")
    async with TestClient(TestServer(app.build(county.parts, None))) as client:
        yield Desk(client)


async def filed(county: County, *contents: bytes) -> tuple[str, list[str]]:
    """A case that 桐柏县 decides, with these files as its one material; its number and the files' digests."""
    index = county.parts.library.index
    matter = next(one for one in index.matters(handler=TONGBAI, mode="online", direction="both") if one.form == "plain")
    digests = [await county.put(content, name=f"扫描{n}.png") for n, content in enumerate(contents, 1)]
    material = {"code": "M01", "name": "居民身份证", "source": "扫描上传", "sm3": "0" * 64, "pages": 1}
    number = await county.file(
        matter=matter.id,
        answers=plain_answers(TONGBAI, materials=[material]),
        attachments=[{"material": "M01", "sha256": one} for one in digests],
    )
    return number, digests


async def fetched(desk: Desk, path: str) -> tuple[int, Any, bytes]:
    async with desk.client.get(path, allow_redirects=False) as answer:
        return answer.status, answer.headers, await answer.read()


async def test_a_thumbnail_is_small_is_kept_by_the_browser_of_this_session_and_runs_nothing(
    county: County, desk: Desk
) -> None:
    large = scan("BMP", 1500)
    _, (sha256,) = await filed(county, large)
    await desk.sign_in(CLERK)
    status, headers, body = await fetched(desk, f"/files/{sha256}/thumbnail")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(body)).size == (320, 320)
    assert headers["Cache-Control"] == "private, max-age=300"
    assert headers["Vary"] == "Cookie"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (await fetched(desk, f"/files/{sha256}/image"))[2] == large


async def test_a_sign_stands_for_what_cannot_be_drawn_and_is_not_kept(county: County, desk: Desk) -> None:
    broken, paper = await county.put(b"\x89PNG\r\n\x1a\n" + b"\0" * 64), await county.put(PDF)
    await desk.sign_in(CLERK)
    status, headers, body = await fetched(desk, f"/files/{broken}/thumbnail")
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "image/svg+xml", "no-store")
    assert body.startswith(b"<svg")
    assert (await fetched(desk, f"/files/{paper}/thumbnail"))[0] == 404


async def test_thumbnails_are_for_those_who_may_see_the_images(county: County, desk: Desk) -> None:
    number, (sha256,) = await filed(county, scan())
    allowed = {}
    for person in (CLERK, OFFICER, QIAN, WANG, AUDITOR):
        await desk.sign_in(person)
        pair = [(await fetched(desk, f"/files/{sha256}/{kind}"))[0] for kind in ("thumbnail", "image")]
        assert len(set(pair)) == 1
        allowed[person.username] = pair[0]
    assert allowed == {"zhangsan": 200, "lisi": 200, "qianqi": 200, "wangwu": 404, "zhaoliu": 403}
    await desk.sign_in(AUDITOR)
    assert "/thumbnail" not in (await desk.get(f"/applications/{number}"))[1]


async def test_lists_of_files_show_pictures_small_and_the_preview_leads_to_each(county: County, desk: Desk) -> None:
    number, digests = await filed(county, scan(), scan("TIFF"), PDF)
    few, _ = await filed(county, scan(side=401), scan(side=402))
    await desk.sign_in(CLERK)
    page = (await desk.get(f"/applications/{number}"))[1]
    assert [f"/files/{one}/thumbnail" in page for one in digests] == [True, True, False]
    assert page.count('class="thumb"') == page.count('/thumbnail" alt="" loading="lazy"') == 2
    preview = (await desk.get(f"/materials/{number}"))[1]
    for one in digests:
        assert f'href="#scan-{one[:16]}"' in preview
        assert f'id="scan-{one[:16]}"' in preview
    assert f"/files/{digests[0]}/image" in preview  # the whole image, to look at and to print
    assert f"/files/{digests[1]}/image" not in preview  # no browser draws it
    assert preview.count(f"/files/{digests[1]}/thumbnail") == 2  # in the overview, and where its scan would stand
    assert 'class="overview' not in (await desk.get(f"/materials/{few}"))[1]


async def test_an_operator_looks_at_the_own_countys_files_and_arranges_nothing(county: County, desk: Desk) -> None:
    number, (first, second) = await filed(county, scan(), scan("JPEG"))
    await county.parts.case_room.arrange(ZHANG, number, second, "up")
    await desk.sign_in(QIAN)
    assert f'href="/materials/{number}">预览、打印<' in (await desk.get(f"/desk/{number}"))[1]
    status, page = await desk.get(f"/materials/{number}")
    assert status == 200
    assert page.index(f"/files/{second}/image") < page.index(f"/files/{first}/image")  # as the window laid them
    assert f'href="/desk/{number}"' in page
    assert "data-print" in page
    assert "前移" not in page
    assert "原文件不变" not in page
    assert f"/applications/{number}" not in page
    for kind in ("", "/image", "/thumbnail"):
        assert (await fetched(desk, f"/files/{first}{kind}"))[0] == 200
    assert (await desk.post(f"/materials/{number}", step=f"{first}:up"))[0] == 403
    await desk.sign_in(CLERK)
    page = (await desk.get(f"/materials/{number}"))[1]
    assert page.index(f"/files/{second}/image") < page.index(f"/files/{first}/image")
    assert f'href="/applications/{number}"' in page


async def test_looking_at_the_files_first_is_the_countys_receipt_too(county: County, desk: Desk) -> None:
    number, _ = await filed(county, scan())
    await county.relay()
    await desk.sign_in(WANG)
    assert (await desk.get(f"/materials/{number}"))[0] == 404
    await county.apply()
    assert (await county.leg(number)).delivery == "sent"
    await desk.sign_in(QIAN)
    assert (await desk.get(f"/materials/{number}"))[0] == 200
    await county.apply()
    assert (await county.leg(number)).delivery == "receipted"


async def test_another_countys_operator_finds_neither_page_nor_file(county: County, desk: Desk) -> None:
    number, (sha256,) = await filed(county, scan())
    await desk.sign_in(CLERK)
    assert (await fetched(desk, f"/files/{sha256}/thumbnail"))[0] == 200  # from now on it is kept in memory
    await desk.sign_in(WANG)
    nowhere = await desk.get("/materials/421321202611242000001G")
    for path in (f"/materials/{number}", f"/desk/{number}"):
        status, page = await desk.get(path)
        assert (status, sha256[:16] in page) == (404, False)
    assert (await desk.get(f"/materials/{number}"))[0] == nowhere[0]
    for kind in ("", "/image", "/thumbnail"):
        assert (await fetched(desk, f"/files/{sha256}{kind}"))[0] == 404
    assert (await desk.post(f"/materials/{number}", step=f"{sha256}:up"))[0] == 403
    await desk.sign_in(AUDITOR)
    assert (await desk.get(f"/materials/{number}"))[0] == 403


async def test_what_a_county_sent_to_us_is_looked_at_in_the_inbox_and_not_at_its_desk(
    county: County, desk: Desk
) -> None:
    sha256 = await county.put(scan(), by=ZAOYANG)
    kept = await county.parts.attachments.look_up(sha256, ZAOYANG)
    material = {"name": "居民身份证", "kind": "扫描上传", "attachment": kept.to_json()}
    number = await county.inbound(materials=[material])
    await desk.sign_in(OFFICER)
    status, page = await desk.get(f"/materials/{number}")
    assert (status, f"/files/{sha256}/image" in page, f'href="/inbox/{number}"' in page) == (200, True, True)
    assert "前移" in page
    await desk.sign_in(WANG)
    assert (await desk.get(f"/materials/{number}"))[0] == 404


async def test_an_operator_finds_only_the_own_part_of_a_joint_case_once_it_has_begun(
    county: County, desk: Desk
) -> None:
    await joint_line.agree(county, joint_line.stages(ZAOYANG, TONGBAI))
    sha256 = await county.put(scan())
    material = {"code": "M01", "name": "居民身份证", "source": "扫描上传", "sm3": "0" * 64, "pages": 1}
    body = joint_line.filing(answers={"materials": [material]}) | {
        "attachments": [{"material": "M01", "sha256": sha256}]
    }
    answer = await county.parts.case_room.submit(ZHANG, body, source=1)
    whole, first, second = answer.body["number"], *(leg["number"] for leg in answer.body["legs"])

    async def seen(person: Person) -> list[int]:
        await desk.sign_in(person)
        pages = [(await desk.get(f"/materials/{number}"))[0] for number in (whole, first, second)]
        return [*pages, (await fetched(desk, f"/files/{sha256}/thumbnail"))[0]]

    assert await seen(WANG) == [404, 200, 404, 200]
    assert await seen(QIAN) == [404, 404, 404, 404]
    await county.hears(county.zaoyang.says("application.decided", first, decided(county.clock())))
    await county.worker._joint()
    assert await seen(QIAN) == [404, 404, 200, 200]
    page = (await desk.get(f"/materials/{second}"))[1]
    assert (f'href="/desk/{second}"' in page, whole in page, first in page) == (True, False, False)


async def test_files_that_are_no_longer_open_to_the_county_are_named_and_not_drawn(county: County, desk: Desk) -> None:
    number, (sha256,) = await filed(county, scan())
    await county.parts.attachments.release(number, county.clock() + FILES_AFTER_CLOSE)
    county.clock.move(days=FILES_AFTER_CLOSE.days, seconds=1)
    await desk.sign_in(QIAN)
    status, page = await desk.get(f"/materials/{number}")
    assert (status, "已过开放期限" in page, f"/files/{sha256}" in page) == (200, True, False)
    page = (await desk.get(f"/desk/{number}"))[1]
    assert ("扫描1.png" in page, f"/files/{sha256}" in page) == (True, False)
    await desk.sign_in(CLERK)
    assert f"/files/{sha256}/image" in (await desk.get(f"/materials/{number}"))[1]
