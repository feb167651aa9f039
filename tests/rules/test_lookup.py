"""Routing and searching over the four sample lists."""

import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from matters_map.lookup import MatterIndex, NoRoute, Route, Version
from matters_map.matters import Matter

NOW = datetime.fromisoformat("2026-11-24T09:30:00+08:00")
QUERY = "zaoyang.002014006001"
CLUSTER_COMPANY = "xssn_cluster.000131002001"
LICENCE, MARRIAGE = "zaoyang.000109020008", "zaoyang.000711006001"
RESIDENCE = "jingshan.000709013001"


def refused(answer: Route | NoRoute) -> NoRoute:
    assert isinstance(answer, NoRoute)
    return answer


def names(matters: list[Matter]) -> set[str]:
    return {matter.name for matter in matters}


def test_the_four_lists_hold_what_was_agreed(index: MatterIndex) -> None:
    counted = Counter(matter.agreement for matter in index.matters())
    assert counted == {"zaoyang": 28, "tongbai": 40, "jingshan": 38, "xssn_cluster": 71}


def test_matters_come_in_list_order(index: MatterIndex) -> None:
    order = [(matter.agreement, matter.line.seq) for matter in index.matters()]
    assert order[:28] == [("zaoyang", seq) for seq in range(1, 29)]
    assert order[-71:] == [("xssn_cluster", seq) for seq in range(1, 72)]


def test_a_matter_reads_as_the_contract_says(index: MatterIndex) -> None:
    matter = index.get(QUERY)
    assert matter is not None
    assert matter.to_json() == {
        "id": QUERY,
        "agreement": "zaoyang",
        "version": 1,
        "line": 1,
        "name": "社会保险参保缴费记录查询",
        "sub_item": "个人参保缴费记录查询打印",
        "matter_type": "公共服务",
        "service_object": "自然人",
        "department": "随县人力资源和社会保障局",
        "codes": {"local_basic": "002014006001", "local_implement": "11421321MB9T0014284002014006001"},
        "mode": "online",
        "direction": "both",
        "handlers": [
            {
                "code": "420683",
                "name": "枣阳市",
                "basic_code": "002014006001",
                "implement_code": "11420683MB9T0014254002014006001",
            }
        ],
        "limits": {"statutory_days": 1, "promised_days": 0, "instant": True},
        "materials": [{"name": "居民身份证", "e_certificate": True}, {"name": "社会保障卡", "e_certificate": True}],
        "result": {"name": "个人参保缴费证明", "delivery": ["electronic", "window"]},
        "fee": "不收费",
        "contact": "随县政务服务中心一楼跨省通办窗口A01;枣阳市政务服务中心跨域通办专窗(示例);0722-0000001/0710-0000001",
        "remarks": None,
        "guide_only": False,
        "suspended": None,
        "form": "shebao_canbao_jilu_chaxun",
    }


def test_every_matter_can_be_told(index: MatterIndex) -> None:
    told = [matter.to_json() for matter in index.matters()]
    assert {matter["mode"] for matter in told} == {"online", "collect_and_forward", "joint"}
    assert Counter(matter["direction"] for matter in told) == {"both": 158, "outbound": 11, "inbound": 8}
    assert {way for matter in told for way in matter["result"]["delivery"]} == {"electronic", "window", "post"}


def test_one_handler_need_not_be_named(index: MatterIndex) -> None:
    for handler in (None, "420683"):
        route = index.route(QUERY, handler)
        assert isinstance(route, Route)
        assert (route.handler.code, route.handler.name) == ("420683", "枣阳市")


def test_a_cluster_matter_needs_a_handler_and_knows_each_ones_codes(index: MatterIndex) -> None:
    answer = refused(index.route(CLUSTER_COMPANY))
    assert (answer.code, answer.pointer) == ("required", "/handler")
    assert "襄阳市（420600）" in answer.detail
    for code in ("420600", "420300", "421300", "429021"):
        route = index.route(CLUSTER_COMPANY, code)
        assert isinstance(route, Route)
        assert route.handler.implement_code[2:8] == code


def test_an_unknown_matter_has_no_route(index: MatterIndex) -> None:
    answer = refused(index.route("zaoyang.999999999999", "420683"))
    assert (answer.code, answer.pointer) == ("unknown_matter", "/matter")


def test_a_guide_only_matter_says_where_to_go(index: MatterIndex) -> None:
    for matter_id, reason in ((MARRIAGE, "《婚姻登记条例》"), (LICENCE, "本平台仅导办")):
        answer = refused(index.route(matter_id, "420683"))
        assert (answer.code, answer.pointer) == ("no_route", "/matter")
        assert reason in answer.detail
        assert "枣阳市政务服务中心跨域通办专窗" in answer.detail


def test_guide_only_lines_are_the_marriages_and_the_driving_licences(index: MatterIndex) -> None:
    guide_only = [matter for matter in index.matters() if matter.guide_only]
    assert Counter(matter.line.local_basic_code for matter in guide_only) == {"000711006001": 4, "000109020008": 4}


