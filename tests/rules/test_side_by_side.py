"""The same matter with several partners, and the matrix of all: what differs, what is missing, what was never used."""

from dataclasses import replace

from matters_map import sample_lists, side_by_side
from matters_map.matters import Matter, Rest, matter_of
from tests.county import WORKING_HOURS

FORMS = sample_lists.forms()


def matters() -> list[Matter]:
    return [
        matter_of(agreement.id, 1, line)
        for agreement in sample_lists.AGREEMENTS
        for line in sample_lists.lines(agreement, FORMS)
    ]


def test_fields_that_are_said_otherwise_are_marked() -> None:
    every = matters()
    code = "002014008003"
    changed = [
        replace(one, line=replace(one.line, fee="每份 5 元"))
        if (one.agreement, one.line.local_basic_code) == ("tongbai", code)
        else one
        for one in every
    ]
    found, rows = side_by_side.same(changed, code)
    assert {one.agreement for one in found} >= {"zaoyang", "tongbai"}
    fee = next(row for row in rows if row.field == "fee")
    assert fee.differs
    assert sorted(set(fee.values)) == ["不收费", "每份 5 元"]
    assert next(row for row in rows if row.field == "instant").title == "是否即办"
    assert side_by_side.same(every, "999999999999")[0] == []


def test_the_matrix_has_every_matter_with_every_partner_in_its_direction() -> None:
    every = matters()
    first = every[0]
    resting = replace(first, rest=Rest("420683", WORKING_HOURS, None, "停电"))
    partners, rows = side_by_side.coverage([resting, *every[1:]], {(first.id, "420683"): 7})
    assert [one.code for one in partners] == ["420683", "411330", "420882", "420600", "420300", "421300", "429021"]
    assert sum(len(row.cells) for row in rows) == sum(len(one.handlers) for one in every)
    row = next(row for row in rows if row.code == first.line.local_basic_code)
    assert row.cells["420683"] == side_by_side.Cell("resting", first.id, 7)
    assert not row.unused
    assert sum(row.unused for row in rows) == len(rows) - 1
    assert any(row.one_way for row in rows)
    guides = {one.line.local_basic_code for one in every if one.guide_only}
    assert {cell.kind for row in rows if row.code in guides for cell in row.cells.values()} >= {"guide"}
