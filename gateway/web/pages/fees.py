"""缴费: the payment notice of the side that decides, and the voucher that the window sends back. No money is taken here."""

import secrets
from collections.abc import Mapping

from aiohttp import web

from gateway import keys
from gateway.applications import lifecycle
from gateway.applications.case import Case
from gateway.applications.errors import Invalid, WrongState
from gateway.auth.decisions import signed_in
from gateway.web import case_place
from gateway.web import posted as posting
from gateway.web.forms import Fault
from gateway.web.posted import Posted
from gateway.web.rendering import page

HANDS = ("clerk", "officer")


@signed_in(*HANDS)
async def show(request: web.Request) -> web.StreamResponse:
    """A form for the notice, or for the voucher."""
    return _page(request, await _case(request), Posted())


@signed_in(*HANDS, streams_body=True)
async def send(request: web.Request) -> web.StreamResponse:
    """It goes to the other window as a note that begins with its word."""
    posted = await posting.read(request)
    case = await _case(request)
    file = posted.get("file:file")
    body = {"text": posted.get("text").strip(), "attachments": [{"sha256": file}] if file else []}
    wrong = {"file": posted.faults[0].text} if posted.faults else {}
    try:
        if not wrong:
            room, number = request.app[keys.CASE_ROOM], case.number
            await room.tell_of_fee(request[keys.ACTOR], number, body, posted.get("key") or None)
            raise web.HTTPSeeOther(f"{case_place.address(case)}?done=notes")
    except Invalid as error:
        wrong = {PLACES.get(one.pointer.split("/")[1], "text"): one.detail for one in error.findings}
    except WrongState as refusal:
        wrong = {"text": str(refusal)}
    return _page(request, case, posted, wrong)


PLACES = {"attachments": "file", "text": "text"}


async def _case(request: web.Request) -> Case:
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    if case.is_origin is not (request[keys.ACTOR].role == "clerk"):
        raise web.HTTPSeeOther(case_place.address(case))
    return case


def _page(request: web.Request, case: Case, posted: Posted, wrong: Mapping[str, str] | None = None) -> web.Response:
    context = {
        **case_place.around(case),
        "other": case.partner_name,
        "origin": case.is_origin,
        "fee": case.matter.line.fee if case.matter else "",
        "possible": lifecycle.may_say(case.state, "note.sent"),
        "text": posted.get("text"),
        "file": {"sha256": posted.get("file:file"), "name": posted.get("filename:file")},
        "wrong": wrong or {},
        "faults": [Fault(text, f"#f-{name}") for name, text in (wrong or {}).items()],
        "key": posted.get("key") or secrets.token_urlsafe(24),
    }
    return page(request, "fees/fee.html", context, status=422 if wrong else 200)


def routes() -> list[web.RouteDef]:
    """At one address for both directions."""
    path = "/applications/{number}/fee"
    return [web.get(path, show), web.post(path, send)]
