"""A simulated county's office: answers every application by itself, as the applicant's telephone number asks."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from messaging import contract
from messaging.envelope import Envelope
from partners.couriers import desk_words as words
from partners.couriers.desk_words import Words
from partners.guest.office import NOTHING, Later, Memo, NotYet, Plan, Say
from partners.guest.rest import Refused, Unreachable
from partners.sample_paper import paper

RETURN = "模拟退回"  # in a line's remarks: the list is returned for that line
SUPPLEMENT, DECLINE, REFUSE, SILENCE, SUSPEND, TWICE = (f"130000000{n}" for n in (11, 12, 13, 14, 15, 16))
PDF = "application/pdf"
CLOSING = frozenset({"application.declined", "application.decided", "withdrawal.granted"})


@dataclass(frozen=True)
class Pace:
    """Seconds after the message that begins it."""

    accept_after: float = 3.0
    decide_after: float = 8.0
    suspend_for: float = 3.0


class Files(Protocol):
    """Attachments at the host. Both deeds raise Unreachable or Refused."""

    async def put_attachment(self, data: bytes, name: str, media_type: str) -> dict[str, Any]:
        """Put a file."""

    async def get_attachment(self, sha256: str) -> bytes:
        """Fetch a file that a message to us names."""


Confirm = Callable[[str, int, str], str]
"""(agreement, version, hash) -> the county's confirmation by its own key."""


