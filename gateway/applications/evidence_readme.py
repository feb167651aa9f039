"""README.txt of a case's evidence: what the package is and how to check it, for a reader without any of our programs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.applications.case import place
from gateway.applications.evidence_words import LIMITS, PROVES
from messaging import contract

ZONE = ZoneInfo("Asia/Shanghai")
WAYS = {"out": "→", "in": "←"}
OUTCOMES = {
    "applied": "已接收并登记 (applied)",
    "held": "已接收，暂存 (held)",
    "parked": "已接收，不能处理 (parked)",
    "set_aside": "已接收，搁置 (set aside)",
    "conflict": "编号冲突 (conflict)",
    "quarantined": "未能核验 (quarantined)",
}

BY_HAND = (
    "b64() { tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 \"=\"; print }' | base64 -d; }",
    "{ printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; echo \"$x\" | b64; } > public.der",
    "{ cut -d. -f1 X.jws | tr -d '\\n'; printf .; cat X.json; } > input",
    "cut -d. -f3 X.jws | b64 > signature",
    "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey public.der -in input -sigfile signature",
)

Json = Mapping[str, Any]


def text(manifest: Json) -> str:
    """The whole text, with a byte order mark and the line ends that office computers expect."""
    parts = (_what(manifest), _course(manifest), _fingerprints(manifest), _words(), _by_hand())
    return "\ufeff" + "\r\n".join(line for part in parts for line in (*part, "")) + "\r\n"


def _what(manifest: Json) -> Iterator[str]:
    agreement, code = manifest["agreement"], manifest["issuer"]["code"]
    yield "跨域通办办件证据包 / Evidence of a cross-region case"
    yield "=" * 60
    yield f"办件编号 Number:     {manifest['number']}"
    yield f"出具地区 Issued by:  {place(code)}（{code}）"
    yield f"收件地 Origin:       {place(manifest['origin'])}（{manifest['origin']}）"
    for leg in manifest["legs"]:
        yield f"{_role(leg)} {place(leg['handler'])}（{leg['handler']}），{leg['number']}，{leg['state']}"
    yield f"清单版本 List:       {agreement['id']} v{agreement['version']}，SHA-256 {agreement['hash'] or '—'}"
    yield f"截至 As of:          {_local(manifest['as_of'])}（北京时间 Beijing time）"


def _role(leg: Json) -> str:
    """Of a joint case the whole first, then each part."""
    if "part" not in leg:
        return "业务属地 Handler:   "
    return f"子办件 Part {leg['part']}:      " if leg["part"] else "整件 Whole（牵头地 lead）:"


def _course(manifest: Json) -> Iterator[str]:
    """Every message with its receipt, in the order in which this side sent or stored it."""
    yield "一、两地之间说了什么 / What the two sides said"
    yield "→ 出具地区发出 sent by the issuer；← 对方发来 received from the other side"
    for entry in manifest["messages"]:
        known = contract.KNOWN.get(entry["type"])
        means = f"（{known.meaning}）" if known is not None else ""
        held = "；由出具地区代管的密钥签名 signed with a key held for the partner" if entry["custodial"] else ""
        gone = "；内容已按期限销毁 content destroyed" if entry["body"] == "destroyed" else ""
        yield f"{_local(entry['at'])} {WAYS[entry['direction']]} 第 {entry['sequence']} 号 {entry['type']}{means}"
        yield f"    {_confirmed(entry)}{held}{gone}"
        yield f"    SHA-256 {entry['sha256']}"


def _confirmed(entry: Json) -> str:
    if entry["receipt"] is not None:
        return f"回执 receipt {entry['receipt']}：{OUTCOMES.get(entry['outcome'], entry['outcome'])}"
    if entry["closed_by"] is not None:
        return f"由 {entry['closed_by']} 按姓名结束 closed by name"
    return "尚无回执 no receipt yet"


def _fingerprints(manifest: Json) -> Iterator[str]:
    yield "二、公钥指纹 / Key fingerprints (RFC 7638, SHA-256)"
    yield "请与通办协议所附的指纹核对。 Compare them with those in the signed agreement."
    for key in manifest["keys"]:
        held = "  代管 held by the issuer" if key["held"] else ""
        yield f"{key['jurisdiction']} {key['thumbprint']} {key['kid']}{held}"


def _words() -> Iterator[str]:
    for title, sentences in (
        ("三、能证明什么 / What it proves", PROVES),
        ("四、不能证明什么 / What it does not", LIMITS),
    ):
        yield title
        yield from _numbered(sentences)


def _numbered(sentences: Sequence[Mapping[str, str]]) -> Iterator[str]:
    for number, words in enumerate(sentences, 1):
        yield f"{number}. {words['zh']}"
        yield f"   {words['en']}"


def _by_hand() -> Iterator[str]:
    """Which program does it, and how it is done without that."""
    yield "五、怎样核验 / How to check it"
    yield "1. 用通办程序，不需要网络和数据库 (with Tongban, without network or database):"
    yield "       python main.py verify 证据包.zip --keys 指纹文件.txt"
    yield "2. 不用通办程序 (without it): 解压后 (unpack, then)"
    yield "   - sha256sum 与 manifest.json 的 files 逐个比对 (compare each file with files in manifest.json);"
    yield "   - 验签 (signature): X.jws 是 首部..签名，签名输入是 首部 + '.' + X.json 的字节；公钥的 x 在 keys.jwks.json。Ed25519 例"
    yield "     (X.jws is header..signature; the input is header, a dot, and the bytes of X.json; x of the key, for Ed25519):"
    yield from (f"       {line}" for line in BY_HAND)
    yield "   - audit.jsonl：每行去掉 hash 后的 RFC 8785 文本，其 SHA-256 即 hash，并等于下一行的 previous (each line's hash"
    yield "     is the SHA-256 of its RFC 8785 text without hash, and the previous of the next line)。"


def _local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
