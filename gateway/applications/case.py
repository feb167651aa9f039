"""A case as deeds see it: the locked rows with what was sealed in them opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import orjson

from gateway.applications import joint
from gateway.applications.ladder import Ladder
from gateway.applications.lifecycle import State
from gateway.applications.tables import Application, Leg
from matters_map import regions
from matters_map.calendar import Calendar
from matters_map.duties import shared_out
from matters_map.forms import Form, Forms, UnknownForm
from matters_map.matters import Matter
from messaging.key_ring import KeyRing
from messaging.tables import Conversation

Json = dict[str, Any]


def place(code: str) -> str:
    """A county's name as people say it; its code when the name is not known."""
    return regions.name_of(code) or code


def context(table: str, column: str, row_id: int | str) -> str:
    """What a sealed column is bound to, so that sealed bytes cannot be moved to another row."""
    return f"{table}.{column}:{row_id}"


def seal(keys: KeyRing, key_id: int, value: Any, where: str) -> bytes:
    """A JSON value, sealed."""
    return keys.seal(key_id, orjson.dumps(value), where)


def unseal(keys: KeyRing, key_id: int, sealed: bytes | None, where: str) -> Any:
    """The JSON value again; None stays None."""
    return None if sealed is None else orjson.loads(keys.open(key_id, sealed, where))


# What is shown of a person whose case was kept for as long as it may be.
GONE = {"kind": "person", "name": "（已按期销毁）", "id_type": "", "id_number": "", "phone": ""}


@dataclass(frozen=True)
class House:
    """What every plan needs to know besides the case: who we are, the calendar, the forms, and when to alarm."""

    home: str
    calendar: Calendar
    forms: Forms
    ladder: Ladder = field(default_factory=Ladder)
    uncollected_days: int = 15  # after which a result that nobody fetched is reminded of

    @property
    def name(self) -> str:
        """Our own county's name."""
        return place(self.home)


