"""Matters: the lines of the lists in force, and the form that serves each."""

from aiohttp import web

from gateway import keys
from gateway.api import answers, requests
from gateway.api.operations import Body, Operation, Query
from gateway.api.schemas.matters import DIRECTIONS, MODES
from gateway.api.security import actor_of
from gateway.applications.errors import NotFound
from gateway.auth.actor import Actor
from gateway.auth.decisions import token
from matters_map.matters import Matter

FILTERS = ("handler", "q", "direction", "mode")


@token("applications", "agreements", "messages")
async def listing(request: web.Request) -> web.Response:
    """Matters in list order, narrowed by place, words, direction and mode."""
    given = requests.query(request, *FILTERS, "limit", "after")
    found = request.app[keys.MATTERS].index.matters(
        given.get("handler"),
        given.get("q"),
        requests.choice(given, "direction", DIRECTIONS),
        requests.choice(given, "mode", MODES),
    )
    return answers.page(
        given, [matter for matter in found if _theirs(request, matter)], lambda matter: matter.to_json()
    )


@token("applications", "agreements", "messages")
async def form(request: web.Request) -> web.Response:
    """The form of a matter in force."""
    library = request.app[keys.MATTERS]
    matter = library.index.get(request.match_info["id"])
    if matter is None or not _theirs(request, matter):
        raise NotFound
    return answers.json(library.forms.for_basic_code(matter.line.local_basic_code).to_json())


def _theirs(request: web.Request, matter: Matter) -> bool:
    """Home sees every list; a partner those lines that it takes part in."""
    actor: Actor = actor_of(request)
    return actor.jurisdiction == request.app[keys.SETTINGS].home or matter.handler(actor.jurisdiction) is not None


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/matters",
        listing,
        id="listMatters",
        tag="事项与表单",
        says="生效清单中的事项，按清单顺序",
        query=(
            Query("handler", "业务属地的六位代码"),
            Query("q", "名称、编码、拼音或首字母"),
            Query("direction", "方向", {"type": "string", "enum": list(DIRECTIONS)}),
            Query("mode", "办理方式", {"type": "string", "enum": list(MODES)}),
            Query("limit", "每页条数，默认 50，最多 200", {"type": "integer", "minimum": 1, "default": 50}),
            Query("after", "上一页的 next"),
        ),
        answers={200: Body("MatterList")},
        problems=(401, 403, 422, 429),
    ),
    Operation(
        "GET",
        "/api/v1/matters/{id}/form",
        form,
        id="getForm",
        tag="事项与表单",
        says="事项的申请表（JSON Schema 2020-12）",
        answers={200: Body("Form")},
        problems=(401, 403, 404, 429),
    ),
)
