"""The desk: an operator's words become the partner's own messages, numbered, signed and receipted like any other."""

import asyncio
from datetime import date

import pytest
import pytest_asyncio

from messaging import contract, ids
from messaging.tables import Conversation, Incoming, SetApart
from partners.couriers import desk_words as words
from partners.couriers.desk import Desk, NothingSent
from partners.couriers.desk_words import Words
from partners.couriers.on_behalf import NoKeyHeld
from tests.partners.neighbours import CASE, NOW, SHENNONGJIA, ZAOYANG, ZAOYANG_KEY, Neighbours

PERSON = {"name": "钱七", "phone": "13000000098"}
PAPER = {"sha256": "0" * 64, "size": 3, "name": "结果.pdf", "media_type": "application/pdf"}
ACCEPT = words.accept("SNJ-1", NOW, date(2026, 12, 8), PERSON)


@pytest_asyncio.fixture
async def house(neighbours: Neighbours) -> Neighbours:
    await neighbours.connect(SHENNONGJIA, "desk")
    await neighbours.connect(ZAOYANG, "polling", jwks={"keys": [ZAOYANG_KEY.public_jwk()]})
    return neighbours


async def test_the_first_opening_by_a_named_operator_receipts_what_waits_and_later_ones_do_not(
    house: Neighbours,
) -> None:
    first, second = await house.send(SHENNONGJIA, 1), await house.send(SHENNONGJIA, 2, "application.urged")
    opened = await house.desk.opened(SHENNONGJIA, CASE, "desk")
    assert opened is not None
    assert (opened.message_ids, opened.operator) == ((first, second), "desk")
    (receipt,) = await house.incoming(SHENNONGJIA)
    assert (receipt.type, receipt.door, receipt.custodial) == ("receipt", "desk", True)
    entries = (await house.opened(receipt)).data["receipts"]
    assert [(entry["id"], entry["outcome"], entry["highest_applied"]) for entry in entries] == [
        (first, "applied", 1),
        (second, "applied", 2),
    ]
    assert await house.desk.opened(SHENNONGJIA, CASE, "desk") is None
    assert (await house.mailbox.waiting(SHENNONGJIA)).count == 0


async def test_words_are_numbered_from_one_and_tell_what_was_opened(house: Neighbours) -> None:
    await house.send(SHENNONGJIA, 1)
    await house.desk.opened(SHENNONGJIA, CASE, "desk")
    await house.desk.say(SHENNONGJIA, CASE, ACCEPT)
    await house.desk.say(SHENNONGJIA, CASE, words.note("已联系申请人", PERSON))
    said = [await house.opened(row) for row in await house.incoming(SHENNONGJIA) if row.sequence is not None]
    assert [(one.type, one.sequence, one.seen) for one in said] == [("application.accepted", 1, 1), ("note.sent", 2, 1)]
    assert [row.custodial for row in await house.incoming(SHENNONGJIA)] == [True] * 3


async def test_two_operators_at_once_get_two_numbers(house: Neighbours) -> None:
    await house.send(SHENNONGJIA, 1)
    await asyncio.gather(*(house.desk.say(SHENNONGJIA, CASE, words.note(f"第{n}句", PERSON)) for n in range(8)))
    assert [row.sequence for row in await house.incoming(SHENNONGJIA)] == list(range(1, 9))


def other_process(house: Neighbours) -> Desk:
    """The desk of another process on the same database: nothing in memory is shared."""
    return Desk(house.mailbox, house.on_behalf, house.inbox.store, house.now)


async def test_operators_in_two_processes_get_different_numbers_and_no_word_becomes_a_conflict(
    house: Neighbours,
) -> None:
    await house.send(SHENNONGJIA, 1)
    desks = (house.desk, other_process(house), other_process(house))
    said = (desks[n % 3].say(SHENNONGJIA, CASE, words.note(f"第{n}句", PERSON)) for n in range(12))
    await asyncio.gather(*said)
    assert sorted(row.sequence or 0 for row in await house.incoming(SHENNONGJIA)) == list(range(1, 13))
    assert await SetApart.all().count() == 0


