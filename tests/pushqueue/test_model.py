"""The real queue against a plain model, under random actions on a disk that tears and fails.

The seed of a sequence that fails is in the message, with its actions; `play(seed)` replays it.
"""

import pytest
import trio
from trio.testing import MockClock

from tests.pushqueue.model import Driver

SEQUENCES_A_TEST = 100
TESTS = 20
LONG_SEQUENCES = 100_000


def play(seed: int, actions: int = 60) -> None:
    driver = Driver(seed)

    async def main() -> None:
        await driver.run(actions)

    try:
        trio.run(main, clock=MockClock(autojump_threshold=0))
    except BaseException as exc:
        exc.add_note(f"seed {seed}:\n  " + "\n  ".join(driver.log))
        raise


@pytest.mark.parametrize("first", range(0, SEQUENCES_A_TEST * TESTS, SEQUENCES_A_TEST))
def test_the_promise_holds(first: int) -> None:
    for seed in range(first, first + SEQUENCES_A_TEST):
        play(seed)


@pytest.mark.long
def test_the_promise_holds_for_long() -> None:
    for seed in range(10_000, 10_000 + LONG_SEQUENCES):
        play(seed)
