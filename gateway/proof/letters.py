"""Messages and receipts: bytes, digest, signature, and whether all three and the manifest say the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.proof import ring as key_ring
from gateway.proof.findings import Report
from gateway.proof.ring import Ring, Signed
from messaging import attributes, envelope, strict_json
from messaging.envelope import Envelope
from partners import signing

Json = Mapping[str, Any]
FOLDERS = ("messages", "receipts", "agreements", "conflicts")
NAMES = {
    "messages": ("报文", "messages"),
    "receipts": ("回执", "receipts"),
    "agreements": ("清单确认报文", "confirmations of the list"),
    "conflicts": ("相抵触而未采用的报文", "messages that contradicted others and had no effect"),
}


@dataclass(frozen=True)
class Letter:
    """An entry of the manifest with what was read of its files."""

    folder: str
    entry: Json
    said: Envelope | None  # None: destroyed, or not readable
    signed: Signed | None  # None: not signed yet, or not verified

    @property
    def where(self) -> str:
        """How a finding names it."""
        return f"{self.folder}/{self.entry['id'] or self.entry['sha256']}"

    @property
    def unsent(self) -> bool:
        """Is it the issuer's own, and not signed yet?"""
        return self.entry["direction"] == "out" and self.entry["signature"] is None

    @property
    def given_back(self) -> bool:
        """A partner's own message, sent back to it because it had lost its books."""
        return self.said is not None and self.entry["direction"] == "out" and self.said.sender == self.entry["partner"]

    @property
    def custodial(self) -> bool:
        """Was it signed with a key that the issuer holds for its partner?"""
        return bool(self.entry.get("custodial")) or (self.signed is not None and self.signed.key.held)


def read(manifest: Json, files: Mapping[str, bytes], ring: Ring, report: Report) -> dict[str, list[Letter]]:
    """Folder -> its letters, each one checked by itself."""
    found = {folder: [_letter(folder, entry, files, ring, report) for entry in manifest[folder]] for folder in FOLDERS}
    _all_used(manifest, files, report)
    for folder, letters in found.items():
        for letter in letters:
            _fits(letter, manifest, report)
        verified = [letter for letter in letters if letter.signed is not None]
        if verified and not report.wrong(folder):
            _tell(folder, verified, report)
    return found


def _letter(folder: str, entry: Json, files: Mapping[str, bytes], ring: Ring, report: Report) -> Letter:
    letter = Letter(folder, entry, None, None)
    if entry["body"] == "destroyed":
        report.miss(
            f"{folder}.destroyed",
            letter.where,
            "内容已按保存期限销毁密钥，只剩摘要和签名，无法再验签",
            "its key was destroyed after the retention time: digest and signature remain, the signature cannot be checked",
        )
        return letter
    body = _file(entry["body"], folder, "json", files)
    if body is None:
        report.miss(folder, letter.where, "报文的字节不在包内", "its bytes are not in the package")
        return letter
    if envelope.sha256_hex(body) != entry["sha256"]:
        report.fail(folder, letter.where, "字节与清单中的摘要不符", "its bytes do not have the digest that is stated")
    try:
        said = envelope.parse(body)
    except (strict_json.Malformed, attributes.BadEnvelope) as bad:
        report.fail(folder, letter.where, bad.text, "it is no message of the contract")
        return letter
    return Letter(folder, entry, said, _signature(letter, body, said, files, ring, report))


def _signature(
    letter: Letter, body: bytes, said: Envelope, files: Mapping[str, bytes], ring: Ring, report: Report
) -> Signed | None:
    entry, folder = letter.entry, letter.folder
    if entry["signature"] is None and entry["direction"] == "out":
        report.note(folder, letter.where, "还没有签名发出", "not signed and sent yet")
        return None
    signature = _file(entry["signature"], folder, "jws", files)
    if signature is None:
        report.miss(folder, letter.where, "签名不在包内", "its signature is not in the package")
        return None
    at = key_ring.moment(entry["at"])
    signed = key_ring.check(body, signature, ring, report, folder, letter.where, at)
    if signed is not None and (reason := signing.agrees(signed.said, said, at)) is not None:
        report.fail(folder, letter.where, signing.REASONS[reason], f"the signature's {reason} is not the message's")
    return signed


