"""补交承诺材料: what was promised for later comes to the window, and goes to the side that decides."""

import secrets
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications import promises
from gateway.applications.case import Case
from gateway.applications.errors import Finding, Invalid
from gateway.auth.decisions import signed_in
from gateway.web import posted as posting
from gateway.web.forms import Fault
from gateway.web.posted import Posted
from gateway.web.rendering import page


@signed_in("clerk")
async def show(request: web.Request) -> web.StreamResponse:
    """What is still owed, each with its last day."""
    return _page(request, await _case(request), Posted())


@signed_in("clerk", streams_body=True)
async def bring(request: web.Request) -> web.StreamResponse:
    """Send what came."""
    posted, case = await posting.read(request), await _case(request)
    room, actor, number = request.app[keys.CASE_ROOM], request[keys.ACTOR], case.application.number
    if posted.faults:
        return _page(request, case, posted, posted.faults)
    try:
        await room.bring_later(actor, number, _body(case, posted), posted.get("key") or None)
    except Invalid as error:
        return _page(request, case, posted, [Fault(one.detail, "#f-p0") for one in error.findings])
    raise web.HTTPSeeOther(f"/applications/{number}?done=later")


def _body(case: Case, posted: Posted) -> dict[str, Any]:
    """Rows in which something was given: a file, the number of an e-certificate, or the paper itself."""
    materials: list[dict[str, str]] = []
    for place, one in enumerate(promises.owed(case.document)):
        file, certificate = posted.get(f"file:p{place}"), posted.get(f"certificate-{place}").strip()
        if file:
            materials.append({"material": one["name"], "sha256": file})
        elif certificate:
            materials.append({"material": one["name"], "certificate": certificate})
        elif posted.get(f"paper-{place}"):
            materials.append({"material": one["name"]})
    if not materials:
        raise Invalid([Finding("/materials", "required", "请至少补交一份：上传文件、填写电子证照标识，或勾选收到原件")])
    return {"materials": materials, "note": posted.get("note").strip() or None}


async def _case(request: web.Request) -> Case:
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    if not case.is_origin:
        raise web.HTTPSeeOther(f"/inbox/{case.application.number}")
    return case


def _page(request: web.Request, case: Case, posted: Posted, faults: Sequence[Fault] = ()) -> web.Response:
    listed = {one.name: one for one in case.matter.materials} if case.matter else {}
    rows = [
        {
            **one,
            "place": place,
            "e_certificate": one["name"] in listed and listed[one["name"]].e_certificate,
            "file": {"sha256": posted.get(f"file:p{place}"), "name": posted.get(f"filename:p{place}")},
            "certificate": posted.get(f"certificate-{place}"),
            "paper": bool(posted.get(f"paper-{place}")),
        }
        for place, one in enumerate(promises.owed(case.document))
    ]
    context = {
        "here": "applications",
        "number": case.application.number,
        "address": f"/applications/{case.application.number}",
        "matter": case.application.matter_name,
        "handler": case.handler_name,
        "rows": rows,
        "note": posted.get("note"),
        "faults": faults,
        "key": posted.get("key") or secrets.token_urlsafe(24),
    }
    return page(request, "later/later.html", context, status=422 if faults else 200)


def routes() -> list[web.RouteDef]:
    """The form and the deed."""
    path = "/applications/{number}/later"
    return [web.get(path, show), web.post(path, bring)]
