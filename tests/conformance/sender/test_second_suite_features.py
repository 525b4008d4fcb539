"""The second suite, 2.0: metadata, exemplars, histograms, odd pages, batches: 68 sub-tests.

Source: reference/prometheus.md 2.2. With the messages (51) and the answers (38) they are 157.
"""

import math

import pytest

from tests.conformance.sender.case import Check, PageCase, Seen
from tests.conformance.sender.far_end import OPEN_METRICS, PROTOBUF
from tests.conformance.sender.station import Station
from tests.scraper.exposition.families import delimited_families
from tests.scraper.exposition.test_protobuf import BUCKETS, NATIVE, family

COUNTER, GAUGE, HISTOGRAM, SUMMARY = 1, 2, 3, 5


def has_type(name: str, wanted: int) -> Check:
    return lambda seen: _equal({row.type for row in seen.named(name)}, {wanted})


def has_help(name: str, wanted: str) -> Check:
    return lambda seen: _equal({row.help for row in seen.named(name)}, {wanted})


def _equal(found: object, wanted: object) -> None:
    assert found == wanted


def came(name: str, count: int = 1) -> Check:
    """So many different series of that name, or of that prefix."""

    def check(seen: Seen) -> None:
        found = {tuple(row.labels.items()) for row in seen.rows if row.name.startswith(name)}
        assert len(found) >= count

    return check


def value(name: str, expected: float) -> Check:
    return lambda seen: _equal(seen.values(name)[0], expected)


def page_of(name: str, type_: str, help_: str, *lines: str) -> str:
    return "\n".join((f"# HELP {name} {help_}", f"# TYPE {name} {type_}", *lines, ""))


def buckets(name: str, count: float = 100, total: float = 250.5) -> list[str]:
    return [
        f'{name}_bucket{{le="0.1"}} 10',
        f'{name}_bucket{{le="1"}} {count:g}',
        f'{name}_bucket{{le="+Inf"}} {count:.0f}',
        f"{name}_sum {total}",
        f"{name}_count {count:.0f}",
    ]


REQUESTS = page_of(
    "http_requests_total",
    "counter",
    "The total number of HTTP requests",
    'http_requests_total{code="200"} 5',
    'http_requests_total{code="500"} 1',
)
DURATIONS = page_of("request_seconds", "histogram", "Durations", *buckets("request_seconds"))
RPC = page_of(
    "rpc_seconds",
    "summary",
    "RPC",
    'rpc_seconds{quantile="0.5"} 1',
    "rpc_seconds_sum 3",
    "rpc_seconds_count 2",
)
MEMORY = page_of("memory_bytes", "gauge", "Memory in use", "memory_bytes 1024")


def unit_is_bytes(seen: Seen) -> None:
    assert {row.unit for row in seen.named("memory_bytes")} == {"bytes"}


def is_alike(seen: Seen) -> None:
    said = {(row.type, row.help) for row in seen.named("http_requests_total")}
    assert said == {(COUNTER, "The total number of HTTP requests")}


METADATA = [
    PageCase("the type of a counter", REQUESTS, has_type("http_requests_total", COUNTER)),
    PageCase("the type of a gauge", MEMORY, has_type("memory_bytes", GAUGE)),
    PageCase("the type of a histogram", DURATIONS, has_type("request_seconds_count", HISTOGRAM)),
    PageCase("the type of a summary", RPC, has_type("rpc_seconds", SUMMARY)),
    PageCase(
        "the help",
        REQUESTS,
        has_help("http_requests_total", "The total number of HTTP requests"),
    ),
    PageCase(
        "the unit",
        "# TYPE memory_bytes gauge\n# UNIT memory_bytes bytes\nmemory_bytes 1\n# EOF\n",
        unit_is_bytes,
        content_type=OPEN_METRICS,
    ),
    PageCase(
        "a line break in the help",
        page_of("broken", "gauge", "This\\nis help", "broken 1"),
        has_help("broken", "This\nis help"),
    ),
    PageCase(
        "odd characters in the help",
        page_of("odd", "gauge", 'This contains "quotes" and \\\\slashes', "odd 1"),
        has_help("odd", 'This contains "quotes" and \\slashes'),
    ),
    PageCase("references of metadata are valid", MEMORY, has_help("memory_bytes", "Memory in use")),
    PageCase("metadata is the same in a family", REQUESTS, is_alike),
    PageCase(
        "no help is fine",
        "# TYPE helpless counter\nhelpless 1\n",
        has_help("helpless", ""),
    ),
]

