"""The second suite, 2.0: what every message is (prometheus.md 2.2): 51 of its 157 sub-tests."""

import math
import re
import time

import pytest

from tests.conformance.sender.case import Check, PageCase, Seen
from tests.conformance.sender.far_end import OPEN_METRICS
from tests.conformance.sender.station import Station

METRIC = "test_metric 42\n"
FRAMED_MAGIC = bytes.fromhex("ff060000734e61505059")


def header(name: str, pattern: str) -> Check:
    def check(seen: Seen) -> None:
        for push in seen.pushes:
            assert re.fullmatch(pattern, push.headers.get(name, ""))

    return check


def is_block_format(seen: Seen) -> None:
    assert not any(push.body.startswith(FRAMED_MAGIC) for push in seen.pushes)


def has_symbols(seen: Seen) -> None:
    assert all(push.symbols for push in seen.pushes)


def came(seen: Seen) -> None:
    assert seen.rows


def value(name: str, expected: float) -> Check:
    def check(seen: Seen) -> None:
        found = seen.values(name)
        # The last one may be the marker of the end.
        assert all(math.isnan(v) for v in found) if math.isnan(expected) else found[0] == expected

    return check


def labels(**expected: str) -> Check:
    def check(seen: Seen) -> None:
        for row in seen.named("test_metric"):
            assert {name: row.labels.get(name) for name in expected} == expected

    return check


def is_in_milliseconds(seen: Seen) -> None:
    assert all(10**12 < row.timestamp_ms < 10**16 for row in seen.all_rows)


def is_recent(seen: Seen) -> None:
    assert all(abs(row.timestamp_ms / 1000 - time.time()) < 300 for row in seen.all_rows)


def repeats(seen: Seen) -> None:
    times = [row.timestamp_ms for row in seen.named("test_counter_total")]
    assert times == sorted(set(times))
    assert len(times) > 1


def is_in_order(seen: Seen) -> None:
    times: dict[str, list[int]] = {}
    for row in seen.all_rows:
        times.setdefault(row.name, []).append(row.timestamp_ms)
    assert len(times) > 3
    assert all(found == sorted(set(found)) for found in times.values())


def names_target(seen: Seen) -> None:
    assert all(row.labels["job"] and row.labels["instance"] for row in seen.all_rows)


def has_valid_names(seen: Seen) -> None:
    assert seen.rows
    for row in seen.all_rows:
        assert re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", row.name)
        others = [name for name in row.labels if name != "__name__"]
        assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) for name in others)
        assert not any(name.startswith("__") for name in others)


def has_no_empty_label(seen: Seen) -> None:
    assert "empty" not in seen.one("test_metric").labels


def has_ten_labels(seen: Seen) -> None:
    labels = seen.one("test_metric").labels
    assert {f"l{n}": f"v{n}" for n in range(10)}.items() <= labels.items()


def start_is_before(name: str) -> Check:
    def check(seen: Seen) -> None:
        for row in seen.named(name):
            assert row.start_ms == 1_700_000_000_500
            assert row.start_ms <= row.timestamp_ms

    return check


def start_is_unset(seen: Seen) -> None:
    assert {row.start_ms for row in seen.named("test_counter_total")} == {0}


def is_not_ahead(seen: Seen) -> None:
    assert all(row.timestamp_ms / 1000 < time.time() + 300 for row in seen.all_rows)


def first_is_empty(seen: Seen) -> None:
    assert all(push.symbols[0] == "" for push in seen.pushes)


def symbols_are_unique(seen: Seen) -> None:
    assert all(len(set(push.symbols)) == len(push.symbols) for push in seen.pushes)
    assert seen.values("test_metric")[0] == 1  # of the line that stands twice the first counts


def symbols_are_shared(seen: Seen) -> None:
    for push in seen.pushes:
        own = {text for row in seen.of(push) for pair in row.labels.items() for text in pair}
        assert len(own) <= 30
        assert own <= set(push.symbols)


