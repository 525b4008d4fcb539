"""Classic histograms as native ones: Prometheus' `convertnhcb_test.go`, and rows of ours.

Its 10 cases: 6 are 5 rows of the first table (nothing and a sum alone are one), 2 are 3 rows of the
second (a negative count is two), the mixed order is in the third. A NaN bound is an error there;
here such a series is no part of the histogram, as the last row tells.
"""

from math import inf, nan

import pytest

from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.classic import custom
from scraper.exposition.outline import Outlines
from tests.scraper.exposition.pages import Known
from tests.scraper.exposition.said import shown_histogram
from tests.scraper.steps import finish


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


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        pytest.param(
            ('{le="0.5"} 50', '{le="+Inf"} 1000', '{le="1"} 950'),
            "[schema -53, count 1000, sum 1.5, 0+3: 50 850 -850, bounds 0.5 1.0]",
            id="mixed order",
        ),
        pytest.param(
            ('{le="NaN"} 5', '{le="0.5"} 1000', '{le="x"} 7'),
            "[schema -53, count 1000, sum 1.5, 0+1: 1000, bounds 0.5]",
            id="bounds that are none",
        ),
    ],
)
def test_of_a_page(lines: tuple[str, ...], shown: str) -> None:
    buckets = "".join(f"h_bucket{line}\n" for line in lines)
    body = f"# TYPE h histogram\n{buckets}h_count 1000\nh_sum 1.5\n"
    reader = BodyReader(Outlines())
    reader.options = ReadOptions(to_nhcb=True)
    page = finish(reader.read(body.encode(), Known()))
    assert page.histograms
    (histogram,) = page.histograms.values()
    assert shown_histogram(histogram) == shown
