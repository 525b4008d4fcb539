import pytest
import trio

from web.admission import Admission, AdmissionError


def admission(capacity: int = 2, wait_s: float = 5.0) -> Admission:
    return Admission(
        capacity=capacity, max_wait_s=wait_s, max_request_bytes=100, max_total_bytes=150
    )


async def test_so_many_are_taken_at_once(autojump_clock: trio.testing.MockClock) -> None:
    door = admission()
    at_once = 0

    async def push() -> None:
        nonlocal at_once
        async with door.place() as place:
            await place.wait_turn()
            at_once = max(at_once, door.statistics().current)
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        for _ in range(6):
            nursery.start_soon(push)
    assert at_once == 2
    statistics = door.statistics()
    assert (statistics.current, statistics.limit_reached_total) == (0, 4)
    assert statistics.limit_timeout_total == 0


async def test_who_waits_too_long_is_refused(autojump_clock: trio.testing.MockClock) -> None:
    door = admission(capacity=1)
    async with door.place() as first, door.place() as second:
        await first.wait_turn()
        with pytest.raises(AdmissionError, match="raise -maxConcurrentInserts"):
            await second.wait_turn()
    assert door.statistics().limit_timeout_total == 1
    async with door.place() as third:
        await third.wait_turn()


async def test_what_arrives_leaves_room_to_open_a_body(
    autojump_clock: trio.testing.MockClock,
) -> None:
    door = admission()
    async with door.place() as slow, door.place() as other, door.place() as ready:
        await slow.arrived(100)
        with pytest.raises(AdmissionError, match="memory"):
            await other.arrived(1)
        await ready.wait_turn()  # nobody else has one
        await ready.reserve(50)


async def test_decoded_bytes_are_bounded_together(autojump_clock: trio.testing.MockClock) -> None:
    door = admission(capacity=4)
    most = 0

    async def push() -> None:
        nonlocal most
        async with door.place() as place:
            await place.reserve(60)
            most = max(most, door.statistics().held_bytes)
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(push)
    assert most == 120
    assert door.statistics().held_bytes == 0


async def test_bytes_are_given_back_when_a_push_fails(
    autojump_clock: trio.testing.MockClock,
) -> None:
    door = admission()

    async def fail() -> None:
        async with door.place() as place:
            await place.reserve(100)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert door.statistics().held_bytes == 0


async def test_without_room_for_its_bytes_a_push_is_refused(
    autojump_clock: trio.testing.MockClock,
) -> None:
    door = admission()
    async with door.place() as first:
        await first.reserve(100)
        async with door.place() as second:
            with pytest.raises(AdmissionError, match="memory"):
                await second.reserve(60)
