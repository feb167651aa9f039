"""Why a message is stuck, in plain Chinese, and what would mend it: one table from the post room's reason codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from messaging import contract
from partners import signing

BOTH = "请与对方核对后办结"


@dataclass(frozen=True)
class Cause:
    """`code` groups what is stuck for the same reason."""

    code: str
    text: str
    mend: str


# what we parked or hold: the first word of the inbox row's reason
INCOMING: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "schema": ("内容不符合报文格式", "请对方更正后以替换报文重新发送，或按姓名搁置"),
        "unknown_version": ("报文版本本系统还不认识", "升级本系统后重放，或请对方按约定版本重新发送"),
        "no_such_case": ("没有这个办件", "请对方先补发该办件的收件报文，再重放；确认发错的，搁置"),
        "not_their_role": ("这类报文不该由该地区发出", "请对方核对收件地与业务属地；确认发错的，搁置"),
        "matter_not_in_list": ("生效清单中没有这个事项", "核对双方清单版本，导入后重放；确认发错的，搁置"),
        "not_agreed_with_sender": (
            "没有与该地区约定由本地办理这个事项",
            "核对协议与方向，更正后重放；确认发错的，搁置",
        ),
        "not_their_number": ("办件编号不是该地区编的", "请对方核对办件编号；确认发错的，搁置"),
        "pointer": ("报文指向的填写位置在申请表中不存在", "请对方更正后以替换报文重新发送，或搁置"),
        "apply_failed": ("处理时系统出错，已连续尝试多次", "修复后重放；仍出错的，把编号交给系统管理员"),
        "gap": ("前一份报文还没有到，或还没有处理", "系统正在请对方补发，到齐后自动处理；久未补发的，请与对方联系"),
        "attachments_missing": ("报文所列附件还没有到", "请对方先上传附件，到齐后自动处理；确认不再补传的，搁置"),
        "agreement_version_unknown": ("办件所依据的清单版本本地还没有", "导入该清单版本后自动处理"),
    }
)

# what cannot be believed
QUARANTINED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "envelope": ("信封不符合约定", "请对方按接入文档检查信封后重新发送"),
        "unsigned": ("没有签名", "请对方签名后重新发送"),
        "source_is_not_the_link": ("发件地区与所用通道不一致", "请对方核对发件地区代码和所用的接入账号"),
        "not_addressed_to_us": ("收件地区不是本地", "请对方核对收件地区代码"),
        "unknown_key": ("签名密钥未登记", "向对方核实后登记其公钥，再请对方重新发送"),
        "not_valid_yet": ("签名密钥还未生效", "等密钥生效，或请对方改用现用密钥重新发送"),
        "retired_key": ("签名密钥已停用", "请对方用现用密钥重新签名发送"),
        "revoked_key": ("签名密钥已吊销", "请立即与对方核实是否泄露；确需的，用新密钥重新发送"),
        "signature": ("签名与内容不符", "内容可能在途中被改动，请对方原样重新发送"),
        "iss": ("签名中的发件地区与信封不一致", "请对方检查签名程序后重新发送"),
        "aud": ("签名中的收件地区与信封不一致", "请对方检查签名程序后重新发送"),
        "jti": ("签名中的编号与信封不一致", "请对方检查签名程序后重新发送"),
        "iat_ahead": ("签名时间超前五分钟以上", "到时自动再验；请对方校准时钟"),
    }
)
SIGNATURE = ("签名不能识别", "请对方按接入文档检查签名后重新发送")

CONFLICT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "same_id_other_bytes": ("同一编号先后到了两份不同的内容", "先到的一份有效，后到的未生效；" + BOTH),
        "same_number_other_message": ("同一序号先后到了两份不同的报文", "先到的一份有效，后到的未生效；" + BOTH),
        "number_is_past": ("序号早已用过，却是没有见过的报文", "可能对方恢复了旧备份；" + BOTH),
    }
)

# what we sent: the partner's outcome, or how far it came
OUTGOING: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "unsent": ("还没有送上通道", "检查通道与对方是否暂停；可再次发送，确认不必送达的，按姓名关闭"),
        "unreceipted": ("已转送，对方还没有回执", "联系对方确认系统是否在线；系统会自动重发，也可再次发送"),
        "held": ("对方已收到，暂存未处理", "通常缺前一份报文或附件；联系对方，必要时再次发送"),
        "parked": (
            "对方已收到，但不能处理",
            "按对方说明更正后替换发送，或请对方修复后重放；确认不必处理的，按姓名关闭",
        ),
        "set_aside": ("对方已将报文搁置，没有生效", "与对方核实，必要时另行办理；核实后按姓名关闭"),
        "quarantined": ("对方未能核验签名", "请对方登记本地公钥，然后再次发送"),
        "conflict": ("对方报告编号冲突", "与对方核对两份内容；确认后再次发送，或按姓名关闭"),
    }
)
UNKNOWN = ("原因未说明", "请与对方联系核实")


def incoming(reason: str | None) -> Cause:
    """Of a parked or held row of the inbox."""
    return _named(INCOMING, reason)


def quarantined(reason: str) -> Cause:
    """Of what could not be believed."""
    code = reason.partition(":")[0].partition(" ")[0]
    if code in QUARANTINED or code not in signing.REASONS:
        return Cause(code, *QUARANTINED.get(code, SIGNATURE))
    return Cause(code, f"{SIGNATURE[0]}：{signing.REASONS[code]}", SIGNATURE[1])


def conflict(reason: str) -> Cause:
    """Of what contradicts what is stored."""
    return _named(CONFLICT, reason)


def outgoing(state: str, outcome: str | None, confirmed: bool) -> Cause:
    """Of a message of ours."""
    code = outcome or (state if state in OUTGOING else "unreceipted" if confirmed else "unsent")
    return Cause(code, *OUTGOING.get(code, UNKNOWN))


def _named(table: Mapping[str, tuple[str, str]], reason: str | None) -> Cause:
    code = (reason or "").partition(" ")[0]
    return Cause(code, *table.get(code, UNKNOWN))


def type_text(type_: str) -> str:
    """What a message type is called; its own name when it is not known."""
    return str(contract.schema(type_)["title"]) if type_ in contract.KNOWN else f"未知类型 {type_}"
