"""Classic histograms as native ones: the 10 cases of Prometheus' `convertnhcb_test.go`, and ours.

Its case of a NaN bound is none here: such a series is no part of the histogram.
"""

from math import inf, nan

import pytest

from scraper.exposition.classic import custom
from tests.scraper.exposition.said import shown_histogram


@pytest.mark.parametrize(
    ("cumulative", "count", "shown"),
    [
        ({}, None, "[schema -53, count 0, sum 1.5]"),
        ({0.5: 1000}, None, "[schema -53, count 1000, sum 1.5, 0+1: 1000, bounds 0.5]"),
        ({0.5: 13.42}, None, "[schema -53, count 13.42, sum 1.5, 0+1: 13.42, bounds 0.5]"),
        (
            {0.5: 50, 1.0: 950, inf: 1000},
            1000,
            "[schema -53, count 1000, sum 1.5, 0+3: 50 850 -850, bounds 0.5 1.0]",
        ),
        (
            {0.5: 50, 1.0: 950.5, inf: 1000},
            1000,
            "[schema -53, count 1000.0, sum 1.5, 0+3: 50.0 900.5 49.5, bounds 0.5 1.0]",
        ),
        (
            {1.0: 1, 2.0: 1, 3.0: 1, 4.0: 1, 5.0: 2, inf: 2},
            2,
            "[schema -53, count 2, sum 1.5, 0+1 3+1: 1 0, bounds 1.0 2.0 3.0 4.0 5.0]",
        ),
    ],
)
def test_custom(cumulative: dict[float, float], count: float | None, shown: str) -> None:
    given = {bound: float(each) for bound, each in cumulative.items()}
    total = None if count is None else float(count)
    assert shown_histogram(custom(given, total, 1.5)) == shown


@pytest.mark.parametrize(
    ("cumulative", "count", "reason"),
    [
        ({0.5: 50.0, 1.0: 950.0, inf: 900.0}, 900.0, "900 follows 950"),
        ({0.5: 50.0}, -1.0, "-1 follows 50"),
        ({}, -1.0, "-1 follows 0"),
        ({0.5: 50.0, inf: 60.0}, 61.0, "count 61, but 60"),
        ({0.5: nan}, 5.0, "not finite"),
        ({inf: nan}, nan, "count nan, but nan"),
    ],
)
def test_contradictions(cumulative: dict[float, float], count: float, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        custom(cumulative, count, 0.0)