def test_what_only_they_receive_says_so(index: MatterIndex) -> None:
    answer = refused(index.route(RESIDENCE))
    assert (answer.code, answer.pointer) == ("no_route", "/matter")
    assert "只由对方窗口收件" in answer.detail
    assert "京山市（420882）" in answer.detail


def test_a_joint_matter_has_a_route_and_its_mode(index: MatterIndex) -> None:
    route = index.route("zaoyang.002014008003")
    assert isinstance(route, Route)
    assert route.matter.mode == "joint"


@pytest.mark.parametrize(
    ("matter_id", "handler", "mend"),
    [
        (QUERY, "999999", "没有这个地区代码"),
        (QUERY, "411330", "请改用事项 tongbai.002014006001"),
        (QUERY, "420624", "没有与该地区就此事项签订通办协议"),
        (QUERY, "421321", "没有与该地区就此事项签订通办协议"),
        (CLUSTER_COMPANY, "420602", "归襄阳市（420600）办理"),
        ("tongbai.000709012002", "420683", "请改用事项 zaoyang.000709012002"),
        (QUERY, "420882", "请改用事项 jingshan.002014006001"),
    ],
)
def test_a_place_that_does_not_decide_is_told_what_would_mend_it(
    index: MatterIndex, matter_id: str, handler: str, mend: str
) -> None:
    answer = refused(index.route(matter_id, handler))
    assert (answer.code, answer.pointer) == ("no_route", "/handler")
    assert mend in answer.detail


def test_routing_takes_less_than_a_tenth_of_a_millisecond(index: MatterIndex) -> None:
    began = time.perf_counter()
    for _ in range(1000):
        index.route(CLUSTER_COMPANY, "429021")
    assert (time.perf_counter() - began) / 1000 < 0.0001


def test_matters_are_narrowed_by_place_direction_and_mode(index: MatterIndex) -> None:
    assert {matter.agreement for matter in index.matters(handler="429021")} == {"xssn_cluster"}
    assert {matter.mode for matter in index.matters(mode="joint")} == {"joint"}
    assert len(index.matters(direction="inbound")) == 8
    assert index.matters(handler="421321") == []


@pytest.mark.parametrize("query", ["不动产登记资料", "budongchan", "bdcdj", "002015003001", "查询 bdc", "BDC"])
def test_the_register_query_is_found_however_it_is_asked(index: MatterIndex, query: str) -> None:
    assert any("不动产登记资料查询" in name for name in names(index.matters(q=query)))


def test_a_sub_item_and_a_partner_code_find_a_matter(index: MatterIndex) -> None:
    assert QUERY in {matter.id for matter in index.matters(q="grcbjf")}
    assert {matter.id for matter in index.matters(q="11420683MB9T0014254002014006001")} == {QUERY}


@pytest.mark.parametrize("query", ["没有的事项", "zzzzzz", "'", "查" * 51])
def test_a_search_may_find_nothing(index: MatterIndex, query: str) -> None:
    assert index.matters(q=query) == (index.matters() if query == "'" else [])


def test_searching_is_quick(index: MatterIndex) -> None:
    began = time.perf_counter()
    for query in ("shebao", "yanglao", "bdc", "z"):
        index.matters(q=query)
    assert (time.perf_counter() - began) / 4 < 0.05


def test_a_version_is_in_force_from_its_minute_until_the_next(versions: list[Version]) -> None:
    first = versions[0]
    switch = NOW + timedelta(days=1)
    second = replace(first, version=2, state="signed", effective_from=switch, lines=first.lines[1:])
    before = MatterIndex([second, first], NOW)
    after = MatterIndex([second, first], switch)
    assert before.changes_at == switch
    assert after.changes_at is None
    assert (len(before.matters()), len(after.matters())) == (28, 27)
    gone = refused(after.route(first.agreement + "." + first.lines[0].local_basic_code))
    assert (gone.code, gone.pointer) == ("not_in_force", "/matter")


def test_a_matter_of_a_list_to_come_says_from_when(versions: list[Version]) -> None:
    coming = replace(versions[0], state="signed", effective_from=datetime.fromisoformat("2027-01-01T00:00:00+08:00"))
    answer = refused(MatterIndex([coming], NOW).route(QUERY))
    assert answer.code == "not_in_force"
    assert "2027-01-01 00:00" in answer.detail


@pytest.mark.parametrize("state", ["draft", "proposed", "returned", "suspended"])
def test_a_list_without_force_routes_nothing(versions: list[Version], state: str) -> None:
    index = MatterIndex([replace(versions[0], state=state)], NOW)
    assert index.matters() == []
    assert index.changes_at is None
    assert refused(index.route(QUERY)).code == "not_in_force"


def test_an_ended_list_still_answers_for_the_time_before_its_end(versions: list[Version]) -> None:
    ended = replace(versions[0], state="ended", effective_to=NOW)
    assert MatterIndex([ended], NOW).matters() == []
    assert len(MatterIndex([ended], NOW - timedelta(minutes=1)).matters()) == 28
