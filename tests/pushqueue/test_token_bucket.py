"""So much may pass in a time."""

import pytest

from pushqueue.token_bucket import TokenBucket


def test_without_a_rate_nothing_waits() -> None:
    bucket = TokenBucket(0)
    bucket.take(10**12, 0.0)
    assert bucket.wait_s(0.0) == 0


def test_a_second_may_pass_at_once_and_what_is_more_waits() -> None:
    bucket = TokenBucket(100, 5.0)
    bucket.take(100, 5.0)
    assert bucket.wait_s(5.0) > 0
    assert bucket.wait_s(5.5) == 0


def test_what_is_larger_than_the_bucket_passes_on_credit() -> None:
    bucket = TokenBucket(100)
    bucket.take(1000, 0.0)
    assert bucket.wait_s(0.0) == 9.0
    assert bucket.wait_s(9.1) == 0


@pytest.mark.parametrize("size", [1, 50, 300])
def test_the_average_holds(size: int) -> None:
    bucket = TokenBucket(100)
    now = passed = 0.0
    while now < 100:
        now += bucket.wait_s(now)
        bucket.take(size, now)
        passed += size
    assert passed <= 100 * (now + 1) + size


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = TokenBucket(100, 10.0)
    bucket.take(150, 10.0)
    assert bucket.wait_s(0.0) == 0.5