class SimulatedOffice:
    """Remembers of each case only what it has said (memo: trigger, material, delivery, said), no personal data."""

    def __init__(
        self, code: str, name: str, files: Files, pace: Pace, confirm: Confirm, *, silent: bool = False
    ) -> None:
        self._code, self._name, self._files, self._pace, self._silent = code, name, files, pace, silent
        self._confirm = confirm

    async def prepare(self, said: Envelope) -> None:
        """Fetch the files that the message names, as a real county would before it says that it has it."""
        for digest in _digests(said.data):
            try:
                await self._files.get_attachment(digest)
            except (Unreachable, Refused) as error:
                raise NotYet(f"attachment {digest[:12]}: {error}") from None

    def hear(self, said: Envelope, memo: Memo, now: datetime) -> Plan:
        """Plan the answers to what the window sent."""
        if said.type == "application.submitted":
            return self._submitted(said, memo)
        if said.type == "application.supplemented" and not self._keeps_silent(memo):
            return Plan(later=self._usual())
        if said.type == "application.withdrawn" and not self._keeps_silent(memo):
            return self._withdrawn(memo, now)
        if said.type == "agreement.proposed" and not self._silent:
            return self._proposed(said)
        return NOTHING

    def _proposed(self, said: Envelope) -> Plan:
        """A list is confirmed, or returned where a line's remark asks for it."""
        wrong = [line.get("seq") for line in said.data["lines"] if RETURN in str(line.get("remarks") or "")]
        told = {name: said.data[name] for name in ("agreement", "version", "hash")}
        return Plan(memo={"list": told, "wrong": wrong}, later=(Later(self._pace.accept_after, "list"),), forget=True)

    def _answer_list(self, memo: Memo) -> Plan:
        told = memo["list"]
        named = {"agreement": told["agreement"], "version": told["version"]}
        if memo["wrong"]:
            comments = [
                {"line": line, "field": "remarks", "text": "请修改这一行（模拟退回）"} for line in memo["wrong"]
            ]
            return Plan(say=(Say("agreement.returned", {**named, "comments": comments}),))
        jws = self._confirm(told["agreement"], told["version"], told["hash"])
        signed = {**named, "hash": told["hash"], "signed_by": f"{self._name}清单确认人（模拟）", "jws": jws}
        return Plan(say=(Say("agreement.signed", signed),))

    def _submitted(self, said: Envelope, memo: Memo) -> Plan:
        fresh = {
            **memo,
            "trigger": str(said.data["applicant"].get("phone") or "")[-11:],
            "material": next((item["name"] for item in said.data["materials"]), "居民身份证"),
            "delivery": said.data["result_delivery"],
            "said": memo.get("said", []),
        }
        fresh["trigger"] = fresh["trigger"] if fresh["trigger"] in _TRIGGERS else ""
        return Plan(memo=fresh, later=() if self._keeps_silent(fresh) else self._begin(fresh["trigger"]))

    def _begin(self, trigger: str) -> tuple[Later, ...]:
        pace = self._pace
        if trigger == SUPPLEMENT:
            return (Later(pace.accept_after, "supplement"),)
        if trigger == DECLINE:
            return (Later(pace.accept_after, "decline"),)
        if trigger == REFUSE:
            return (Later(pace.accept_after, "accept"), Later(pace.decide_after, "refuse"))
        if trigger == TWICE:
            return (Later(pace.decide_after, "twice"),)
        if trigger == SUSPEND:
            resumed = pace.accept_after + pace.suspend_for
            return (
                Later(pace.accept_after, "accept"),
                Later(pace.accept_after, "suspend"),
                Later(resumed, "resume"),
                Later(max(pace.decide_after, resumed), "grant"),
            )
        return self._usual()

    def _usual(self) -> tuple[Later, ...]:
        return (Later(self._pace.accept_after, "accept"), Later(self._pace.decide_after, "grant"))

    def _keeps_silent(self, memo: Memo) -> bool:
        return self._silent or memo.get("trigger") == SILENCE

    def _withdrawn(self, memo: Memo, now: datetime) -> Plan:
        if CLOSING & set(memo.get("said", [])):
            return self._speak(memo, words.refuse_withdrawal(now, "已办结，不能撤回"))
        return self._speak(memo, words.grant_withdrawal(now), forget=True)

    async def before(self, subject: str, deed: str, memo: Memo) -> None:
        """Put the paper that the decision will name; a host that is away is asked again in the next round."""
        if deed in {"grant", "refuse", "twice"}:
            try:
                await self._files.put_attachment(paper(self._name, subject), _file_name(deed), PDF)
            except Refused as error:
                raise NotYet(f"paper: {error}") from None

    async def put_again(self, subject: str, type_: str, data: Mapping[str, Any]) -> None:
        """Only decisions name a paper, and its bytes follow from the case."""
        if type_ == "application.decided":
            await self.before(subject, "refuse" if data.get("outcome") == "refused" else "grant", {})

    def ring(self, subject: str, deed: str, memo: Memo, now: datetime) -> Plan:
        """Say what is due, unless it was said already (our books may have been restored)."""
        if deed == "list":
            return self._answer_list(memo)
        speeches = [one for one in self._speeches(subject, deed, memo, now) if one.type not in memo.get("said", [])]
        return self._speak(memo, *speeches, copies=2 if deed == "twice" else 1)

    def _speeches(self, subject: str, deed: str, memo: Memo, now: datetime) -> list[Words]:
        if deed == "accept":
            return [self._accept(subject, now)]
        if deed in {"grant", "refuse"}:
            return [self._decide(subject, deed, memo, now)]
        if deed == "twice":
            return [self._accept(subject, now), self._decide(subject, deed, memo, now)]
        if deed == "supplement":
            return [self._supplement(memo, now)]
        if deed == "decline":
            return [
                words.decline(
                    "not_licensable", "申请事项依法不需要取得许可（模拟）", "《中华人民共和国行政许可法》第三十二条"
                )
            ]
        if deed == "suspend":
            return [words.suspend("inspection", now, _day(now, 10), "需要现场检验（模拟）")]
        return [words.resume(now)]

    def _accept(self, subject: str, now: datetime) -> Words:
        contact = {"name": f"{self._name}跨域通办窗口（模拟）", "phone": "13000000099"}
        return words.accept(self._reference(subject), now, _day(now, 20), contact)

    def _supplement(self, memo: Memo, now: datetime) -> Words:
        item = {"material": memo.get("material"), "problem": "扫描件不清晰（模拟）", "wanted": "请重新上传清晰的扫描件"}
        return words.request_supplement([item], _day(now, 10))

    def _decide(self, subject: str, deed: str, memo: Memo, now: datetime) -> Words:
        reference, delivery = self._reference(subject), str(memo.get("delivery") or "")
        documents = [self._document(subject, deed)]
        if deed == "refuse":
            basis, remedy = (
                "《中华人民共和国行政许可法》第三十八条（模拟）",
                "可在收到决定之日起六十日内申请行政复议（模拟）",
            )
            return words.decide(
                "refused",
                reference,
                now,
                delivery,
                documents=documents,
                text="不符合条件（模拟）",
                legal_basis=basis,
                remedy=remedy,
            )
        certificates = [{"name": "示例证照", "number": reference}]
        return words.decide(
            "granted", reference, now, delivery, documents=documents, certificates=certificates, text="准予（模拟）"
        )

    def _document(self, subject: str, deed: str) -> dict[str, Any]:
        data = paper(self._name, subject)
        return {
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
            "name": _file_name(deed),
            "media_type": PDF,
        }

    def _reference(self, subject: str) -> str:
        return f"{self._code}-{subject[-14:]}"

    def _speak(self, memo: Memo, *speeches: Words, copies: int = 1, forget: bool = False) -> Plan:
        said = [*memo.get("said", []), *(one.type for one in speeches)]
        spoken = tuple(Say(one.type, one.data, copies) for one in speeches)
        return Plan(say=spoken, memo={**memo, "said": said}, forget=forget or bool(CLOSING & set(said)))

    def adopted(self, said: Envelope, memo: Memo) -> Plan:
        """We had said this before our books were restored: do not say it again."""
        if said.type.startswith("agreement."):
            return Plan(forget=True)
        told = [*memo.get("said", []), said.type]
        return Plan(memo={**memo, "said": told}, forget=bool(CLOSING & set(told)))


_TRIGGERS = frozenset({SUPPLEMENT, DECLINE, REFUSE, SILENCE, SUSPEND, TWICE})


def _file_name(deed: str) -> str:
    return "不予决定（示例）.pdf" if deed == "refuse" else "办理结果（示例）.pdf"


def _day(now: datetime, days: int) -> Any:
    return (now.astimezone(contract.SHANGHAI) + timedelta(days=days)).date()


def _digests(data: Mapping[str, Any]) -> list[str]:
    """The files that a message names: materials' and plain attachments."""
    listed = [item.get("attachment") for item in data.get("materials") or [] if isinstance(item, dict)]
    listed += [item for item in data.get("attachments") or [] if isinstance(item, dict)]
    return [str(item["sha256"]) for item in listed if item]
