"""A day's queue and the steps of one case, for the showroom."""

from typing import Any

# name, matter, handler, state, outcome, delivery, time left
QUEUE = [
    ("张三", "社会保险参保缴费记录查询", "枣阳市", "SUBMITTED", None, "sent", "剩 5 工作日"),
    ("李四测试", "内资公司设立登记", "桐柏县", "ACCEPTED", None, "receipted", "剩 3 工作日"),
    ("王五", "居民身份证换领", "京山市", "SUPPLEMENT", None, "receipted", "剩 1 工作日"),
    ("赵𬱖测", "残疾人证新办", "襄阳市", "SUSPENDED", None, "receipted", "已停表"),
    ("孙七", "社会保险参保缴费记录查询", "枣阳市", "DECIDED", "granted", "receipted", "已办结"),
    ("张三", "基本医疗保险异地就医备案（异地长期居住人员备案）", "枣阳市", "DECIDED", "refused", "receipted", "已办结"),
    ("张三", "内资公司设立登记", "枣阳市", "DECLINED", None, "receipted", "—"),
    ("王五", "个体工商户设立登记", "桐柏县", "EXPIRED", None, "receipted", "—"),
    ("王五", "个体工商户设立登记", "桐柏县", "HANDED_OVER", "granted", "receipted", "—"),
    ("孙七", "残疾人证新办", "十堰市", "WITHDRAWN", None, "parked", "—"),
    ("张三", "社会保险参保缴费记录查询", "枣阳市", "SUBMITTED", None, "waiting", "剩 4 工作日"),
    ("李四测试", "社会保险参保缴费记录查询", "枣阳市", "SUBMITTED", None, "conflict", "剩 4 工作日"),
]
# at, title, text, place, side, who, system, state, irregular
STEPS = [
    ("2026-11-24T09:30:00+08:00", "窗口收件", "收到材料 4 份。", "随县", "home", "窗口测试员", None, "SUBMITTED", None),
    ("2026-11-24T09:31:02+08:00", "对方已接收", None, "枣阳市", "away", None, "枣阳市业务系统", None, None),
    ("2026-11-24T10:02:00+08:00", "告知补正", "居民身份证：正面不清晰。", "枣阳市", "away", "测试员甲", None, "SUPPLEMENT", "第二次补正"),
    ("2026-11-25T15:20:00+08:00", "受理", None, "枣阳市", "away", "测试员甲", "枣阳市业务系统", "ACCEPTED", None),
]  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """Lines of a queue."""
    names = ("name", "matter", "handler", "state", "outcome", "delivery", "left")
    rest = {"id_number": "421***********9998", "at": "2026-11-24T09:30:00+08:00"}
    return [
        {**dict(zip(names, line, strict=True)), **rest, "number": f"42132120261124100000{n:X}G"}
        for n, line in enumerate(QUEUE, 1)
    ]


def steps() -> list[dict[str, Any]]:
    """Both sides' steps."""
    names = ("at", "title", "text", "place", "side", "who", "system", "state", "irregular")
    return [{**dict(zip(names, step, strict=True)), "id": str(n)} for n, step in enumerate(STEPS, 1)]
