"""The third suite, 2.0: samples, encodings, native histograms, exactly (prometheus.md 2.3)."""

import math
import time
from itertools import accumulate
from typing import Any

import pytest

from tests.conformance.sender.case import Check, PageCase, Seen
from tests.conformance.sender.far_end import OPEN_METRICS, PROTOBUF
from tests.conformance.sender.station import Station
from tests.scraper.exposition.families import delimited_families
from tests.scraper.exposition.test_protobuf import family

CREATED_S = 1_700_000_000.5
CREATED_MS = 1_700_000_000_500
SAMPLES = f"""\
# TYPE test_counter counter
test_counter_total 101.13
test_counter_created {CREATED_S}
# TYPE test_histogram histogram
test_histogram_bucket{{le="0.5"}} 3
test_histogram_bucket{{le="+Inf"}} 7
test_histogram_sum 12.5
test_histogram_count 7
test_histogram_created {CREATED_S}
# TYPE test_gauge gauge
"""


def samples_page(_visit: int) -> str:
    return f"{SAMPLES}test_gauge 42 {time.time():.3f}\n# EOF\n"


def is_exact(seen: Seen) -> None:
    assert set(seen.values("test_counter_total")) == {101.13}
    assert len(seen.all_rows) > 6  # one sample in each holds for every message


def is_of_the_test(seen: Seen) -> None:
    assert min(row.timestamp_ms for row in seen.all_rows) >= seen.began_ms


def starts(name: str) -> Check:
    def check(seen: Seen) -> None:
        assert {row.start_ms for row in seen.named(name)} == {CREATED_MS}
        assert not any(row.name.endswith("_created") for row in seen.rows)

    return check


def start_is_first(seen: Seen) -> None:
    assert all(row.start_ms <= row.timestamp_ms for row in seen.all_rows)


def open_metrics(sentence: str, check: Check) -> PageCase:
    options = "start_timestamps: true"
    return PageCase(sentence, samples_page, check, content_type=OPEN_METRICS, options=options)


_BEGAN_S = time.time()


def sorted_page(_visit: int) -> str:
    """Three samples of one series, always the same: only what is newer is sent."""
    lines = [f"test_gauge {n} {_BEGAN_S + 0.015 * n:.3f}" for n in range(3)]
    return "\n".join(("# TYPE test_gauge gauge", *lines, "# EOF", ""))


def is_sorted(seen: Seen) -> None:
    times = [row.timestamp_ms for row in seen.named("test_gauge")]
    assert times == sorted(set(times))
    assert len(times) == 3


def value(expected: float) -> Check:
    def check(seen: Seen) -> None:
        found = seen.values("test_value")[0]
        assert math.isnan(found) if math.isnan(expected) else found == expected

    return check


ENCODED = {
    "exactly a float": "123.45",
    "exactly an integer": "42",
    "exactly zero": "0",
    "exactly a negative": "-15.5",
    "exactly infinity": "+Inf",
    "exactly negative infinity": "-Inf",
    "exactly no number": "NaN",
    "exactly the largest": "1.7976931348623157e+308",
    "exactly the smallest": "2.2250738585072014e-308",
    "exactly in scientific notation": "1.23e-4",
    "exactly to the last digit": "0.123456789012345678",
}
SIGN = {"offset": 0, "length": 2}
HISTOGRAMS: dict[str, dict[str, Any]] = {
    "counts": {"positive_span": [SIGN], "positive_delta": [10, 20]},
    "negative counts": {"negative_span": [SIGN], "negative_delta": [10, 20]},
    "both signs": {
        "positive_span": [SIGN],
        "positive_delta": [1, 2],
        "negative_span": [SIGN],
        "negative_delta": [3, -1],
    },
    "a gap": {
        "positive_span": [SIGN, {"offset": 5, "length": 1}],
        "positive_delta": [1, 2, 3],
    },
    "a zero bucket": {
        "zero_threshold": 0.001,
        "zero_count": 5,
        "positive_span": [SIGN],
        "positive_delta": [1, 0],
    },
    "no bucket": {"zero_count": 100, "zero_threshold": 1e-128},
    "the coarsest schema": {"schema": -4, "positive_span": [SIGN], "positive_delta": [1, 2]},
    "the finest schema": {"schema": 8, "positive_span": [SIGN], "positive_delta": [1, 2]},
    "a far bucket": {"positive_span": [{"offset": 1000, "length": 1}], "positive_delta": [9]},
    "a bucket below one": {"positive_span": [{"offset": -50, "length": 1}], "positive_delta": [9]},
    "falling counts": {"positive_span": [SIGN], "positive_delta": [50, -20]},
    "a large count": {"positive_span": [SIGN], "positive_delta": [10**12, 5]},
}


def observations(fields: dict[str, Any]) -> int:
    """As many as the buckets hold: a count that is another is no histogram."""
    deltas = (fields.get("positive_delta", ()), fields.get("negative_delta", ()))
    zeros: int = fields.get("zero_count", 0)
    return zeros + sum(sum(accumulate(each)) for each in deltas)


def histogram_case(what: str, fields: dict[str, Any]) -> PageCase:
    count = observations(fields)
    exposed = {"schema": 3, "sample_count": count, "sample_sum": 250.5, "zero_threshold": 0.0}
    exposed = {"zero_count": 0, **exposed, **fields}
    page = delimited_families(family(4, histogram=exposed))

    def check(seen: Seen) -> None:
        row = seen.one("m")
        found = row.histogram
        assert row.value is None
        assert row.timestamp_ms >= seen.began_ms
        assert (found.count_int, found.sum, found.schema) == (count, 250.5, exposed["schema"])
        assert found.zero_count_int == exposed["zero_count"]
        for sign in ("positive", "negative"):
            assert list(getattr(found, f"{sign}_deltas")) == exposed.get(f"{sign}_delta", [])
            spans = [
                {"offset": s.offset, "length": s.length} for s in getattr(found, f"{sign}_spans")
            ]
            assert spans == exposed.get(f"{sign}_span", [])

    options = "scrape_native_histograms: true"
    sentence = f"a native histogram of {what}"
    return PageCase(sentence, page, check, content_type=PROTOBUF, options=options)


PAGES = [
    open_metrics("one sample in each series, exactly", is_exact),
    open_metrics("no sample is older than the test", is_of_the_test),
    open_metrics("a counter's start in milliseconds", starts("test_counter_total")),
    open_metrics("a histogram's start in milliseconds", starts("test_histogram_count")),
    open_metrics("no start is after its sample", start_is_first),
    PageCase(
        "samples of one series in one page are sorted",
        sorted_page,
        is_sorted,
        content_type=OPEN_METRICS,
    ),
    *(
        PageCase(
            sentence, f"test_value {text}\n# EOF\n", value(float(text)), content_type=OPEN_METRICS
        )
        for sentence, text in ENCODED.items()
    ),
    *(histogram_case(what, fields) for what, fields in HISTOGRAMS.items()),
]


def test_the_table_is_whole() -> None:
    assert len(PAGES) == 5 + 1 + 11 + 12


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case.sentence)
def test_a_case(case: PageCase, station: Station) -> None:
    case.check(station.page(case))
