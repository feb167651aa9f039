"""Where a case is stuck, with whom, and what next: the table has an answer for everything, and the right one."""

from dataclasses import replace
from datetime import date
from itertools import product
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.applications import effects, standing
from gateway.applications.case import Case
from gateway.applications.lifecycle import CLOSED, OPEN, State
from gateway.applications.standing import HOME, PARTNER, Facts

TODAY = date(2026, 11, 24)
DELIVERIES = ("waiting", "sent", "receipted", *sorted(standing.STUCK))
CASE = Facts(True, State.SUBMITTED, "枣阳市", "枣阳市", "随县", "receipted", TODAY, due="2026-12-01")
INBOUND = replace(CASE, origin=False, handler="随县", origin_name="枣阳市")
ASKED = replace(CASE, state=State.SUPPLEMENT, due_by="2026-12-15")
ASKED_BY_US = replace(INBOUND, state=State.SUPPLEMENT, due_by="2026-12-15")


def test_every_combination_has_a_line_a_side_and_a_next_step() -> None:
    seen = 0
    for origin, state, delivery, asked, late, flag in product(
        (True, False), State, DELIVERIES, (True, False), (True, False), (True, False)
    ):
        at = replace(
            CASE if origin else INBOUND,
            state=state,
            delivery=delivery,
            withdrawal=asked and state in OPEN,
            due="2026-11-20" if late else "2026-12-01",
            due_by="2026-11-20" if late else "2026-12-15",
            to_window=flag,
            told=("2026-11-23", "张三") if flag else None,
            decided_on=date(2026, 10, 1) if late else TODAY,
            originals_open=flag,
        )
        found = standing.line(at)
        assert found.who in (HOME, PARTNER)
        assert found.text
        assert found.next.endswith("。"), at
        seen += 1
    assert seen == 2 * len(State) * len(DELIVERIES) * 8


@pytest.mark.parametrize(
    ("at", "who", "text", "following"),
    [
        (CASE, PARTNER, "等待枣阳市受理，2026-12-01 前", "窗口不用操作"),
        (replace(CASE, due="2026-11-20"), PARTNER, "等待枣阳市受理，已超过 2026-11-20", "催办"),
        (replace(CASE, delivery="waiting"), PARTNER, "等待枣阳市接收", "窗口不用操作"),
        (replace(CASE, delivery="sent"), PARTNER, "已转送，等待枣阳市接收", "窗口不用操作"),
        (replace(CASE, delivery="parked", reason="schema"), PARTNER, "不能处理（schema）", "投递异常"),
        (replace(CASE, withdrawal=True), PARTNER, "撤回待枣阳市确认", "答复撤回申请"),
        (replace(CASE, state=State.ACCEPTED, due="2026-11-20"), PARTNER, "办理中，已超过 2026-11-20", "没有按期办结"),
        (replace(CASE, state=State.SUSPENDED, procedure="（公示，至 2026-12-01）"), PARTNER, "公示", "不计入"),
        (ASKED, HOME, "等待申请人补正，截止 2026-12-15（尚未登记告知）", "通知申请人"),
        (replace(ASKED, told=("2026-11-24", "张三")), HOME, "等待申请人补正，截止", "张三"),
        (replace(ASKED, to_window=True), HOME, "等待窗口更正", "不用通知申请人"),
        (replace(ASKED, delivery="waiting"), HOME, "等待申请人补正", "通知申请人"),
        (replace(CASE, state=State.DECIDED), HOME, "等待送达申请人", "登记送达"),
        (replace(CASE, state=State.DECIDED, decided_on=date(2026, 11, 1)), HOME, "结果已到 23 天", "再次联系申请人"),
        (replace(CASE, state=State.HANDED_OVER), HOME, "已结束", "已完成"),
        (
            replace(CASE, state=State.HANDED_OVER, delivery="conflict"),
            PARTNER,
            "已结束；枣阳市报告编号冲突",
            "投递异常",
        ),
        (replace(CASE, state=State.DECLINED, originals_open=True), HOME, "还有原件待退还", "登记退还"),
        (INBOUND, HOME, "等待随县受理，2026-12-01 前", "请审查"),
        (replace(INBOUND, withdrawal=True), HOME, "等待随县答复", "请答复是否同意"),
        (replace(ASKED_BY_US, delivery="sent"), PARTNER, "补正告知等待枣阳市接收", "不用操作"),
        (ASKED_BY_US, PARTNER, "等待枣阳市申请人补正", "不用操作"),
        (replace(ASKED_BY_US, due_by="2026-11-20"), HOME, "已过期限 2026-11-20", "逾期未补正"),
        (replace(INBOUND, state=State.DECIDED, delivery="waiting"), PARTNER, "结果等待枣阳市接收", "不用操作"),
        (replace(INBOUND, state=State.DECIDED), PARTNER, "结果已到枣阳市", "不用操作"),
        (replace(INBOUND, state=State.ACCEPTED, delivery="parked"), PARTNER, "不能处理", "投递异常"),
        (replace(INBOUND, state=State.DECLINED, originals_open=True), HOME, "原件待退还", "请寄回"),
    ],
)
def test_the_line_says_where_it_is_stuck_and_what_to_do(at: Facts, who: str, text: str, following: str) -> None:
    found = standing.line(at)
    assert found.who == who
    assert text in found.text
    assert following in found.next


def test_a_case_that_is_over_waits_for_nobody_unless_something_is_loose() -> None:
    for state in CLOSED - {State.DECIDED}:
        assert standing.line(replace(CASE, state=state)).text == "已结束"
        assert standing.line(replace(INBOUND, state=state)).text == "已结束"


def test_one_more_thing_out_of_order_takes_none_away() -> None:
    def beside(before: str | None, more: str) -> str:
        return effects.also(cast(Case, SimpleNamespace(leg=SimpleNamespace(irregular=before))), more)

    assert [beside(None, "乙"), beside("甲", "乙"), beside("甲；乙", "甲")] == ["乙", "甲；乙", "甲；乙"]
