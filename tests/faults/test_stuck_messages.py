"""Messages that cannot be applied or believed, in the middle of conversations: kept, shown, and led out by name."""

import asyncio
import hashlib
import random
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from messaging import contract
from partners.guest.rest import Refused
from partners.keys import SigningKey
from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.hand_county import HandCounty
from tests.faults.house_under_test import House
from tests.faults.seeds import under_seeds
from tests.faults.window import Window
from tests.faults.world import World

pytestmark = pytest.mark.faults
ZAOYANG = "420683"
ACCEPTED = {**contract.example("application.accepted"), "document": None}
PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
BY = ("--by", "admin", "--reason", "对方更正前先行处理")


@dataclass
class Stage:
    """One house, one window, one county driven by hand."""

    house: House
    window: Window
    county: HandCounty

    async def case(self) -> str:
        """A case that has come to the county."""
        number = str((await self.window.file(ZAOYANG)).number)
        await self.county.until_heard(number)
        return number

    async def stuck(self, number: str, kind: str = "parked") -> str:
        """The id under which the commands know what is stuck in this case."""
        async with asyncio.timeout(30):
            while True:
                _, listed = await self.house.command("post", "list", "--kind", kind)
                found = [str(one["id"]) for one in listed if one["number"] == number]
                if found:
                    return found[0]


async def replaced_by_its_sender(stage: Stage) -> str:
    number = await stage.case()
    wrong = await stage.county.say_wrongly(number, "application.accepted", {"reference": 7})
    decided = await stage.county.say(number, "application.decided", documents=[])
    await stage.county.until(wrong, "parked")
    await stage.county.until(decided, "held")
    right = await stage.county.post.replace(wrong, ACCEPTED)
    await stage.county.until(right, "applied")
    await stage.county.until(decided, "applied")
    assert await stage.window.state(number) == "DECIDED"
    return number


async def replayed_and_set_aside(stage: Stage) -> str:
    number = await stage.case()
    wrong = await stage.county.say(number, "application.supplemented", materials=[])  # not the handler's to say
    accepted = await stage.county.say(number, "application.accepted", document=None)
    await stage.county.until(wrong, "parked")
    id_ = await stage.stuck(number)
    code, _ = await stage.house.command("post", "replay", id_, *BY)
    assert code == 0
    assert await stage.stuck(number) == id_  # as wrong as before
    await stage.house.command("post", "set-aside", id_, *BY)
    await stage.county.until(wrong, "set_aside")
    await stage.county.until(accepted, "applied")
    assert await stage.window.state(number) == "ACCEPTED"
    return number


async def parked_beside_the_conversation(stage: Stage) -> str:
    number = await stage.case()
    wrong = await stage.county.say_wrongly(number, "note.sent", {"text": 7})
    accepted = await stage.county.say(number, "application.accepted", document=None)
    await stage.county.until(accepted, "applied")  # a note never blocks
    await stage.county.until(wrong, "parked")
    await stage.house.command("post", "set-aside", await stage.stuck(number), *BY)
    await stage.county.until(wrong, "set_aside")
    return number


async def quarantined_first(stage: Stage) -> str:
    number, county = await stage.case(), stage.county
    true = county.letter(number, "application.accepted", ACCEPTED, 1)
    stranger = SigningKey.generate(county.key.kid)
    for false in (
        county.letter(number, "application.accepted", ACCEPTED, 1, key=stranger),
        county.letter(number, "application.decided", {"outcome": "granted"}, 1, key=stranger),
    ):
        with pytest.raises(Refused, match="422 unverified"):
            await county.send(false)
    with pytest.raises(Refused, match="422 unverified"):
        await county.send(replace(true, body=true.body[:-1] + b" }"))  # a copy that was serialised again
    accepted = await county.say(
        number, "application.accepted", document=None
    )  # its number was not taken by what nobody believed
    await county.until(accepted, "applied")
    return number


async def contradicted(stage: Stage) -> str:
    number, county = await stage.case(), stage.county
    accepted = await county.say(number, "application.accepted", document=None)
    await county.until(accepted, "applied")
    other = county.letter(number, "application.declined", contract.example("application.declined"), 1)
    await county.send(other)
    await county.send(other)
    assert await stage.window.state(number) == "ACCEPTED"
    return number


async def contradicted_at_once(stage: Stage) -> str:
    """Two messages with the same number come at the same moment: one has it, the other is set apart."""
    number, county = await stage.case(), stage.county
    notes = [county.letter(number, "note.sent", contract.example("note.sent") | {"text": str(n)}, 1) for n in range(6)]
    await asyncio.gather(*(county.send(one) for one in notes))
    return number


async def held_for_a_file(stage: Stage) -> str:
    number, county = await stage.case(), stage.county
    paper = PAPER + number.encode()
    document = {"sha256": hashlib.sha256(paper).hexdigest(), "size": len(paper), "name": "结果.pdf"}
    decided = await county.say(number, "application.decided", documents=[{**document, "media_type": "application/pdf"}])
    handed = await county.say(number, "note.sent")
    await county.until(decided, "held")
    await county.until(handed, "held")
    await county.client.put_attachment(paper, "结果.pdf", "application/pdf")
    await county.until(decided, "applied")
    await county.until(handed, "applied")
    assert await stage.window.state(number) == "DECIDED"
    return number


async def parked_and_left(stage: Stage) -> str:
    number = await stage.case()
    wrong = await stage.county.say_wrongly(number, "application.accepted", {})
    decided = await stage.county.say(number, "application.decided", documents=[])
    await stage.county.until(wrong, "parked")
    await stage.county.until(decided, "held")
    assert await stage.stuck(number)  # in sight
    assert await stage.window.state(number) == "SUBMITTED"
    return number


STORIES = (
    replaced_by_its_sender,
    replayed_and_set_aside,
    parked_beside_the_conversation,
    quarantined_first,
    contradicted,
    contradicted_at_once,
    held_for_a_file,
)


async def stuck(seed: int, folder: Path, furnished: Path) -> None:
    dice = random.Random(seed)
    async with House(folder, furnished, by_amqp=()) as house:
        assert await house.start()
        async with Window(house.url, house.client("421321"), seed, (ZAOYANG,)) as window:
            window.watch()
            async with HandCounty(house, ZAOYANG) as county:
                stage = Stage(house, window, county)
                left = [await parked_and_left(stage)]
                async with asyncio.TaskGroup() as group:
                    for story in dice.sample(STORIES, len(STORIES)):
                        group.create_task(story(stage))
                    await asyncio.sleep(dice.random() * 3)
                    await house.running.kill()
                    assert await house.start()
                world = await world_after(house, window, (ZAOYANG,), stuck=left)
    assert check(world) == []
    assert apart(world) == {"quarantined": 3, "conflict": 6}


@under_seeds(stuck)
def test_what_is_stuck_is_led_out_by_name(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)


def apart(world: World) -> dict[str, int]:
    """What was set apart, by outcome; all of it was told."""
    outcomes = [row["outcome"] for row in world.gateway["apart"] if row["told"]]
    return {outcome: outcomes.count(outcome) for outcome in outcomes}
