"""The people, places and telephones that several papers name, read from a case. Pure."""

from collections.abc import Mapping
from typing import Any

from gateway.applications.case import Case, place
from gateway.applications.numbers import WINDOW
from gateway.applications.papers.content import Office
from gateway.applications.views import masked_id
from matters_map.matters import Matter, split_list

HOTLINE = "政务服务便民热线 12345"


def applicant(case: Case) -> str:
    """张三（居民身份证 421***********9998）: the paper is carried about, so the number is masked."""
    name, number = str(case.person.get("name") or ""), str(case.person.get("id_number") or "")
    return f"{name}（{case.person.get('id_type') or '证件'} {masked_id(number)}）"


def agent(case: Case) -> str | None:
    """The one who acts for the applicant."""
    acting: Mapping[str, Any] = case.document["answers"].get("agent") or {}
    return f"{acting['name']}（{acting.get('relation', '')}）" if acting.get("name") else None


def matter(case: Case) -> str:
    """Its name with the part of it that is asked for."""
    line = case.matter.line if case.matter else None
    return case.application.matter_name + (f"（{line.sub_item}）" if line and line.sub_item else "")


def code(case: Case) -> str:
    """The implementation code in our own list."""
    return case.matter.line.local_implement_code if case.matter else ""


def windows(of: Matter | None) -> list[str]:
    """Windows and telephones that the list names."""
    return split_list(of.line.contact_window) if of else []


def received(case: Case) -> str:
    """Place, window and person that received it."""
    app = case.application
    return " / ".join(part for part in (place(app.origin), app.window, app.clerk or app.client) if part)


def deciding(case: Case) -> str:
    """The handler with the window that the list names for it."""
    handler = case.handler_name
    theirs = next((window for window in windows(case.matter) if window.startswith(handler[:2])), None)
    return handler + (f"（{theirs}）" if theirs else "（按协议由其对应受理部门办理）")


def department(case: Case) -> str:
    """Our own department that decides: with which the case lies, else the one that the list names."""
    if not case.is_origin and case.leg.department:
        return case.leg.department
    return case.matter.line.department if case.matter and case.matter.line.department else case.house.name


def window_office(case: Case) -> Office:
    """Our window."""
    at_window = case.application.source == WINDOW
    named = case.application.window if at_window else None
    return Office(case.house.home, case.house.name, named or f"{case.house.name}综合窗口")


def deciding_office(case: Case) -> Office:
    """Our department."""
    return Office(case.house.home, case.house.name, department(case))