def _file(path: Any, folder: str, end: str, files: Mapping[str, bytes]) -> bytes | None:
    """A member by the name that an entry gives, only of the entry's own folder and kind."""
    fit = isinstance(path, str) and path.startswith(f"{folder}/") and path.endswith(f".{end}")
    return files.get(path) if fit else None


def _all_used(manifest: Json, files: Mapping[str, bytes], report: Report) -> None:
    """Each file in the folders belongs to exactly one entry."""
    named = [entry[part] for folder in FOLDERS for entry in manifest[folder] for part in ("body", "signature")]
    used = Counter(path for path in named if path in files)
    for path in files:
        if path.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and used[path] != 1:
            report.fail(path.partition("/")[0], path, "文件不属于恰好一件报文", "the file does not belong to one entry")


def _fits(letter: Letter, manifest: Json, report: Report) -> None:
    """What the manifest says of a message is what the message says of itself."""
    said, entry = letter.said, letter.entry
    if said is None:
        return
    home, partner = manifest["issuer"]["code"], entry["partner"]
    way = (home, partner) if entry["direction"] == "out" and not letter.given_back else (partner, home)
    told = {"id": entry["id"] or said.id, "type": entry.get("type", said.type)}
    told |= {} if letter.given_back else {"sequence": entry.get("sequence", said.sequence)}
    if (said.sender, said.recipient) != way or any(getattr(said, name) != value for name, value in told.items()):
        report.fail(
            letter.folder,
            letter.where,
            "报文的编号、类型、序号或收发双方与清单所写不同",
            "its id, type, number, sender or recipient is not what the manifest states",
        )
    if letter.signed is not None and (letter.signed.key.jurisdiction, letter.signed.key.kid) != _signer(entry):
        report.fail(letter.folder, letter.where, "签名人与清单所写不同", "it is not signed by whom the manifest states")
    if said.subject not in _subjects(letter.folder, manifest):
        report.fail(letter.folder, letter.where, "报文说的不是这个办件", "it is about another case")


def _signer(entry: Json) -> tuple[Any, Any]:
    return entry["signer"], entry["kid"]


def _subjects(folder: str, manifest: Json) -> set[str]:
    if folder == "receipts":
        return {"receipt"}
    if folder == "agreements":
        return {manifest["agreement"]["id"]}
    return {leg["number"] for leg in manifest["legs"]}


def _tell(folder: str, letters: Iterable[Letter], report: Report) -> None:
    by_key: dict[tuple[str, str, bool], int] = defaultdict(int)
    for letter in letters:
        if letter.signed is not None:
            by_key[letter.signed.key.jurisdiction, letter.signed.key.kid, letter.custodial] += 1
    zh, en = NAMES[folder]
    for (code, kid, custodial), count in sorted(by_key.items()):
        how = ("由本系统代管的密钥", " held by the issuer for its partner") if custodial else ("密钥", "")
        report.prove(
            folder,
            f"{count} 件{zh}由 {code} 的{how[0]} {kid} 对原始字节签名，签名相符，一字未改",
            f"{count} {en} were signed by {code} with key {kid}{how[1]} over exactly these bytes",
        )
        if custodial and not any((one.check, one.where) == ("custodial", f"{code} {kid}") for one in report.noted):
            report.note(
                "custodial",
                f"{code} {kid}",
                "这把密钥由出具地区代对方保管：只证明对方经办人在出具地区的系统里这样做了，不是对方独立签名",
                "this key is held by the issuer: it proves what the partner's operator did in the issuer's system, not"
                " that the partner signed independently",
            )