MANY = "".join(f'many_{n:03}{{index="{n}"}} {n}\n' for n in range(100))
CARDINAL = "".join(f'cardinal{{user="u{n}",host="h{n % 10}"}} {n}\n' for n in range(100))
LOAD = "".join(f'load{{id="{n}"}} {n}\n' for n in range(200))
LONG = "metric_" + "very_long_name_" * 50
SPECIAL = "".join(f'special{{type="{v}"}} {v}\n' for v in ("NaN", "+Inf", "-Inf", "0", "-1.5"))


def is_empty_but_up(seen: Seen) -> None:
    assert seen.ups() == {1}
    assert seen.rows == []


def is_special(seen: Seen) -> None:
    found = {row.labels["type"]: row.value or 0.0 for row in reversed(seen.named("special"))}
    assert math.isnan(found.pop("NaN"))
    assert found == {"+Inf": math.inf, "-Inf": -math.inf, "0": 0, "-1.5": -1.5}


def is_not_before_the_epoch(seen: Seen) -> None:
    assert all(row.timestamp_ms >= 0 for row in seen.all_rows)


def is_down(seen: Seen) -> None:
    assert 0 in seen.ups()


def has_all_labels(seen: Seen) -> None:
    labels = seen.one("test_metric").labels
    assert labels["arabic"] == "مرحبا"
    assert labels["vietnamese"] == "tôi yêu việt nam"


EDGES = [
    PageCase("an empty page", "# No metrics\n", is_empty_but_up),
    PageCase("a huge value of a label", f'huge{{a="{"x" * 10_000}"}} 1\n', came("huge")),
    PageCase(
        "unicode of many scripts",
        'test_metric{arabic="مرحبا",vietnamese="tôi yêu việt nam"} 42\n',
        has_all_labels,
    ),
    PageCase("many series", MANY, came("many_", 100)),
    PageCase("high cardinality", CARDINAL, came("cardinal", 100)),
    PageCase("a very long name", f"{LONG} 1\n", came(LONG)),
    PageCase("special floats together", SPECIAL, is_special),
    PageCase("timestamp zero", "test_metric 42 0\n", is_not_before_the_epoch),
    PageCase("a garbled timestamp", "test_metric 42 \ufffd\n", is_down),
    PageCase(
        "a name with colons", "http:request:seconds 0.5\n", value("http:request:seconds", 0.5)
    ),
    PageCase("a word for staleness is no number", "test_metric StaleNaN\n", is_down),
    PageCase(
        "all types in one page",
        REQUESTS + MEMORY + DURATIONS + RPC,
        lambda seen: _equal({row.type for row in seen.rows}, {COUNTER, GAUGE, HISTOGRAM, SUMMARY}),
    ),
    PageCase("200 series", LOAD, came("load", 200)),
]

TRACED = """\
# TYPE traced counter
traced_total 7 # {trace_id="abc",span_id="def"} 0.5 1700000000.25
# TYPE spent histogram
spent_bucket{le="1"} 3 # {trace_id="low"} 0.5
spent_bucket{le="+Inf"} 5 # {trace_id="high",user="u1"} 7.5
spent_sum 9
spent_count 5
# EOF
"""


