import pytest

from series.ranges import RangeCounts, Ranges, added


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(0.0, "0...1.000e-09", id="nothing"),
        pytest.param(1e-12, "0...1.000e-09", id="next to nothing"),
        pytest.param(1.0, "8.799e-01...1.000e+00", id="a bound belongs below"),
        pytest.param(0.0123, "1.136e-02...1.292e-02", id="a scrape's duration"),
        pytest.param(507.0, "4.642e+02...5.275e+02", id="a scrape's samples"),
        pytest.param(1e18, "8.799e+17...1.000e+18", id="the highest bound"),
        pytest.param(1e30, "1.000e+18...+Inf", id="beyond"),
    ],
)
def test_a_value_falls_into_a_range(value: float, expected: str) -> None:
    counts = RangeCounts()
    counts.observe(value)
    assert counts.snapshot() == Ranges(((expected, 1),), value, 1)


@pytest.mark.parametrize("value", [-1.0, float("nan")])
def test_what_is_no_amount_is_left_out(value: float) -> None:
    counts = RangeCounts()
    counts.observe(value)
    assert counts.snapshot() == Ranges()


def test_snapshots_are_added() -> None:
    counts = RangeCounts()
    for value in (0.5, 0.5, 20.0):
        counts.observe(value)
    one = counts.snapshot()
    both = added(iter([one, one]))
    assert (both.total, both.count) == (42.0, 6)
    assert [number for _, number in both.counts] == [4, 2]
