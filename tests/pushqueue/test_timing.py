"""When a batch is closed and when a Block is late."""

import pytest

from pushqueue.timing import Timing


@pytest.mark.parametrize(
    ("flush_s", "spill_s", "expected"),
    [
        pytest.param(1.0, 1.0, Timing(1.0, 1.0), id="vmagent's flush leaves all of spill_after"),
        pytest.param(0.2, 1.0, Timing(0.2, 1.0), id="so does a shorter one"),
        pytest.param(5.0, 1.0, Timing(0.75, 0.25), id="a longer one is cut, and both make one"),
        pytest.param(5.0, 8.0, Timing(5.0, 8.0), id="a patient disk keeps the flush interval"),
        pytest.param(1.0, 0.0, Timing(0.0, 0.0), id="write-ahead waits for nothing"),
    ],
)
def test_timing(flush_s: float, spill_s: float, expected: Timing) -> None:
    assert Timing.of(flush_s, spill_s) == expected