def exemplar(name: str, **labels: str) -> Check:
    def check(seen: Seen) -> None:
        found = [one for row in seen.named(name) for one in row.exemplars]
        assert found, "no exemplar came"
        assert all(at_ms > 10**12 for _, _, at_ms in found)
        assert any(labels.items() <= given.items() for given, _, _ in found)

    return check


def exemplar_value(seen: Seen) -> None:
    found = [one for row in seen.named("traced_total") for one in row.exemplars]
    # That of a page scraped again is not sent again.
    assert found == [({"trace_id": "abc", "span_id": "def"}, 0.5, 1_700_000_000_250)]


def traced(sentence: str, check: Check) -> PageCase:
    return PageCase(sentence, TRACED, check, content_type=OPEN_METRICS)


EXEMPLARS = [
    traced("an exemplar with a trace", exemplar("traced_total", trace_id="abc")),
    traced("an exemplar with a span", exemplar("traced_total", span_id="def")),
    traced("an exemplar has its value", exemplar_value),
    traced("an exemplar without a time has that of the scrape", exemplar("spent_bucket")),
    traced("an exemplar's references are valid", exemplar("spent_bucket", trace_id="low")),
    traced("an exemplar with labels of its own", exemplar("spent_bucket", user="u1")),
    traced("exemplars of a histogram", exemplar("spent_bucket", trace_id="high")),
    traced("an exemplar's references come in pairs", exemplar("spent_bucket", trace_id="high")),
    traced(
        "exemplars of several buckets",
        lambda seen: _equal(
            {one[0]["trace_id"] for row in seen.named("spent_bucket") for one in row.exemplars},
            {"low", "high"},
        ),
    ),
]

NATIVE_PAGE = delimited_families(family(4, histogram={**NATIVE, "bucket": BUCKETS}))


def native(sentence: str, check: Check) -> PageCase:
    options = "scrape_native_histograms: true"
    return PageCase(sentence, NATIVE_PAGE, check, content_type=PROTOBUF, options=options)


def has(**fields: object) -> Check:
    def check(seen: Seen) -> None:
        found = seen.one("m").histogram
        assert {name: getattr(found, name) for name in fields} == fields

    return check


def spans(name: str, *expected: tuple[int, int]) -> Check:
    def check(seen: Seen) -> None:
        found = getattr(seen.one("m").histogram, name)
        assert [(span.offset, span.length) for span in found] == list(expected)

    return check


def is_of_now(seen: Seen) -> None:
    assert all(row.timestamp_ms > 10**12 for row in seen.named("m"))


def is_in_order(seen: Seen) -> None:
    edges = [row.labels["le"] for row in seen.rows if row.name == "request_seconds_bucket"]
    assert edges[:3] == ["0.1", "1", "+Inf"]


EMPTY = page_of("idle", "histogram", "Idle", *buckets("idle", 0, 0))
HISTOGRAMS = [
    native("a native histogram", has(count_int=9, sum=3.5)),
    PageCase("a histogram's count", DURATIONS, value("request_seconds_count", 100)),
    PageCase("a histogram's sum", DURATIONS, value("request_seconds_sum", 250.5)),
    PageCase("buckets are in order", DURATIONS, is_in_order),
    native("positive buckets", spans("positive_spans", (-1, 2), (1, 1))),
    native("negative buckets", spans("negative_spans", (0, 1))),
    native("the zero bucket", has(zero_count_int=2, zero_threshold=0.001)),
    native("the schema", has(schema=1)),
    native("a histogram has a time", is_of_now),
    native(
        "samples and histograms are never in one series",
        lambda seen: _equal({row.value for row in seen.named("m")}, {None}),
    ),
    PageCase("a histogram without observations", EMPTY, value("idle_count", 0)),
    PageCase(
        "a large count",
        page_of("big", "histogram", "Big", *buckets("big", 1e9)),
        value("big_count", 1e9),
    ),
]

