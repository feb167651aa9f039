"""Numbers: what one side said to the other about a leg is numbered from 1 without a gap, and each number is given once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from gateway.proof.findings import Report
from gateway.proof.letters import Letter

Talk = tuple[str, str, str]  # (sender, recipient, subject)


def check(messages: Sequence[Letter], legs: Sequence[str], home: str, report: Report) -> None:
    """Every conversation of the package. A number stands twice only where one message replaces the other."""
    talks: dict[Talk, dict[int, dict[str, str | None]]] = defaultdict(lambda: defaultdict(dict))
    for letter in messages:
        talk, number = _place(letter, legs, home)
        if number is not None:
            replaces = letter.said.replaces if letter.said is not None else None
            talks[talk][number][letter.entry["id"]] = replaces
    for (sender, recipient, subject), numbers in sorted(talks.items()):
        where = f"{sender} → {recipient} {subject}"
        for missing in _gaps(numbers):
            report.miss("order", where, f"缺第 {missing} 号报文", f"message number {missing} is not there")
        for number, ids in numbers.items():
            if len([id_ for id_, replaces in ids.items() if replaces not in ids]) != 1:
                report.fail("order", where, f"第 {number} 号有两件报文", f"two messages have the number {number}")
        if not report.wrong("order"):
            report.prove(
                "order",
                f"{sender} 对 {recipient} 说的 {subject} 的话，第 1 至 {max(numbers)} 号，没有缺号",
                f"what {sender} said to {recipient} about {subject} is complete from number 1 to {max(numbers)}",
            )


def _gaps(numbers: Iterable[int]) -> Iterator[str]:
    """What is missing before the highest number, as `2` or `2–4`; never counted out one by one."""
    expected = 1
    for number in sorted(numbers):
        if number > expected:
            yield str(expected) if number == expected + 1 else f"{expected}–{number - 1}"
        expected = number + 1


def _place(letter: Letter, legs: Sequence[str], home: str) -> tuple[Talk, int | None]:
    """The conversation and the number; of a message that was destroyed, as the manifest states them."""
    if letter.said is not None:
        return (letter.said.sender, letter.said.recipient, letter.said.subject), letter.said.sequence
    entry = letter.entry
    way = (home, entry["partner"]) if entry["direction"] == "out" else (entry["partner"], home)
    return (*way, legs[0] if len(legs) == 1 else ""), entry["sequence"]
