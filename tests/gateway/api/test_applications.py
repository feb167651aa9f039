"""Filing and seeing applications over the API, to the letter of the contract."""

import asyncio
import gzip
import io
import json
from typing import Any

from matters_map.matters import Matter
from tests.gateway.api.conftest import HOME, House
from tests.gateway.api.people import FORMS, MATTER, answers, filing

KEY = {"Idempotency-Key": "k-1"}


def pointers(body: dict[str, Any]) -> set[tuple[str, str]]:
    return {(error["pointer"], error["code"]) for error in body["errors"]}


async def test_an_application_is_filed_and_found_again(house: House) -> None:
    status, body, headers = await house.call("POST", "applications", json=filing(), headers=KEY)
    assert status == 201
    assert headers["Location"] == body["links"]["self"] == f"/api/v1/applications/{body['number']}"
    assert (body["state"], body["state_text"], body["handler"]["name"]) == ("SUBMITTED", "已收件", "枣阳市")
    assert body["number"][14] == "2"
    assert body["applicant"]["id_number"] == "420***********9986"
    status, shown, _ = await house.call("GET", f"applications/{body['number']}")
    assert (status, shown["number"]) == (200, body["number"])
    status, page, _ = await house.call("GET", "applications?q=A-1&limit=10")
    assert status == 200
    assert set(page) == {"items", "next"}


async def test_the_same_key_and_body_give_the_same_answer(house: House) -> None:
    first = await house.call("POST", "applications", json=filing(), headers=KEY)
    again = await house.call("POST", "applications", json=filing(), headers=KEY)
    assert (again[0], again[1]) == (201, first[1])
    assert again[2]["Idempotency-Replayed"] == "true"
    assert again[2]["Location"] == first[2]["Location"]
    assert "Idempotency-Replayed" not in first[2]


async def test_the_same_request_many_times_at_once_files_one_case(house: House) -> None:
    calls = [house.call("POST", "applications", json=filing(), headers=KEY) for _ in range(8)]
    answers = await asyncio.gather(*calls)
    numbers = {body["number"] for status, body, _ in answers if status == 201}
    refused = [(status, body["type"], headers["Retry-After"]) for status, body, headers in answers if status != 201]
    assert len(numbers) == 1
    assert set(refused) <= {(409, "/problems/in-flight", "1")}
    assert len((await house.call("GET", "applications"))[1]["items"]) == 1


async def test_the_same_key_with_another_body_is_refused(house: House) -> None:
    await house.call("POST", "applications", json=filing(), headers=KEY)
    status, body, _ = await house.call("POST", "applications", json=filing(reference="A-2"), headers=KEY)
    assert (status, body["type"]) == (422, "/problems/idempotency-key-reused")


async def test_another_client_may_use_the_same_key(house: House) -> None:
    first = await house.call("POST", "applications", json=filing(), headers=KEY)
    second = await house.call("POST", "applications", "other-window", json=filing(), headers=KEY)
    assert (first[0], second[0]) == (201, 201)
    assert first[1]["number"] != second[1]["number"]


BAD_KEYS: list[Any] = [None, "", "x" * 256]


async def test_filing_needs_a_key(house: House) -> None:
    for key in BAD_KEYS:
        headers = {} if key is None else {"Idempotency-Key": key}
        status, body, _ = await house.call("POST", "applications", json=filing(), headers=headers)
        assert (status, body["type"]) == (400, "/problems/malformed")


async def test_every_error_is_told_at_once_and_no_value_is_echoed(house: House) -> None:
    wrong = answers()
    wrong["applicant"]["idNumber"] = "420683199002029987"
    del wrong["applicant"]["mobile"]
    body = filing(answers=wrong, surplus="secret-7", attachments=[{"material": "M01", "sha256": "0" * 64}])
    status, problem, _ = await house.call("POST", "applications", json=body, headers=KEY)
    assert status == 422
    assert {
        ("/surplus", "unknown"),
        ("/answers/applicant/mobile", "required"),
        ("/attachments/0/sha256", "file_missing"),
    } <= (pointers(problem))
    assert any(pointer == "/answers/applicant/idNumber" for pointer, _ in pointers(problem))
    text = json.dumps(problem, ensure_ascii=False)
    assert "secret-7" not in text
    assert "420683199002029987" not in text


async def test_nothing_is_filed_when_something_is_wrong(house: House) -> None:
    await house.call("POST", "applications", json=filing(surplus=1), headers=KEY)
    assert (await house.call("GET", "applications"))[1] == {"items": [], "next": None}


