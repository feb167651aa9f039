"""Health: is the process alive, can it serve, and what does it count."""

from aiohttp import web

from gateway import keys, metrics
from gateway.api import answers
from gateway.api.operations import Body, Operation
from gateway.auth.decisions import public

PROMETHEUS = "text/plain"


@public
async def alive(request: web.Request) -> web.Response:
    """200 while the process lives."""
    return answers.json({"status": "ok"})


@public
async def ready(request: web.Request) -> web.Response:
    """200 while requests can be served; 503 when one of the parts failed. `degraded` is still 200."""
    checks = dict(await request.app[keys.HEALTH].checks())
    words = set(checks.values())
    status = "failed" if words - {"ok", "degraded"} else "degraded" if "degraded" in words else "ok"
    headers = {"Retry-After": "2"} if status == "failed" else None
    return answers.json({"status": status, "checks": checks}, status=503 if headers else 200, headers=headers)


@public
async def counted(request: web.Request) -> web.Response:
    """Counters and gauges for Prometheus, of this process and of what waits; no personal values, no numbers of cases."""
    await request.app[keys.FIGURES]()
    text = request.app[keys.METRICS].text()
    return web.Response(body=text, headers={"Content-Type": metrics.CONTENT_TYPE})


OPERATIONS = (
    Operation("GET", "/healthz", alive, id="alive", tag="运行状况", says="进程是否存活", answers={200: Body("Health")}),
    Operation(
        "GET",
        "/readyz",
        ready,
        id="ready",
        tag="运行状况",
        says="能否提供服务；不能时为 503",
        answers={200: Body("Health"), 503: Body("Health")},
    ),
    Operation(
        "GET", "/metrics", counted, id="metrics", tag="运行状况", says="运行指标", answers={200: Body(None, PROMETHEUS)}
    ),
)
