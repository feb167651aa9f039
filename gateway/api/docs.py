"""The documents: OpenAPI, AsyncAPI, and a reference page that draws the former."""

from collections.abc import Iterable

import orjson
from aiohttp import web

from gateway import keys
from gateway.api import openapi
from gateway.api.operations import Operation
from gateway.auth.decisions import public
from messaging import asyncapi

OPENAPI: web.AppKey[bytes] = web.AppKey("openapi")
ASYNCAPI: web.AppKey[bytes] = web.AppKey("asyncapi")
FOR_A_WHILE = {"Cache-Control": "public, max-age=60"}


def add(app: web.Application, operations: Iterable[Operation]) -> None:
    """Build both documents once and add their routes."""
    app[OPENAPI] = orjson.dumps(openapi.document(operations, app[keys.SETTINGS].public_url))
    app[ASYNCAPI] = orjson.dumps(asyncapi.document())
    app.router.add_get("/api/openapi.json", openapi_json)
    app.router.add_get("/api/asyncapi.json", asyncapi_json)
    app.router.add_get("/api/docs", page)


@public
async def openapi_json(request: web.Request) -> web.Response:
    """OpenAPI 3.1."""
    return web.Response(body=request.app[OPENAPI], content_type="application/json", headers=FOR_A_WHILE)


@public
async def asyncapi_json(request: web.Request) -> web.Response:
    """AsyncAPI 3.0."""
    return web.Response(body=request.app[ASYNCAPI], content_type="application/json", headers=FOR_A_WHILE)


@public
async def page(request: web.Request) -> web.Response:
    """The reference, drawn by Swagger UI in the browser."""
    return request.app[keys.RENDERER].page(request, "api_docs/api_docs.html", {})