LEADING_NOWHERE: list[Any] = [
    ({"answers": {}}, ("/matter", "required")),
    ({"matter": "zaoyang.nothing", "answers": {}}, ("/matter", "unknown_matter")),
    ({"matter": 7, "answers": {}}, ("/matter", "type")),
    ({"matter": MATTER}, ("/answers", "required")),
    ({"matter": MATTER, "answers": {}, "handler": "411330"}, ("/handler", "no_route")),
    ({"matter": MATTER, "answers": answers() | {"targetRegion": "411330"}}, ("/answers/targetRegion", "no_route")),
]


async def test_a_body_that_leads_nowhere_says_why(house: House) -> None:
    for body, finding in LEADING_NOWHERE:
        status, problem, _ = await house.call("POST", "applications", json=body, headers=KEY)
        assert (status, problem["type"]) == (422, "/problems/validation")
        assert finding in pointers(problem)
        assert all(error["detail"] for error in problem["errors"])


NO_OBJECTS: list[Any] = ["[]", '"text"', "null", "7"]


async def test_a_body_that_is_no_object_is_one_finding(house: House) -> None:
    for body in NO_OBJECTS:
        headers = {**KEY, "Content-Type": "application/json"}
        for path in ("applications", "applications/check"):
            status, problem, _ = await house.call("POST", path, data=body, headers=headers)
            assert (status, pointers(problem)) == (422, {("", "type")})


NOT_JSON: list[Any] = [
    b"",
    b"{",
    b'{"matter":1,"matter":2}',
    b'{"a":NaN}',
    b"[" * 100_000,
    b'{"a":' * 70 + b"1" + b"}" * 70,
    b"\xef\xbb\xbf{}",
    b'{"a":"\xff"}',
    b'{"a":"\\ud800"}',
    b'{"a":1' + b"0" * 5000 + b"}",
]


async def test_what_is_not_json_is_malformed(house: House) -> None:
    for body in NOT_JSON:
        headers = {**KEY, "Content-Type": "application/json"}
        status, problem, _ = await house.call("POST", "applications", data=body, headers=headers)
        assert (status, problem["type"]) == (400, "/problems/malformed")


async def test_another_media_type_is_refused(house: House) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/cloudevents+json"):
        headers = {**KEY, "Content-Type": content_type}
        status, problem, _ = await house.call("POST", "applications", data=b"{}", headers=headers)
        assert (status, problem["type"]) == (415, "/problems/media-type")


async def test_a_body_over_one_mebibyte_is_too_large(house: House) -> None:
    body = io.BytesIO(json.dumps(filing(reference="x" * (1 << 20))).encode())
    headers = {**KEY, "Content-Type": "application/json"}
    status, problem, _ = await house.call("POST", "applications", data=body, headers=headers)
    assert (status, problem["type"]) == (413, "/problems/too-large")


async def test_a_packed_body_counts_as_what_it_unpacks_to(house: House) -> None:
    headers = {**KEY, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    bomb = gzip.compress(json.dumps(filing(reference="x" * (50 << 20))).encode())
    status, problem, _ = await house.call("POST", "applications", data=bomb, headers=headers)
    assert (status, problem["type"]) == (413, "/problems/too-large")
    status, _, _ = await house.call(
        "POST", "applications", data=gzip.compress(json.dumps(filing()).encode()), headers=headers
    )
    assert status == 201


async def test_checking_stores_nothing_and_answers_200(house: House) -> None:
    wrong = answers()
    del wrong["applicant"]["mobile"]
    status, body, _ = await house.call("POST", "applications/check", json={"matter": MATTER, "answers": wrong})
    assert status == 200
    assert set(body) == {"ok", "handler", "errors", "warnings"}
    assert (body["ok"], body["handler"]) == (False, {"code": "420683", "name": "枣阳市"})
    assert ("/answers/applicant/mobile", "required") in pointers(body)
    status, body, _ = await house.call("POST", "applications/check", json={"matter": MATTER, "answers": answers()})
    assert (body["ok"], body["errors"]) == (True, [])
    document = answers()
    document["materials"][0] |= {"name": "居民身份证", "source": "电子证照", "certId": "1.2.156.3005.2.X"}
    document["materials"] = document["materials"][:1]
    document["delivery"] = {"method": "邮寄"}
    _, body, _ = await house.call("POST", "applications/check", json={"matter": MATTER, "answers": document})
    assert {one["code"] for one in body["warnings"]} <= {
        "material_missing",
        "certificate_not_listed",
        "delivery_not_listed",
    }
    assert ("/answers/delivery/method", "delivery_not_listed") in {(w["pointer"], w["code"]) for w in body["warnings"]}
    assert (await house.call("GET", "applications"))[1]["items"] == []


EXAMPLES = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FORMS.glob("*.examples.json"))]


