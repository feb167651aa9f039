"""The REST client of a guest: patient with a host in trouble, strict with everything else."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from partners.guest import rest
from partners.guest.rest import Refused, Unreachable
from tests.partners.fake_host import FakeHost


@pytest_asyncio.fixture
async def host(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeHost]:
    monkeypatch.setattr(rest, "FIRST_PAUSE", 0.01)
    async with FakeHost() as host:
        yield host


async def test_a_token_is_fetched_once_and_used_until_it_nears_its_end(host: FakeHost) -> None:
    async with host.client() as client:
        await client.deliveries(0)
        await client.deliveries(0)
    assert host.tokens == 1


async def test_a_token_that_is_no_longer_good_is_renewed_once(host: FakeHost) -> None:
    async with host.client() as client:
        await client.deliveries(0)
        host.trouble = [401]
        await client.deliveries(0)
        assert host.tokens == 2
        host.trouble = [401, 401]
        with pytest.raises(Refused, match="401"):
            await client.deliveries(0)


async def test_trouble_at_the_host_is_waited_out_and_a_refusal_is_not(host: FakeHost) -> None:
    async with host.client() as client:
        host.trouble = [503, 500, 429]
        assert (await client.put_attachment(b"x", "表.pdf", "application/pdf"))["size"] == 1
        host.trouble = [422]
        with pytest.raises(Refused, match="422 test"):
            await client.put_attachment(b"y", "表.pdf", "application/pdf")
        host.trouble = [503] * 4
        with pytest.raises(Unreachable, match="503"):
            await client.put_attachment(b"z", "表.pdf", "application/pdf")


async def test_a_redirect_is_not_followed(host: FakeHost) -> None:
    async with host.client() as client:
        host.trouble = [302]
        with pytest.raises(Refused, match="302"):
            await client.deliveries(0)
    assert "GET /elsewhere" not in host.asked


async def test_a_file_with_other_bytes_than_asked_for_is_not_taken(host: FakeHost) -> None:
    digest = "0" * 64
    host.files[digest] = b"something else"
    async with host.client() as client:
        with pytest.raises(Unreachable, match="digest"):
            await client.get_attachment(digest)


async def test_a_host_that_is_not_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "FIRST_PAUSE", 0.01)
    async with rest.GuestClient("http://127.0.0.1:9", "a", "b") as client:
        with pytest.raises(Unreachable):
            await client.deliveries(0)