async def test_what_may_be_said_once_is_said_once_by_two_processes(house: Neighbours) -> None:
    await house.send(SHENNONGJIA, 1)
    id_ = ids.message_id_for("desk", "desk", "form-1")
    said = (
        one.say(SHENNONGJIA, CASE, words.note(f"原件何时寄出 {n}", PERSON), message_id=id_)
        for n, one in enumerate((house.desk, other_process(house), other_process(house)))
    )
    answers = await asyncio.gather(*said, return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["AlreadySaid", "AlreadySaid", "Stored"]
    assert [(row.message_id, row.sequence) for row in await house.incoming(SHENNONGJIA)] == [(id_, 1)]
    assert await SetApart.all().count() == 0


async def test_a_number_goes_on_after_what_was_applied_when_its_rows_are_gone(house: Neighbours) -> None:
    await house.send(SHENNONGJIA, 1)
    await Conversation.filter(partner=SHENNONGJIA, subject=CASE).update(next_in=5)
    await house.desk.say(SHENNONGJIA, CASE, ACCEPT)
    assert [row.sequence for row in await house.incoming(SHENNONGJIA)] == [5]


async def test_an_operator_who_leaves_early_has_said_it_all_the_same(house: Neighbours) -> None:
    await house.send(SHENNONGJIA, 1)
    saying = asyncio.create_task(house.desk.say(SHENNONGJIA, CASE, ACCEPT))
    await asyncio.sleep(0)
    saying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saying
    await house.desk.say(SHENNONGJIA, CASE, words.note("随后", PERSON))
    assert [(row.type, row.sequence) for row in await house.incoming(SHENNONGJIA)] == [
        ("application.accepted", 1),
        ("note.sent", 2),
    ]


async def test_nobody_answers_what_was_never_sent_or_with_a_key_that_we_do_not_hold(house: Neighbours) -> None:
    with pytest.raises(NothingSent):
        await house.desk.say(SHENNONGJIA, CASE, ACCEPT)
    await house.send(ZAOYANG, 1)
    with pytest.raises(NoKeyHeld):
        await house.desk.say(ZAOYANG, CASE, ACCEPT)
    with pytest.raises(NoKeyHeld):
        await house.desk.opened(ZAOYANG, CASE, "desk")
    assert await Incoming.all().count() == 0


@pytest.mark.parametrize(
    "said",
    [
        ACCEPT,
        words.accept("SNJ-1", NOW, date(2026, 12, 8), PERSON, PAPER),
        words.decline("not_competent", "不属于本机关职权范围", "行政许可法第三十二条", right_authority="某局"),
        words.request_supplement(
            [{"material": "居民身份证", "pointer": None, "problem": "不清晰", "wanted": "重新扫描"}], date(2026, 12, 1)
        ),
        words.request_supplement(
            [{"pointer": "/answers/phone", "problem": "错", "wanted": "更正"}], date(2026, 12, 1), "window"
        ),
        words.suspend("hearing", NOW, date(2026, 12, 20), "需要听证"),
        words.resume(NOW),
        words.extend_limit(10, date(2026, 12, 20), "情况复杂", "某局长"),
        words.decide(
            "granted", "SNJ-1", NOW, "窗口自取", documents=[PAPER], certificates=[{"name": "证", "number": "1"}]
        ),
        words.decide(
            "refused", "SNJ-1", NOW, "邮寄", text="不符合条件", legal_basis="某条", remedy="可复议", waybill="SF1"
        ),
        words.grant_withdrawal(NOW),
        words.refuse_withdrawal(NOW, "已办结"),
        words.note("留言", PERSON, [PAPER]),
    ],
    ids=lambda said: said.type,
)
def test_every_word_of_the_desk_keeps_the_contract(said: Words) -> None:
    assert contract.check_outgoing(said.type, said.data) == []
