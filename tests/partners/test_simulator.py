"""A simulated county answers as the applicant's telephone number asks, over the public protocol only."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from partners import simulator
from partners.guest import listening, rest
from partners.simulator import BadConfig, Config
from tests.partners.fake_host import GUEST, GUEST_KEY, FakeHost

NUMBER = "421321202611242000001G"
ACCEPTED, DECIDED = "application.accepted", "application.decided"

Configure = Callable[..., Config]


@pytest_asyncio.fixture
async def host() -> AsyncIterator[FakeHost]:
    async with FakeHost() as host:
        yield host


@pytest.fixture
def configure(host: FakeHost, tmp_path: Path) -> Configure:
    key_file = tmp_path / "420683.jwk.json"
    key_file.write_text(json.dumps(GUEST_KEY.private_jwk()))

    def make(**more: Any) -> Config:
        said = {
            "url": host.url,
            "client_id": "zaoyang",
            "client_secret": "secret",
            "signing_key_file": str(key_file),
            "state_dir": str(tmp_path / "state"),
            "name": "枣阳市",
            "accept_after": 0.1,
            "decide_after": 0.3,
            "suspend_for": 0.1,
            **more,
        }
        return Config.from_json(GUEST, said)

    return make


@asynccontextmanager
async def playing(config: Config) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(simulator.play([config], stop))
    yield
    stop.set()
    await task


async def test_it_receipts_accepts_and_grants_with_a_paper_that_was_put_first(
    host: FakeHost, configure: Configure
) -> None:
    async with playing(configure()):
        await host.file(NUMBER, "13000000001")
        accepted, decided = await host.until_heard(NUMBER, ACCEPTED, DECIDED)
    assert host.receipts[0]["outcome"] == "applied"
    assert accepted.data["reference"] == decided.data["reference"]
    assert decided.data["outcome"] == "granted"
    (paper,) = decided.data["documents"]
    assert host.files[paper["sha256"]].startswith(b"%PDF-")
    assert "示例".encode("utf-16-be").hex().encode() in host.files[paper["sha256"]]


async def test_11_asks_for_one_supplement_on_the_first_material_and_goes_on_after_it(
    host: FakeHost, configure: Configure
) -> None:
    async with playing(configure()):
        await host.file(NUMBER, "13000000011")
        (asked,) = await host.until_heard(NUMBER, "supplement.requested")
        assert [item["material"] for item in asked.data["items"]] == ["居民身份证"]
        await asyncio.sleep(0.5)
        assert len(host.of(NUMBER)) == 1
        await host.say(NUMBER, "application.supplemented", materials=[])
        await host.until_heard(NUMBER, "supplement.requested", ACCEPTED, DECIDED)


async def test_12_is_declined(host: FakeHost, configure: Configure) -> None:
    async with playing(configure()):
        await host.file(NUMBER, "13000000012")
        (declined,) = await host.until_heard(NUMBER, "application.declined")
        assert declined.data["legal_basis"]


async def test_13_is_refused(host: FakeHost, configure: Configure) -> None:
    async with playing(configure()):
        await host.file(NUMBER, "13000000013")
        _, decided = await host.until_heard(NUMBER, ACCEPTED, DECIDED)
        assert decided.data["outcome"] == "refused"


async def test_14_is_receipted_and_then_nothing(host: FakeHost, configure: Configure) -> None:
    async with playing(configure()):
        await host.file(NUMBER, "13000000014")
        await asyncio.sleep(0.8)
        # the host lays a delivery out until its receipt has come, so the same receipt may come twice
        assert len({entry["id"] for entry in host.receipts}) == 1
        assert {entry["outcome"] for entry in host.receipts} == {"applied"}
        assert host.messages == []


async def test_15_is_suspended_resumed_and_granted(host: FakeHost, configure: Configure) -> None:
    async with playing(configure()):
        await host.file(NUMBER, "13000000015")
        await host.until_heard(NUMBER, ACCEPTED, "procedure.suspended", "procedure.resumed", DECIDED)


async def test_16_is_accepted_and_decided_twice_and_shuffled_but_counts_once(
    host: FakeHost, configure: Configure
) -> None:
    async with playing(configure()):
        await host.file(NUMBER, "13000000016")
        await host.until_heard(NUMBER, ACCEPTED, DECIDED)
        await asyncio.sleep(0.2)
    about = [said for said in host.messages if said.subject == NUMBER]
    assert [said.type for said in about] == [DECIDED, ACCEPTED, DECIDED, ACCEPTED]
    assert len({said.id for said in about}) == 2


async def test_a_withdrawal_is_granted_before_the_decision_and_refused_after(
    host: FakeHost, configure: Configure
) -> None:
    async with playing(configure()):
        await host.file(NUMBER, "13000000011")
        await host.until_heard(NUMBER, "supplement.requested")
        await host.say(NUMBER, "application.withdrawn")
        await host.until_heard(NUMBER, "supplement.requested", "withdrawal.granted")
        other = "421321202611242000002E"
        await host.file(other, "13000000001")
        await host.until_heard(other, ACCEPTED, DECIDED)
        await host.say(other, "application.withdrawn")
        await host.until_heard(other, ACCEPTED, DECIDED, "withdrawal.refused")


async def test_its_timers_survive_a_restart(host: FakeHost, configure: Configure) -> None:
    async with playing(configure(accept_after=0.1, decide_after=1.0)):
        await host.file(NUMBER, "13000000001")
        await host.until_heard(NUMBER, ACCEPTED)
    await asyncio.sleep(0.5)
    async with playing(configure(accept_after=0.1, decide_after=1.0)):
        await host.until_heard(NUMBER, ACCEPTED, DECIDED)


async def test_it_comes_back_by_itself_when_the_host_was_away(
    host: FakeHost, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rest, listening, simulator):
        monkeypatch.setattr(module, "FIRST_PAUSE", 0.05)
    host.trouble = [503] * 6
    async with playing(configure()):
        await host.file(NUMBER, "13000000001")
        await host.until_heard(NUMBER, ACCEPTED, DECIDED, seconds=20)


async def test_doubled_messages_and_lost_receipts_change_nothing(host: FakeHost, configure: Configure) -> None:
    async with playing(configure(knobs={"duplicate": 0.9, "drop_receipts": 0.5, "seed": 7})):
        await host.file(NUMBER, "13000000001")
        await host.until_heard(NUMBER, ACCEPTED, DECIDED)
    assert len([said for said in host.messages if said.subject == NUMBER]) > 2


async def test_a_message_whose_file_is_missing_is_held(host: FakeHost, configure: Configure) -> None:
    async with playing(configure()):
        await host.file(NUMBER, "13000000001")
        host.files.clear()
        async with asyncio.timeout(8):
            while not host.receipts:
                await host.came.wait()
    assert {entry["outcome"] for entry in host.receipts} == {"held"}
    assert host.of(NUMBER) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"client_id": ""}, "client_id"),
        ({"colour": "red"}, "colour"),
        ({"knobs": {"speed": 1}}, "speed"),
        ({"accept_after": "x"}, "x"),
    ],
)
async def test_a_configuration_that_cannot_be_used_is_refused_by_name(
    configure: Configure, change: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadConfig, match=named):
        configure(**change)


def test_the_command_answers_2_for_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulator.main(GUEST, tmp_path / "nothing.json") == 2
    assert "nothing.json" in capsys.readouterr().err
