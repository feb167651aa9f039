"""People: who they are, and how tries at their names are counted."""

import asyncio

import pytest
from argon2 import PasswordHasher

from gateway.auth import passwords as rules
from gateway.auth.passwords import Passwords, TooBusy, WeakPassword
from gateway.auth.tables import User
from gateway.auth.users import BadUser, NoSuchUser, Person, SignInRefused, UserExists, Users
from tests.gateway.conftest import CLERK, PASSWORD, Clock


async def test_the_right_password_tells_who_somebody_is(users: Users) -> None:
    person = await users.authenticate("zhangsan", PASSWORD)
    assert (person.name, person.role, person.jurisdiction, person.window) == ("张三", "clerk", "421321", "1号窗口")


@pytest.mark.parametrize("username", ["zhangsan", "nobody"])
async def test_a_wrong_password_and_an_unknown_name_are_refused_in_the_same_way(users: Users, username: str) -> None:
    with pytest.raises(SignInRefused) as refused:
        await users.authenticate(username, "wrong-password-1")
    assert refused.value.args == ()


async def test_an_unknown_name_costs_a_password_check_too(users: Users, passwords: Passwords) -> None:
    checked: list[bool] = []
    real = passwords._verify

    def counting(stored: str, password: str) -> bool:
        checked.append(True)
        return real(stored, password)

    passwords._verify = counting  # type: ignore[method-assign]
    with pytest.raises(SignInRefused):
        await users.authenticate("nobody", PASSWORD)
    assert checked == [True]


async def test_five_failures_lock_for_fifteen_minutes(users: Users, clock: Clock) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await users.authenticate("zhangsan", "wrong-password-1")
    with pytest.raises(SignInRefused):
        await users.authenticate("zhangsan", PASSWORD)
    clock.move(minutes=14)
    with pytest.raises(SignInRefused):
        await users.authenticate("zhangsan", PASSWORD)
    clock.move(minutes=2)
    assert (await users.authenticate("zhangsan", PASSWORD)).username == "zhangsan"


async def test_four_failures_are_forgiven_by_the_right_password(users: Users) -> None:
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(SignInRefused):
                await users.authenticate("zhangsan", "wrong-password-1")
        await users.authenticate("zhangsan", PASSWORD)
    assert (await User.get(username="zhangsan")).failed_attempts == 0


async def test_many_tries_at_once_get_five_looks(users: Users, passwords: Passwords) -> None:
    looked: list[str] = []
    real = passwords.matches

    async def counting(stored: str | None, password: str) -> bool:
        looked.append("yes" if stored else "no")
        return await real(stored, password)

    passwords.matches = counting  # type: ignore[method-assign]
    tries = [users.authenticate("zhangsan", f"wrong-password-{n}") for n in range(12)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(result, SignInRefused) for result in results)
    assert looked.count("yes") == 5


async def test_a_name_that_does_not_exist_locks_like_one_that_does(users: Users, clock: Clock) -> None:
    assert [users._count_unknown("nobody", clock()) for _ in range(6)] == [True] * 5 + [False]
    clock.move(minutes=16)
    assert users._count_unknown("nobody", clock())


async def test_somebody_shut_out_cannot_sign_in(users: Users) -> None:
    await users.disable("zhangsan")
    with pytest.raises(SignInRefused):
        await users.authenticate("zhangsan", PASSWORD)
    await users.disable("zhangsan", disabled=False)
    assert (await users.authenticate("zhangsan", PASSWORD)).name == "张三"


async def test_a_hash_with_old_parameters_is_renewed_at_sign_in(users: Users, clock: Clock) -> None:
    before = (await User.get(username="zhangsan")).password_hash
    strong = Users(Passwords(PasswordHasher(time_cost=2, memory_cost=8 * 1024, parallelism=1)), clock)
    await strong.authenticate("zhangsan", PASSWORD)
    after = (await User.get(username="zhangsan")).password_hash
    assert "t=1" in before
    assert "t=2" in after


async def test_the_password_is_nowhere_in_the_row(users: Users) -> None:
    row = await User.get(username="zhangsan").values()
    assert PASSWORD not in str(row)
    assert str(row["password_hash"]).startswith("$argon2id$")


async def test_a_made_up_password_is_returned_once_and_works(users: Users) -> None:
    made = await users.add(Person("sunqi", "孙七", "coordinator", "421321"))
    assert (await users.authenticate("sunqi", made)).role == "coordinator"


async def test_a_name_is_taken_once(users: Users) -> None:
    with pytest.raises(UserExists):
        await users.add(CLERK, PASSWORD)


@pytest.mark.parametrize(
    "person",
    [
        Person("a", "甲", "clerk", "421321"),
        Person("with space", "甲", "clerk", "421321"),
        Person("good", "", "clerk", "421321"),
        Person("good", "甲", "king", "421321"),
    ],
)
async def test_a_person_with_a_bad_member_is_refused(users: Users, person: Person) -> None:
    with pytest.raises(BadUser):
        await users.add(person, PASSWORD)


@pytest.mark.parametrize("password", ["short", "zhangsan-2026", "aaaaaaaaaaaaaa", "x" * 129])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        rules.check_new(password, username="zhangsan")


async def test_changing_a_password_needs_the_old_one(users: Users) -> None:
    with pytest.raises(SignInRefused):
        await users.change_password("zhangsan", "wrong-password-1", "a-brand-new-password")
    await users.change_password("zhangsan", PASSWORD, "a-brand-new-password")
    assert (await users.authenticate("zhangsan", "a-brand-new-password")).name == "张三"


async def test_setting_somebody_elses_password_lifts_a_lock(users: Users) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await users.authenticate("lisi", "wrong-password-1")
    made = await users.set_password("lisi")
    assert (await users.authenticate("lisi", made)).name == "李四"
    with pytest.raises(NoSuchUser):
        await users.set_password("nobody")


async def test_preferences_are_kept_per_person(users: Users) -> None:
    await users.set_preferences("zhangsan", {"size": 125})
    assert await users.preferences("zhangsan") == {"size": 125}
    assert await users.preferences("lisi") == {}


async def test_the_loop_goes_on_while_passwords_are_checked() -> None:
    heavy = Passwords()  # the real parameters
    stored = await heavy.hash(PASSWORD)
    turns, running = 0, True

    async def tick() -> None:
        nonlocal turns
        while running:
            await asyncio.sleep(0.005)
            turns += 1

    ticking = asyncio.create_task(tick())
    assert all(await asyncio.gather(*(heavy.matches(stored, PASSWORD) for _ in range(3))))
    running = False
    await ticking
    heavy.close()
    assert turns > 6, "a loop that stood still for each of the three would turn three times"


async def test_a_flood_of_sign_ins_is_turned_away_rather_than_kept_waiting(passwords: Passwords) -> None:
    stored = await passwords.hash(PASSWORD)
    tries = [passwords.matches(stored, PASSWORD) for _ in range(rules.WAITING + 10)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, TooBusy) for result in results) == 10
    assert results.count(True) == rules.WAITING