PROTOCOL = [
    PageCase(
        "the type is protobuf",
        METRIC,
        header("Content-Type", r"application/x-protobuf\b.*"),
    ),
    PageCase(
        "the type names the message",
        METRIC,
        header("Content-Type", r".*;proto=io\.prometheus\.write\.v2\.Request"),
    ),
    PageCase("the encoding is snappy", METRIC, header("Content-Encoding", "snappy")),
    PageCase("there is a version", METRIC, header("X-Prometheus-Remote-Write-Version", ".+")),
    PageCase("the version is 2", METRIC, header("X-Prometheus-Remote-Write-Version", r"2\.0\.\d")),
    PageCase("there is a user agent", METRIC, header("User-Agent", r"promferry/.+")),
    PageCase("snappy has the block format", METRIC, is_block_format),
    PageCase("a message can be read", METRIC, has_symbols),
    PageCase("it is a POST", METRIC, came),
]
CREATED = (
    "# TYPE test_counter counter\ntest_counter_total 7\ntest_counter_created 1700000000.5\n# EOF\n"
)
CREATED_HISTOGRAM = """\
# TYPE test_histogram histogram
test_histogram_bucket{le="+Inf"} 7
test_histogram_sum 7
test_histogram_count 7
test_histogram_created 1700000000.5
# EOF
"""
STARTS = "start_timestamps: true"
SAMPLES = [
    PageCase("a float", "test_metric 123.45\n", value("test_metric", 123.45)),
    PageCase("an integer", "test_counter_total 42\n", value("test_counter_total", 42)),
    PageCase("zero", "test_gauge 0\n", value("test_gauge", 0)),
    PageCase("a negative", "temperature_celsius -15.5\n", value("temperature_celsius", -15.5)),
    PageCase("infinity", "test_gauge +Inf\n", value("test_gauge", math.inf)),
    PageCase("negative infinity", "test_gauge -Inf\n", value("test_gauge", -math.inf)),
    PageCase("no number", "test_gauge NaN\n", value("test_gauge", math.nan)),
    PageCase("time is in milliseconds", METRIC, is_in_milliseconds),
    PageCase("time is recent", METRIC, is_recent),
    PageCase("a series in several requests", "test_counter_total 100\n", repeats),
    PageCase(
        "a large float", "large 1.7976931348623157e+308\n", value("large", 1.7976931348623157e308)
    ),
    PageCase(
        "a small float", "small 2.2250738585072014e-308\n", value("small", 2.2250738585072014e-308)
    ),
    PageCase("scientific notation", "test_scientific 1.23e-4\n", value("test_scientific", 1.23e-4)),
    PageCase("precision", "precise 0.123456789012345\n", value("precise", 0.123456789012345)),
    PageCase("job and instance", METRIC, names_target),
    PageCase("samples are in order", "a_total 1\nb 2\nc 3\n", is_in_order),
]
TEN = ",".join([f'l{n}="v{n}"' for n in range(10)])
LABELS = [
    PageCase(
        "labels are sorted",
        'test_metric{zzz="3",aaa="1",bbb="2"} 42\n',
        lambda seen: labels(aaa="1", bbb="2", zzz="3")(seen),
    ),
    PageCase("a series has a name", METRIC, came),
    PageCase(
        "names of metrics are valid", "valid_metric_name:subsystem_total 42\n", has_valid_names
    ),
    PageCase(
        "names of labels are valid",
        'test_metric{valid_label="v",another_1="w"} 42',
        has_valid_names,
    ),
    PageCase("no label twice", 'test_metric{foo="bar",baz="qux"} 42', labels(foo="bar", baz="qux")),
    PageCase("no empty name of a label", 'test_metric{label="value"} 42', labels(label="value")),
    PageCase("an empty value is no label", 'test_metric{empty=""} 42', has_no_empty_label),
    PageCase("reserved names stay at home", 'test_metric{normal="value"} 42', has_valid_names),
    PageCase(
        "unicode in labels",
        'test_metric{emoji="\U0001f680",chinese="测试"} 42',
        labels(emoji="\U0001f680", chinese="测试"),
    ),
    PageCase(
        "odd characters in labels",
        'test_metric{path="/api/v1/users",query="foo=bar&baz=qux"} 42',
        labels(path="/api/v1/users", query="foo=bar&baz=qux"),
    ),
    PageCase(
        "a long name of a label", f'test_metric{{{"n" * 90}="v"}} 42', labels(**{"n" * 90: "v"})
    ),
    PageCase("a long value", f'test_metric{{text="{"t" * 300}"}} 42', labels(text="t" * 300)),
    PageCase(
        "many labels",
        f"test_metric{{{TEN}}} 42",
        has_ten_labels,
    ),
]
TIMES = [
    PageCase("a timestamp is in milliseconds", "test_counter_total 42\n", is_in_milliseconds),
    PageCase(
        "timestamps of a series rise", "# two\ncounter_total 1\ngauge 2\na 1\nb 1\n", is_in_order
    ),
    PageCase(
        "a counter's start",
        CREATED,
        start_is_before("test_counter_total"),
        content_type=OPEN_METRICS,
        options=STARTS,
    ),
    PageCase(
        "a histogram's start",
        CREATED_HISTOGRAM,
        start_is_before("test_histogram_count"),
        content_type=OPEN_METRICS,
        options=STARTS,
    ),
    PageCase(
        "no start is none",
        "# TYPE test_counter counter\ntest_counter_total 7\n# EOF\n",
        start_is_unset,
        content_type=OPEN_METRICS,
        options=STARTS,
    ),
    PageCase("milliseconds are kept", METRIC, is_recent),
    PageCase("no time is ahead", METRIC, is_not_ahead),
    PageCase(
        "a start is before the sample",
        CREATED,
        start_is_before("test_counter_total"),
        content_type=OPEN_METRICS,
        options=STARTS,
    ),
]
FOUR = "".join(f'http_requests_total{{code="{n}",method="GET"}} {n}\n' for n in range(200, 204))
SYMBOLS = [
    PageCase("the first symbol is empty", METRIC, first_is_empty),
    PageCase(
        "a symbol stands once",
        'test_metric{foo="bar",baz="qux"} 1\ntest_metric{foo="bar",baz="qux"} 2\nb{foo="bar"} 3\n',
        symbols_are_unique,
    ),
    PageCase(
        "references lead to symbols", 'test_metric{label="value"} 42\n', labels(label="value")
    ),
    PageCase("references come in pairs", 'test_metric{label="value"} 42\n', labels(label="value")),
    PageCase("series share symbols", FOUR, symbols_are_shared),
]
PAGES = [*PROTOCOL, *SAMPLES, *LABELS, *TIMES, *SYMBOLS]


def test_the_table_is_whole() -> None:
    assert [len(part) for part in (PROTOCOL, SAMPLES, LABELS, TIMES, SYMBOLS)] == [9, 16, 13, 8, 5]


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case.sentence)
def test_a_message(case: PageCase, station: Station) -> None:
    case.check(station.page(case))