@dataclass
class Case:
    """A leg with its application. Plans read it and change nothing. What is sealed in it is opened when it is first read."""

    house: House
    keys: KeyRing  # the application's key is in memory
    application: Application
    leg: Leg
    talk: Conversation
    matter: Matter | None  # the line it was filed under, when we know it

    @cached_property
    def person(self) -> Json:
        """`{"kind","name","id_type","id_number","phone"}`; of a part as its handler was told."""
        if self.leg.part and self.leg.document is not None and self.document["answers"]:
            return applicant_of(self.document["answers"], self.service_object)
        return dict(self._opened(self.application.person, "case_application", "person", self.application.id) or GONE)

    @cached_property
    def document(self) -> Json:
        """`{"answers": the form's document, "attachments": [{"material","sha256","size","name","media_type"}]}`.

        A part of a joint case that was begun has its own: what its handler was given, and nothing of another part's.
        """
        if self.leg.part and self.leg.document is not None:
            own = self._opened(self.leg.document, "case_leg", "document", self.leg.id)
            return dict(own or {"answers": {}, "attachments": []})
        opened = self._opened(self.application.answers, "case_application", "answers", self.application.id)
        return dict(opened or {"answers": {}, "attachments": []})

    @cached_property
    def said(self) -> Json:
        """What the handler said: contact, promised_by, supplement, result …"""
        return dict(self._opened(self.leg.said, "case_leg", "said", self.leg.id) or {})

    @cached_property
    def rating(self) -> Json:
        """`{"window","handler","text","at"}`, empty when nobody has rated. Never for who was rated."""
        return dict(self._opened(self.application.rating, "case_application", "rating", self.application.id) or {})

    @cached_property
    def hand_over(self) -> Json:
        """`{"at","method","to","waybill","proof","by"}`, empty while the result is not with the applicant; ours only."""
        return dict(
            self._opened(self.application.hand_over, "case_application", "hand_over", self.application.id) or {}
        )

    def _opened(self, sealed: bytes | None, table: str, column: str, row_id: int) -> Any:
        """None when the key was destroyed because the case was kept as long as it may be."""
        if not self.keys.has(self.application.key_id):
            return None
        return unseal(self.keys, self.application.key_id, sealed, context(table, column, row_id))

    @classmethod
    def new(
        cls, house: House, keys: KeyRing, application: Application, leg: Leg, talk: Conversation, matter: Matter | None,
        person: Json, document: Json,
    ) -> Self:  # fmt: skip
        """A case that begins; what is sealed in its rows is still in hand."""
        case = cls(house, keys, application, leg, talk, matter)
        case.person, case.document, case.said = person, document, {}
        return case

    @property
    def number(self) -> str:
        """The leg's number."""
        return self.leg.number

    @property
    def state(self) -> State:
        """The leg's state."""
        return State(self.leg.state)

    @property
    def is_origin(self) -> bool:
        """Are we the window's side of it?"""
        return self.leg.role != "handler"

    @property
    def is_whole(self) -> bool:
        """Is it the row that a joint case's parts add up to? It is never said to anybody."""
        return self.leg.role == "whole"

    @property
    def at_home(self) -> bool:
        """Is there no other side? So it is with the whole of a joint case and with a part that our own house handles."""
        return self.leg.partner == self.house.home

    @property
    def at_window(self) -> bool:
        """May our window speak in it? In a part that our own house handles both sides are here."""
        return self.is_origin or (bool(self.leg.part) and self.at_home)

    @property
    def plan_of_part(self) -> Json:
        """Of a part: `{"part","number","handler","stage","does","told","statutory_days"}` as the whole was filed."""
        parts = (self.application.joint or {}).get("parts") or []
        return next((dict(one) for one in parts if one["part"] == self.leg.part), {})

    @property
    def as_part(self) -> joint.Part:
        """A leg of a joint case as its rules see it."""
        leg = self.leg
        begun, asked = leg.begun_at is not None, leg.withdrawal_asked_at is not None
        return joint.Part(leg.part, leg.stage, self.state, leg.outcome, begun, asked)

    @property
    def told_of_joint(self) -> Json | None:
        """At the handler of one part: what it was told of the whole, `{"lead","part","stage","does","earlier"?}`."""
        told = self.document.get("joint")
        return dict(told) if told else None

    @property
    def partner_name(self) -> str:
        """The other side's name."""
        return place(self.leg.partner)

    @property
    def handler_name(self) -> str:
        """The deciding side's name."""
        return place(self.leg.handler)

    @property
    def back_to(self) -> State | None:
        """Where the leg was before the supplement was asked for."""
        return State(self.leg.before_supplement) if self.leg.before_supplement else None

    @property
    def withdrawal_waits(self) -> bool:
        """Does the applicant's wish to withdraw wait for the handler's answer?"""
        return self.leg.withdrawal_asked_at is not None and self.leg.withdrawal_answer is None

    @property
    def returned_to_window(self) -> bool:
        """退回窗口更正: is it the window's own fault that is to be put right now?"""
        return self.state is State.SUPPLEMENT and self.said.get("supplement", {}).get("addressed_to") == "window"

    @property
    def form(self) -> Form | None:
        """The form that it began under; None for a case whose form is another county's."""
        try:
            return self.house.forms.get(self.application.form, self.application.form_version)
        except UnknownForm:
            return None

    @property
    def papers(self) -> list[Json]:
        """What our side issued, oldest first, without its contents."""
        return self.leg.papers or []

    @property
    def service_object(self) -> str:
        """自然人 or 法人, as the line says."""
        return self.matter.line.service_object if self.matter else "自然人"

    @property
    def duties(self) -> dict[str, str]:
        """Who does which step: as the line says, else as the mode does."""
        return shared_out(self.application.mode, self.matter.line.duties if self.matter else None)

    @property
    def matter_type(self) -> str:
        """事项类型, for rules that differ for 行政许可."""
        return self.matter.line.matter_type if self.matter else ""


def applicant_of(answers: Mapping[str, Any], service_object: str = "自然人") -> Json:
    """The applicant as messages and pages name him, from the common part of every form."""
    person = answers.get("applicant") or {}
    return {
        "kind": "organization" if service_object == "法人" else "person",
        "name": person.get("name", ""),
        "id_type": person.get("idType", ""),
        "id_number": person.get("idNumber", ""),
        "phone": person.get("mobile", ""),
    }
