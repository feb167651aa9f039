"""Rate limits, roles and auth decisions."""

import pytest
from aiohttp import web

from gateway.auth import decisions, roles
from gateway.auth.rate_limit import RateLimit, TooMany


class Ticks:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    ticks = Ticks()
    limit = RateLimit(per_second=2, burst=3, clock=ticks)
    for _ in range(3):
        limit.take("a")
    with pytest.raises(TooMany) as many:
        limit.take("a")
    assert many.value.seconds == 1
    limit.take("b")
    ticks.at += 0.5
    limit.take("a")
    with pytest.raises(TooMany):
        limit.take("a")


def test_looking_takes_nothing() -> None:
    limit = RateLimit(per_second=0.01, burst=1, clock=Ticks())
    for _ in range(5):
        limit.look("a")
    limit.take("a")
    with pytest.raises(TooMany) as many:
        limit.look("a")
    assert many.value.seconds >= 100


def test_buckets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.auth.rate_limit.KEPT", 10)
    limit = RateLimit(per_second=1, burst=1, clock=Ticks())
    for number in range(100):
        limit.take(str(number))
    assert len(limit._buckets) == 10


def test_no_role_reads_personal_data_and_runs_the_machine() -> None:
    machine = {"users.edit", "partners.edit"}
    for role in roles.ROLES:
        assert not (roles.may(role, "reveal") and any(roles.may(role, deed) for deed in machine))


def test_the_administrator_sees_no_case() -> None:
    assert not any(roles.may("administrator", deed) for deed in ("view", "list", "reveal", "evidence", "file.get"))


def test_the_auditor_changes_nothing() -> None:
    assert all(deed in {"view", "list", "evidence"} or deed.endswith(".view") for deed in roles.MAY["auditor"])


def test_who_proposes_a_list_does_not_sign_it() -> None:
    assert not any(roles.may(role, "lists.propose") and roles.may(role, "lists.sign") for role in roles.ROLES)


def test_unknown_roles_and_deeds_may_nothing() -> None:
    assert not roles.may("king", "view")
    assert not roles.may("clerk", "coronate")
    assert not roles.may(None, "view")
    assert not roles.scopes_allow(frozenset({"king"}), "view")


async def _nothing(request: web.Request) -> web.Response:
    return web.Response()


def test_a_route_without_a_decision_stops_the_house() -> None:
    app = web.Application()
    app.router.add_get("/open", decisions.public(_nothing))
    decisions.check_routes(app)

    async def forgotten(request: web.Request) -> web.Response:
        return web.Response()

    app.router.add_post("/forgotten", forgotten)
    with pytest.raises(decisions.UndecidedRoute, match=r"POST /forgotten"):
        decisions.check_routes(app)


def test_a_decision_names_only_roles_and_scopes_that_exist() -> None:
    with pytest.raises(ValueError, match="king"):
        decisions.signed_in("king")
    with pytest.raises(ValueError, match="everything"):
        decisions.token("everything")