ROUTES = page_of(
    "calls_total",
    "counter",
    "Calls",
    *[f'calls_total{{route="r{n}",method="GET",code="200",zone="z"}} {n}' for n in range(6)],
)
COMBINED = [
    PageCase("samples with metadata", REQUESTS + MEMORY, has_type("http_requests_total", COUNTER)),
    traced("samples with exemplars", exemplar("traced_total", trace_id="abc")),
    traced("histograms with metadata and exemplars", has_type("spent_bucket", HISTOGRAM)),
    PageCase("several types of metrics", REQUESTS + MEMORY + RPC, came("", 6)),
    PageCase("labels in plenty", ROUTES, came("calls_total", 6)),
    PageCase("a whole family", DURATIONS, came("request_seconds_", 5)),
    PageCase("many labels with metadata", ROUTES, has_help("calls_total", "Calls")),
    PageCase(
        "a page of the real world", REQUESTS + MEMORY + DURATIONS + RPC + ROUTES, came("", 17)
    ),
]


def is_version_1(seen: Seen) -> None:
    for push in seen.pushes:
        assert push.headers["X-Prometheus-Remote-Write-Version"] == "0.1.0"
        assert push.headers["Content-Type"] == "application/x-protobuf"


def has_symbols_in_no_message(seen: Seen) -> None:
    assert seen.rows
    assert not any(push.is_v2 for push in seen.pushes)


def first(sentence: str, page: str, check: Check) -> PageCase:
    return PageCase(sentence, page, check, version=1)


COMPATIBLE = [
    first("version of 1.0", "test_metric 42\n", is_version_1),
    first("type of 1.0", "test_metric 42\n", is_version_1),
    first("samples of 1.0", "test_counter_total 100\n", value("test_counter_total", 100)),
    first("labels of 1.0", 'test_metric{label="value"} 42', came("test_metric")),
    PageCase(
        "no native histogram that nobody asked for in 1.0",
        NATIVE_PAGE,
        value("m_count", 9),
        version=1,
        content_type=PROTOBUF,
    ),
    first("no start in 1.0", "test_counter_total 5\n", value("test_counter_total", 5)),
    first("metadata goes apart in 1.0", MEMORY, value("memory_bytes", 1024)),
    first("no symbols in 1.0", REQUESTS, has_symbols_in_no_message),
    first("1.0 can be asked for", REQUESTS, is_version_1),
]


def is_batched(seen: Seen) -> None:
    assert max(len(seen.of(push)) for push in seen.pushes) > 3
    assert max(len({row.name for row in seen.of(push)}) for push in seen.pushes) > 2


def is_bounded(seen: Seen) -> None:
    assert all(len(push.rows) <= 10_000 for push in seen.pushes)
    assert len({row.labels["n"] for row in seen.named("plenty")}) == 12_000


def symbols_stand_once(seen: Seen) -> None:
    assert all(len(set(push.symbols)) == len(push.symbols) for push in seen.pushes)


PLENTY = "".join(f'plenty{{n="{n}"}} {n}\n' for n in range(12_000))
BATCHES = [
    PageCase("several series in a request", "a 1\nb 2\nc 3\n", is_batched),
    PageCase("no request is too large", PLENTY, is_bounded),
    PageCase("series of many labels and of few", ROUTES + "lonely 1\n", is_batched),
    PageCase("symbols of a batch", ROUTES, symbols_stand_once),
    PageCase("metadata comes with a batch", REQUESTS + MEMORY, has_type("memory_bytes", GAUGE)),
    PageCase("requests follow each other", MANY, came("many_", 100)),
]
PARTS = (METADATA, EDGES, EXEMPLARS, HISTOGRAMS, COMBINED, COMPATIBLE, BATCHES)
PAGES = [case for part in PARTS for case in part]


def test_the_table_is_whole() -> None:
    assert [len(part) for part in PARTS] == [11, 13, 9, 12, 8, 9, 6]


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case.sentence)
def test_a_feature(case: PageCase, station: Station) -> None:
    case.check(station.page(case))
