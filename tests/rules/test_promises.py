"""容缺 and what people see of files: marks of the list, promises with their day, and the order on the screen."""

from datetime import date
from typing import Any

import pytest

from gateway.applications import arranging, filing, promises
from gateway.applications.errors import Invalid
from gateway.applications.ladder import Ladder
from matters_map import sample_lists
from matters_map.calendar import Calendar
from matters_map.matters import Material, Matter, material, matter_of

TODAY = date(2026, 11, 24)  # a Tuesday
PLAIN = Calendar({})


def a_matter(materials: str) -> Matter:
    agreement = next(one for one in sample_lists.AGREEMENTS if one.id == "zaoyang")
    line = sample_lists.lines(agreement, sample_lists.forms())[0]
    return matter_of("zaoyang", 1, type(line)(**{**vars(line), "materials": materials}))


LINE = a_matter("居民身份证[电子证照];居住证明[容缺5日][不超过2MB];照片[不超过2份]")


def test_the_list_says_behind_a_name_what_may_come_later_and_how_large_it_may_be() -> None:
    assert material("照片[电子证照][容缺5日][不超过2MB][不超过3份]") == Material("照片", True, 5, 2 * 1024 * 1024, 3)
    assert material("转诊转院证明(急诊可后补)") == Material("转诊转院证明(急诊可后补)")
    assert material("证明[原件]").name == "证明[原件]"
    assert LINE.to_json()["materials"][0] == {"name": "居民身份证", "e_certificate": True}
    assert LINE.to_json()["materials"][1]["later_days"] == 5


def read(*promised: dict[str, Any], given: list[dict[str, Any]] | None = None) -> Any:
    return promises.read({"promised": list(promised)}, LINE, {"materials": given or []}, TODAY, PLAIN)


def test_a_promise_holds_where_the_line_lets_it_and_not_beyond_its_last_day() -> None:
    assert read({"material": "M02"}) == ([{"material": "M02", "name": "居住证明", "due_on": "2026-12-01"}], [])
    assert read({"material": "M02", "due_on": "2026-11-26"})[0][0]["due_on"] == "2026-11-26"
    refused = {
        "not_later": read({"material": "M01"}),
        "required": read({}),
        "due_on": read({"material": "M02", "due_on": "2026-12-02"}),
        "given": read({"material": "M02"}, given=[{"code": "M02", "name": "居住证明", "source": "扫描上传"}]),
    }
    assert {code: [one.code for one in found[1]] for code, found in refused.items()} == {
        code: [code] for code in refused
    }
    for day in ("2026-11-23", "soon"):
        assert [one.pointer for one in read({"material": "M02", "due_on": day})[1]] == ["/promised/0/due_on"]


def test_a_promise_is_met_by_what_came_under_its_name() -> None:
    document: dict[str, Any] = {
        "promised": [{"name": "b", "due_on": "2026-12-02"}, {"name": "a", "due_on": "2026-12-01"}]
    }
    assert [one["name"] for one in promises.owed(document)] == ["a", "b"]
    assert [one["name"] for one in promises.owed(document, [{"name": "a"}])] == ["b"]
    assert promises.owed({**document, "supplied": [{"name": "a"}, {"name": "b"}]}) == []
    wire = [{"name": "a", "kind": "承诺后补", "due_on": "2026-12-01"}, {"name": "c", "kind": "扫描上传"}]
    assert promises.told(wire) == [{"name": "a", "due_on": "2026-12-01"}]


@pytest.mark.parametrize(("due", "level"), [("2026-11-30", 0), ("2026-11-26", 1), ("2026-11-24", 1), ("2026-11-23", 2)])
def test_a_promise_is_told_of_when_its_day_is_near_and_when_it_is_past(due: str, level: int) -> None:
    assert promises.level(date.fromisoformat(due), TODAY, Ladder(), PLAIN) == level


def test_files_over_the_lines_limits_are_named_where_they_stand() -> None:
    files = [{"material": "M02", "size": 3 * 1024 * 1024}, *({"material": "M03", "size": 1} for _ in range(3))]
    found = filing.limits(LINE, files)
    assert [(one.pointer, one.code) for one in found] == [
        ("/attachments/0/sha256", "too_large"),
        ("/attachments/3/sha256", "too_many"),
    ]
    assert "2 MB" in found[0].detail


def test_files_are_put_in_order_and_turned_without_being_changed() -> None:
    files = [{"name": name, "attachment": {"sha256": name}} for name in ("a", "b", "c", "a")]
    kept = arranging.changed(files, None, "c", "up")
    kept = arranging.changed(files, kept, "c", "right")
    kept = arranging.changed(files, kept, "a", "left")
    assert [(one["name"], one["turn"]) for one in arranging.ordered(files, kept)] == [("a", 270), ("c", 90), ("b", 0)]
    assert arranging.changed(files, kept, "a", "up")["order"] == ["a", "c", "b"]  # the first stays the first
    assert arranging.changed(files, kept, "a", "right")["turned"] == {"c": 90}
    for sha256, step in (("z", "up"), ("a", "away")):
        with pytest.raises(Invalid):
            arranging.changed(files, kept, sha256, step)
