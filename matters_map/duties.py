"""办理分工: who does which step of a case, by its mode and, where the line says otherwise, by the line."""

from collections.abc import Mapping
from types import MappingProxyType

DUTIES: Mapping[str, str] = MappingProxyType(
    {
        "identity": "核验身份",  # who checks that the applicant is who he says he is
        "originals": "保管原件",  # who keeps papers that were handed in
        "accept": "受理",
        "decide": "决定",
        "issue": "制证出证",
        "hand_over": "送达申请人",
        "clock": "办理时限归属",  # whose limits are told to the applicant
    }
)
WHO: Mapping[str, str] = MappingProxyType(
    {
        "login": "统一身份认证（窗口协助）",
        "origin": "收件地窗口",
        "handler": "业务属地",
        "lead": "牵头地",
        "each": "各承办地分别",
        "applicant": "当场核对后退还申请人",
    }
)
# mode -> duty -> who, as 国办发〔2020〕35号 tells the three modes
BY_MODE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "online": {
            "identity": "login",
            "originals": "applicant",
            "accept": "handler",
            "decide": "handler",
            "issue": "handler",
            "hand_over": "handler",
            "clock": "handler",
        },
        "collect_and_forward": {
            "identity": "origin",
            "originals": "origin",
            "accept": "handler",
            "decide": "handler",
            "issue": "handler",
            "hand_over": "origin",
            "clock": "handler",
        },
        "joint": {
            "identity": "origin",
            "originals": "applicant",
            "accept": "lead",
            "decide": "each",
            "issue": "each",
            "hand_over": "origin",
            "clock": "each",
        },
    }
)


def shared_out(mode: str, of_line: Mapping[str, str] | None = None) -> dict[str, str]:
    """Duty -> who, for a mode, with what the line says otherwise."""
    return {**BY_MODE[mode], **(of_line or {})}


def problems(of_line: Mapping[str, str]) -> list[str]:
    """What is wrong with a line's own duties, in Chinese; nothing: they can be used."""
    wrong = [f"不认识的分工“{duty}”" for duty in of_line if duty not in DUTIES]
    return wrong + [f"“{duty}”不能由“{who}”承担" for duty, who in of_line.items() if who not in WHO]


def told(shared: Mapping[str, str]) -> list[tuple[str, str]]:
    """(duty, who) in words, in order."""
    return [(label, WHO[shared[duty]]) for duty, label in DUTIES.items()]
