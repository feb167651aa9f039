"""The sample agreements, forms and calendar that come with the product, read from their files."""

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from matters_map import regions
from matters_map.calendar import Day, read_days
from matters_map.forms import Form, Forms
from matters_map.lines import Line, LineMember
from matters_map.spreadsheet import read_list

FOLDER = Path(__file__).parent / "samples"
HOME = "421321"
EFFECTIVE_FROM = datetime.fromisoformat("2026-01-01T00:00:00+08:00")


@dataclass(frozen=True)
class SampleAgreement:
    """An agreement of the samples; `partners` are the jurisdictions that decide, home is a party too."""

    id: str
    name: str
    document_number: str
    partners: tuple[str, ...]

    @property
    def members(self) -> list[dict[str, str]]:
        """`[{code, name}]`, partners first, home last."""
        return [{"code": code, "name": regions.name_of(code) or code} for code in (*self.partners, HOME)]


AGREEMENTS = (
    SampleAgreement("zaoyang", "随县—枣阳市跨域通办协议", "示例协议〔2026〕1号", ("420683",)),
    SampleAgreement("tongbai", "随县—桐柏县跨省通办协议", "示例协议〔2026〕2号", ("411330",)),
    SampleAgreement("jingshan", "随县—京山市跨域通办协议", "示例协议〔2026〕3号", ("420882",)),
    SampleAgreement(
        "xssn_cluster",
        "襄十随神城市群异地通办协议",
        "示例协议〔2026〕4号",
        ("420600", "420300", "421300", "429021"),
    ),
)


def forms() -> Forms:
    """The sample forms and the plain one, each in version 1."""
    files = sorted((FOLDER / "forms").glob("*.schema.json"))
    return Forms(
        Form(file.name.removesuffix(".schema.json"), 1, json.loads(file.read_text(encoding="utf-8"))) for file in files
    )


def lines(agreement: SampleAgreement, served_by: Forms) -> list[Line]:
    """The lines of a sample list, with the codes of every member and the form that serves each."""
    rows = read_list(FOLDER / f"agreements_{agreement.id}.xlsx")
    codes = FOLDER / f"agreements_{agreement.id}_codes.csv"
    by_seq = member_codes(codes) if codes.exists() else None
    shared = shared_out(agreement.id)
    found = []
    for row in rows:
        partner = LineMember(agreement.partners[0], row["partner_basic_code"], row["partner_implement_code"])
        members = by_seq[row["seq"]] if by_seq else [partner]
        form, own = served_by.for_basic_code(row["local_basic_code"]).id, shared.get(row["local_basic_code"], {})
        found.append(Line.from_row(row, members, form, own.get("joint"), own.get("duties")))
    return found


def shared_out(agreement: str) -> dict[str, dict[str, Any]]:
    """What an agreement says beside its sheet of who does what: basic code -> `{"joint"?,"duties"?}`."""
    said = json.loads((FOLDER / "joint.json").read_text(encoding="utf-8"))
    return dict(said.get(agreement, {}))


def member_codes(file: Path) -> dict[int, list[LineMember]]:
    """A cluster's codes by line: a csv with the columns seq, region_code, partner_basic_code, partner_implement_code."""
    found: dict[int, list[LineMember]] = {}
    with file.open(encoding="utf-8-sig", newline="") as rows:
        for row in csv.DictReader(rows):
            member = LineMember(row["region_code"], row["partner_basic_code"], row["partner_implement_code"])
            found.setdefault(int(row["seq"]), []).append(member)
    return found


def calendar_days() -> list[Day]:
    """Every day of the published years that come with the product."""
    return [day for file in sorted(FOLDER.glob("calendar_*.csv")) for day in read_days(file)]