async def test_the_example_files_are_judged_as_they_say(house: House) -> None:
    """`valid` passes; each `invalid` and `semantic_invalid` is found at its pointer, under /answers.

    What another county's window took in is not filed here: no_route.
    """
    for examples in EXAMPLES:
        for kind, example in _each(examples):
            document = example if kind == "valid" else example["data"]
            matter = _matter(house, examples["matter_basic_code"], document["targetRegion"])
            body = {"matter": matter.id, "answers": document}
            status, told, _ = await house.call("POST", "applications/check", json=body)
            assert status == 200
            found = {error["pointer"] for error in told["errors"]}
            if document["acceptRegion"] != HOME:
                assert ("/answers/acceptRegion", "no_route") in pointers(told)
            elif kind == "valid":
                assert told["errors"] == []
            else:
                assert "/answers" + example["pointer"] in found


def _each(examples: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(kind, one) for kind in ("valid", "invalid", "semantic_invalid") for one in examples[kind]]


def _matter(house: House, code: str, place: str) -> Matter:
    """The line with this code that the place decides, of its own agreement rather than the cluster's."""
    lines = [one for one in house.parts.library.index.matters() if one.line.local_basic_code == code]
    return next((one for one in lines if one.handler(place) is not None and len(one.handlers) == 1), lines[0])


async def test_lists_are_pages(house: House) -> None:
    for number in range(5):
        await house.call("POST", "applications", json=filing(), headers={"Idempotency-Key": str(number)})
    status, first, _ = await house.call("GET", "applications?limit=3")
    assert (status, len(first["items"])) == (200, 3)
    _, second, _ = await house.call("GET", f"applications?limit=3&after={first['next']}")
    assert (len(second["items"]), second["next"]) == (2, None)
    numbers = [item["number"] for item in first["items"] + second["items"]]
    assert numbers == sorted(numbers, reverse=True)
    assert not {"materials", "legs"} & set(first["items"][0])


BAD_QUESTIONS: list[Any] = [
    ("limit=0", ("/limit", "minimum")),
    ("limit=x", ("/limit", "type")),
    ("state=DONE", ("/state", "enum")),
    ("since=yesterday", ("/since", "format")),
    ("after=x", ("/after", "format")),
    ("stat=SUBMITTED", ("/stat", "unknown")),
    ("state=SUBMITTED&state=ACCEPTED", ("/state", "uniqueItems")),
]


async def test_a_question_that_cannot_be_understood_is_refused(house: House) -> None:
    for query, finding in BAD_QUESTIONS:
        status, problem, _ = await house.call("GET", f"applications?{query}")
        assert (status, pointers(problem)) == (422, {finding})


async def test_a_limit_above_200_gives_200(house: House) -> None:
    status, body, _ = await house.call("GET", "matters?limit=500")
    assert status == 200
    assert len(body["items"]) <= 200


async def test_an_unknown_number_is_not_found(house: House) -> None:
    for path in ("applications/421321202611242000001G", "applications/x/events", "applications/x/evidence"):
        status, problem, _ = await house.call("GET", path)
        assert (status, problem["type"]) == (404, "/problems/not-found")


async def test_the_events_of_an_application_come_oldest_first(house: House) -> None:
    _, filed, _ = await house.call("POST", "applications", json=filing(), headers=KEY)
    status, body, _ = await house.call("GET", f"applications/{filed['number']}/events")
    assert status == 200
    assert body["items"][0]["type"] == "application.submitted"
    assert set(body["items"][0]) == {"id", "at", "type", "state", "actor", "message_id", "text", "data"}


async def test_a_deed_on_an_open_case_answers_with_the_case(house: House) -> None:
    for path, body in (
        ("urges", {"text": "请尽快办理"}),
        ("notes", {"text": "材料原件已寄出", "attachments": []}),
        ("corrections", {"answers": {"/answers/applicant/mobile": "13000000099"}, "reason": "打错一位"}),
        ("withdrawal", {"reason": "申请人不再需要"}),
    ):
        _, filed, _ = await house.call("POST", "applications", json=filing(), headers={"Idempotency-Key": path})
        address = f"applications/{filed['number']}/{path}"
        status, told, _ = await house.call("POST", address, json=body, headers=KEY)
        assert (status, told["number"]) == (200, filed["number"])
        status, again, _ = await house.call("POST", address, json=body, headers=KEY)
        assert (status, again["version"]) == (200, told["version"])
        status, problem, _ = await house.call("POST", address, json={**body, "surplus": 1})
        assert (status, pointers(problem)) == (422, {("/surplus", "unknown")})


