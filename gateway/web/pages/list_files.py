"""清单的文件: a workbook looked over before it is taken into the draft, the same file with its findings, and a list written out."""

from urllib.parse import quote

from aiohttp import web
from aiohttp.web_request import FileField

from gateway import keys
from gateway.auth.decisions import signed_in
from gateway.coordination import list_shelf
from gateway.coordination.errors import Refused
from gateway.coordination.list_imports import LookedOver
from gateway.coordination.list_shelf import Shelf
from gateway.web import lists_shown
from gateway.web.forms import Fault
from gateway.web.rendering import page
from matters_map.lines import Line
from matters_map.workbooks import exporting, marking

EDITORS = ("coordinator",)
READERS = ("clerk", "officer", "coordinator", "signatory", "auditor", "administrator", "partner_operator")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"xlsx": XLSX, "csv": "text/csv", "json": "application/json"}
TONES = {"error": "bad", "warning": "warn", "info": "info"}


@signed_in(*EDITORS)
async def choose(request: web.Request) -> web.StreamResponse:
    """Choose a file; or the one that was looked over, again."""
    shelf, id_ = await _shelf(request), request.query.get("file", "")
    found = await request.app[keys.LIST_IMPORTS].again(request[keys.ACTOR], shelf, id_) if id_ else None
    return _page(request, shelf, found)


@signed_in(*EDITORS)
async def look_over(request: web.Request) -> web.StreamResponse:
    """Every finding; nothing is taken."""
    shelf, given = await _shelf(request), (await request.post()).get("file")
    name, content = (given.filename, given.file.read()) if isinstance(given, FileField) else ("", b"")
    try:
        found = await request.app[keys.LIST_IMPORTS].look_over(request[keys.ACTOR], shelf, name, content)
    except Refused as refusal:
        return _page(request, shelf, None, str(refusal))
    raise web.HTTPSeeOther(f"/agreements/{shelf.agreement.id}/draft/import?file={found.id}")


@signed_in(*EDITORS)
async def take(request: web.Request) -> web.StreamResponse:
    """What was looked over becomes the draft."""
    shelf, form = await _shelf(request), await request.post()
    id_, revision = str(form.get("file", "")), str(form.get("revision", ""))
    imports, actor = request.app[keys.LIST_IMPORTS], request[keys.ACTOR]
    try:
        await imports.take(actor, shelf, id_, int(revision) if revision.isdigit() else None)
    except Refused as refusal:
        return _page(request, shelf, await imports.again(actor, shelf, id_), str(refusal))
    raise web.HTTPSeeOther(f"/agreements/{shelf.agreement.id}/draft?told=loaded")


@signed_in(*EDITORS)
async def marked(request: web.Request) -> web.StreamResponse:
    """The same file, its cells coloured and explained."""
    shelf, id_ = await _shelf(request), request.query.get("file", "")
    body = await request.app[keys.LIST_IMPORTS].marked(request[keys.ACTOR], shelf, id_)
    return _file(body, "检查结果.xlsx", XLSX)


@signed_in(*READERS)
async def export(request: web.Request) -> web.StreamResponse:
    """A version, or the draft (`version` 0), as xlsx, csv or json."""
    shelf, kind = await _shelf(request), request.match_info["kind"]
    number = int(request.match_info["version"])
    row = next((one for one in shelf.versions if one.version == number), None)
    if row is None or kind not in TYPES:
        raise web.HTTPNotFound
    lines: list[Line] = shelf.lines(number)
    about = {"agreement": shelf.agreement.id, "version": number, "hash": row.hash}
    about["effective_from"] = row.effective_from.isoformat()
    written = {
        "xlsx": lambda: exporting.to_xlsx(lines),
        "csv": lambda: exporting.to_csv(lines),
        "json": lambda: exporting.to_json(lines, **about),
    }[kind]()
    return _file(written, f"{shelf.agreement.id}-{number}.{kind}", TYPES[kind])


def _file(body: bytes, name: str, content_type: str) -> web.Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return web.Response(body=body, content_type=content_type, headers=headers)


async def _shelf(request: web.Request) -> Shelf:
    home = request.app[keys.SETTINGS].home
    return await list_shelf.shelf(home, request[keys.ACTOR], request.match_info["agreement"])


def _page(request: web.Request, shelf: Shelf, found: LookedOver | None, fault: str | None = None) -> web.Response:
    checked = found.checked if found else None
    context = {
        "here": "agreements",
        "wide": True,
        "agreement": shelf.agreement,
        "address": f"/agreements/{shelf.agreement.id}/draft/import",
        "draft": shelf.draft,
        "found": found,
        "findings": [(TONES[one.severity], marking.row_of(one)) for one in checked.findings] if checked else [],
        "counts": {
            marking.SEVERITY_NAMES[name]: sum(one.severity == name for one in checked.findings) for name in TONES
        } if checked else {},
        "differences": lists_shown.differences(shelf.live, found.lines) if found and found.lines is not None else None,
        "faults": [Fault(fault, "#f-file")] if fault else [],
    }  # fmt: skip
    return page(request, "lists/import.html", context, status=422 if fault else 200)


def routes() -> list[web.RouteDef]:
    """Looking over, taking, the marked file, and writing out."""
    here = "/agreements/{agreement}"
    return [
        web.get(f"{here}/draft/import", choose),
        web.post(f"{here}/draft/import", look_over),
        web.post(f"{here}/draft/import/take", take),
        web.get(f"{here}/draft/import/marked", marked),
        web.get(here + r"/versions/{version:\d{1,6}}/files/{kind}", export),
    ]
