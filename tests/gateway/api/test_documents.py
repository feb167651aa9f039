"""The documents: true to the routes, valid by their standards, and true to what is really answered."""

import hashlib
import json
import re
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.api import openapi
from gateway.api.routes import OPERATIONS
from gateway.api.schemas import catalogue
from gateway.audit import queries
from gateway.auth import decisions
from tests.gateway.api.conftest import SECRET, House
from tests.gateway.api.people import filing, plain

DOCUMENT = json.loads(json.dumps(openapi.document(OPERATIONS, "https://tongban.example")))


def holds(schema: str, value: Any) -> list[str]:
    """What is wrong with a value by a shape of the catalogue: places and keywords."""
    root = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    validator = jsonschema_rs.Draft202012Validator(root, offline=True, validate_formats=True)
    return [f"{'/'.join(map(str, error.instance_path))} {error.kind.name}" for error in validator.iter_errors(value)]


def test_the_openapi_document_is_valid() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()
    assert DOCUMENT["openapi"].startswith("3.1")


async def test_each_route_is_in_the_document_and_nothing_else_is(house: House) -> None:
    app = house.client.app
    assert app is not None
    described = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    routes = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert {row for row in described if row[1].startswith("/api/v1")} == {
        row for row in routes if row[1].startswith("/api/v1")
    }
    assert described <= routes


def test_operations_have_names_of_their_own_and_say_who_may() -> None:
    names = [operation.id for operation in OPERATIONS]
    assert len(names) == len(set(names))
    for operation in OPERATIONS:
        decision = decisions.of(operation.handler)
        assert decision is not None
        security = DOCUMENT["paths"][operation.path][operation.method.lower()]["security"]
        assert {scope for entry in security for scope in entry["token"]} == decision.scopes
        assert (decision.kind == "public") == (security == [])


def test_every_reference_leads_somewhere_and_no_shape_is_left_over() -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert named <= set(catalogue.SCHEMAS)
    assert set(catalogue.SCHEMAS) - named == {"Change"}  # of the stream, whose body is no JSON


@pytest.mark.parametrize("name", sorted(catalogue.SCHEMAS))
def test_every_example_is_an_example_of_its_shape(name: str) -> None:
    for example in catalogue.SCHEMAS[name].get("examples", []):
        assert holds(name, example) == []


def test_descriptions_bring_no_style_of_their_own() -> None:
    assert "style=" not in json.dumps(DOCUMENT)


async def test_what_is_answered_has_the_shape_that_is_promised(house: House) -> None:
    _, filed, _ = await house.call("POST", "applications", json=filing(), headers={"Idempotency-Key": "k"})
    number = filed["number"]
    shared = filing() | {"matter": "zaoyang.002036003001", "answers": plain()}
    status, joint, _ = await house.call("POST", "applications", json=shared, headers={"Idempotency-Key": "j"})
    assert (status, [leg["stage"] for leg in joint["legs"]]) == (201, [1, 2])
    assert holds("Application", joint) == []
    assert (await house.call("GET", f"applications/{joint['legs'][1]['number']}"))[1]["number"] == joint["number"]
    answers = {
        "Application": filed,
        "ApplicationList": (await house.call("GET", "applications"))[1],
        "EventList": (await house.call("GET", f"applications/{number}/events"))[1],
        "Checked": (await house.call("POST", "applications/check", json={"matter": "x"}))[1],
        "MatterList": (await house.call("GET", "matters?limit=200"))[1],
        "Form": (await house.call("GET", "matters/zaoyang.002014006001/form"))[1],
        "AgreementList": (await house.call("GET", "agreements"))[1],
        "ListVersion": (await house.call("GET", "agreements/zaoyang/versions/1"))[1],
        "DeliveryList": (await house.call("GET", "deliveries?wait=5", "zaoyang"))[1],
        "Problem": (await house.call("GET", "applications/x"))[1],
    }
    for name, body in answers.items():
        assert holds(name, body) == [], name
    assert len(answers["DeliveryList"]["items"]) >= 1
    form = {"grant_type": "client_credentials", "client_id": "window", "client_secret": SECRET}
    async with house.client.post("/api/v1/token", data=form) as answer:
        assert holds("Token", await answer.json()) == []


async def test_both_documents_are_served_to_everybody(house: House) -> None:
    for path, member in (("/api/openapi.json", "openapi"), ("/api/asyncapi.json", "asyncapi")):
        async with house.client.get(path) as answer:
            assert answer.status == 200
            assert member in await answer.json()


async def test_the_reference_page_has_no_script_or_style_inside(house: House) -> None:
    async with house.client.get("/api/docs") as answer:
        page = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert answer.status == 200
    assert "swagger-ui-bundle.js" in page
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page)
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


async def test_health_is_told_without_a_token(house: House) -> None:
    async with house.client.get("/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
    async with house.client.get("/readyz") as answer:
        body = await answer.json()
    assert (answer.status, body["status"], set(body["checks"])) == (200, "ok", {"database", "migrations", "loops"})


async def test_the_counters_name_routes_and_no_cases(house: House) -> None:
    _, filed, _ = await house.call("POST", "applications", json=filing(), headers={"Idempotency-Key": "k"})
    await house.call("GET", f"applications/{filed['number']}")
    async with house.client.get("/metrics") as answer:
        text = await answer.text()
    assert 'route="/api/v1/applications/{number}"' in text
    assert filed["number"] not in text


async def test_evidence_is_an_archive_of_the_case(house: House) -> None:
    _, filed, _ = await house.call("POST", "applications", json=filing(), headers={"Idempotency-Key": "k"})
    status, body, headers = await house.call("GET", f"applications/{filed['number']}/evidence")
    assert (status, headers["Content-Type"], body[:2]) == (200, "application/zip", b"PK")
    assert filed["number"] in headers["Content-Disposition"]
    lines = await queries.lines_of(filed["number"])
    assert [(line["what"], line["detail"]) for line in lines[1:]] == [
        ("evidence.given", {"sha256": hashlib.sha256(body).hexdigest()})
    ]