async def test_a_deed_that_is_not_possible_now_is_a_conflict(house: House) -> None:
    _, filed, _ = await house.call("POST", "applications", json=filing(), headers=KEY)
    for path, body in (
        ("supplements", {"answers": {}, "materials": [], "note": "已补"}),
        ("handover", {"method": "window", "to": "张三"}),
        ("rating", {"window": 5, "handler": 4}),
    ):
        status, problem, _ = await house.call("POST", f"applications/{filed['number']}/{path}", json=body)
        assert (status, problem["type"]) == (409, "/problems/state")


MISSHAPEN: list[Any] = [
    ("rating", {"window": 6, "handler": 1}, ("/window", "maximum")),
    ("rating", {"window": True, "handler": 1}, ("/window", "type")),
    ("rating", {"handler": 1}, ("/window", "required")),
    ("notes", {"text": "x", "attachments": [[]]}, ("/attachments/0", "type")),
    ("handover", {"method": "pigeon", "to": "张三"}, ("/method", "enum")),
    ("supplements", {"materials": ["x"]}, ("/materials/0", "type")),
    ("withdrawal", {"reason": ""}, ("/reason", "minLength")),
]


async def test_a_deeds_body_is_held_against_its_shape(house: House) -> None:
    _, filed, _ = await house.call("POST", "applications", json=filing(), headers=KEY)
    for path, body, finding in MISSHAPEN:
        status, problem, _ = await house.call("POST", f"applications/{filed['number']}/{path}", json=body)
        assert (status, pointers(problem)) == (422, {finding})


async def test_a_partner_cannot_use_the_windows_side(house: House) -> None:
    for method, path in (("GET", "applications"), ("POST", "applications"), ("GET", "events")):
        status, problem, _ = await house.call(method, path, "zaoyang")
        assert (status, problem["type"]) == (403, "/problems/scope")


async def test_matters_are_told_in_list_order_with_their_form(house: House) -> None:
    status, page, _ = await house.call("GET", "matters?handler=420683&limit=200")
    assert (status, len(page["items"]), page["next"]) == (200, 28, None)
    assert [item["line"] for item in page["items"]] == sorted(item["line"] for item in page["items"])
    status, form, _ = await house.call("GET", f"matters/{MATTER}/form")
    assert (status, set(form), form["id"]) == (200, {"id", "version", "schema"}, "shebao_canbao_jilu_chaxun")
    assert (await house.call("GET", "matters/zaoyang.nothing/form"))[0] == 404


async def test_matters_come_in_pages_too(house: House) -> None:
    seen, after = [], ""
    while True:
        _, page, _ = await house.call("GET", f"matters?limit=70{after}")
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(seen) == len(set(seen)) == 28 + 40 + 38 + 71


async def test_a_partner_sees_only_its_own_lines_and_agreements(house: House) -> None:
    _, page, _ = await house.call("GET", "matters?limit=200", "zaoyang")
    assert {handler["code"] for item in page["items"] for handler in item["handlers"]} == {"420683"}
    assert (await house.call("GET", f"matters/{MATTER}/form", "jingshan"))[0] == 404
    _, agreements, _ = await house.call("GET", "agreements", "jingshan")
    assert [item["id"] for item in agreements["items"]] == ["jingshan"]
    assert (await house.call("GET", "agreements/zaoyang/versions/1", "jingshan"))[0] == 404


async def test_agreements_and_versions_are_told(house: House) -> None:
    status, page, _ = await house.call("GET", "agreements")
    assert (status, [item["id"] for item in page["items"]]) == (200, ["zaoyang", "tongbai", "jingshan", "xssn_cluster"])
    status, version, _ = await house.call("GET", "agreements/zaoyang/versions/1")
    assert (status, version["state"], len(version["lines"])) == (200, "in_force", 28)
    for path in ("agreements/zaoyang/versions/2", "agreements/zaoyang/versions/x", "agreements/no/versions/1"):
        assert (await house.call("GET", path))[0] == 404


async def test_a_list_version_is_big_and_still_whole(house: House) -> None:
    _, version, _ = await house.call("GET", "agreements/xssn_cluster/versions/1")
    assert len(version["lines"]) == 71
    assert set(version) == {
        "agreement",
        "version",
        "state",
        "effective_from",
        "effective_to",
        "hash",
        "lines",
        "signatures",
    }
