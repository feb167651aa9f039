"""Sessions: how long they live, and what ends them."""

from gateway.auth import sessions as rules
from gateway.auth.sessions import Sessions
from gateway.auth.tables import Session, User
from gateway.auth.users import Users
from tests.gateway.conftest import CLERK, PASSWORD, Clock


async def test_a_token_brings_the_person_back(users: Users, sessions: Sessions) -> None:
    token = await sessions.begin(CLERK, ip="10.0.0.1")
    actor = await sessions.actor(token, ip="10.0.0.2")
    assert actor is not None
    assert (actor.kind, actor.id, actor.role, actor.name, actor.window) == (
        "person",
        "zhangsan",
        "clerk",
        "张三",
        "1号窗口",
    )
    assert await sessions.actor("not-a-token") is None


async def test_the_row_holds_only_the_hash_of_the_token(users: Users, sessions: Sessions) -> None:
    token = await sessions.begin(CLERK, ip="10.0.0.1")
    row = await Session.first().values()
    assert token not in str(row)
    assert rules.csrf_of(token) not in str(row)
    assert len(token) >= 43  # 256 bits


async def test_thirty_idle_minutes_end_a_session(users: Users, sessions: Sessions, clock: Clock) -> None:
    token = await sessions.begin(CLERK, ip="10.0.0.1")
    for _ in range(3):
        clock.move(minutes=29)
        assert await sessions.actor(token)
    clock.move(minutes=30, seconds=1)
    assert await sessions.actor(token) is None


async def test_ten_hours_end_even_a_busy_session(users: Users, sessions: Sessions, clock: Clock) -> None:
    token = await sessions.begin(CLERK, ip="10.0.0.1")
    for _ in range(29):
        clock.move(minutes=20)
        assert await sessions.actor(token)
    clock.move(minutes=20)
    assert await sessions.actor(token) is None


async def test_signing_in_again_ends_the_former_session(users: Users, sessions: Sessions) -> None:
    first = await sessions.begin(CLERK, ip="10.0.0.1")
    second = await sessions.begin(CLERK, ip="10.0.0.1", former=first)
    assert first != second
    assert await sessions.actor(first) is None
    assert await sessions.actor(second)


async def test_signing_out_ends_it(users: Users, sessions: Sessions) -> None:
    token = await sessions.begin(CLERK, ip="10.0.0.1")
    await sessions.end(token)
    assert await sessions.actor(token) is None


async def test_shutting_somebody_out_or_a_new_password_ends_all_their_sessions(
    users: Users, sessions: Sessions
) -> None:
    for change in (users.disable("zhangsan"), users.set_password("zhangsan", "a-brand-new-password")):
        await User.filter(username="zhangsan").update(disabled=False)
        tokens = [await sessions.begin(CLERK, ip="10.0.0.1") for _ in range(2)]
        await change
        assert [await sessions.actor(token) for token in tokens] == [None, None]


async def test_a_stream_ends_with_the_role_that_it_was_opened_in(users: Users, sessions: Sessions) -> None:
    token = await sessions.begin(CLERK, ip="10.0.0.1")
    actor = await sessions.actor(token)
    assert actor is not None
    assert await sessions.alive(actor)
    await User.filter(username="zhangsan").update(role="officer")
    assert not await sessions.alive(actor)


async def test_an_open_stream_does_not_keep_a_session_alive(users: Users, sessions: Sessions, clock: Clock) -> None:
    token = await sessions.begin(CLERK, ip="10.0.0.1")
    actor = await sessions.actor(token)
    assert actor is not None
    alive = []
    for _ in range(4):
        clock.move(minutes=8)
        alive.append(await sessions.alive(actor))
    assert alive == [True, True, True, False]


async def test_what_is_over_is_purged(users: Users, sessions: Sessions, clock: Clock) -> None:
    await sessions.begin(CLERK, ip="10.0.0.1")
    clock.move(hours=1)
    living = await sessions.begin(await users.authenticate("lisi", PASSWORD), ip="10.0.0.1")
    assert await sessions.purge() == 1
    assert await sessions.actor(living)


def test_the_form_token_belongs_to_one_session() -> None:
    assert rules.csrf_matches("one", rules.csrf_of("one"))
    assert not rules.csrf_matches("one", rules.csrf_of("two"))
    assert not rules.csrf_matches("one", "")
