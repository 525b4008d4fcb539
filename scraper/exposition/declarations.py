"""Comment lines of the text format that contradict each other: for `promferry lint`.

Takes a body that can be read; raises ExpositionError for what a scrape lets pass and the format
forbids: a second TYPE or HELP line of a metric, a TYPE line behind the metric's samples.
Source: "Comments, help text, and type information" of the text format 0.0.4.
"""

from collections.abc import Iterator

from scraper.exposition.errors import SHOWN_BYTES, ExpositionError
from scraper.exposition.meta import said
from scraper.exposition.text import parse_series, read_comment, read_sample, skip_blanks
from series.labels import METRIC_NAME

_PARTS = ("_bucket", "_count", "_sum")


def check_declarations(body: bytes) -> None:
    """Raises ExpositionError."""
    declared: set[tuple[str, str]] = set()
    sampled: set[str] = set()
    for at, keyword, name in _parts_of(body):
        if not keyword:
            sampled.add(name)
            sampled.update([name.removesuffix(part) for part in _PARTS])
        elif (keyword, name) in declared:
            raise _error(body, at, f"a second {keyword} line of {name}")
        elif keyword == "TYPE" and name in sampled:
            raise _error(body, at, f"the TYPE line of {name} stands behind samples of it")
        else:
            declared.add((keyword, name))


def _parts_of(body: bytes) -> Iterator[tuple[int, str, str]]:
    """Where it begins, keyword (none: a sample) and metric name of all that has one."""
    at = 0
    while (at := skip_blanks(body, at)) < len(body):
        first, start = body[at : at + 1], at
        if first == b"\n":
            at += 1
        elif first == b"#":
            at = read_comment(body, start)
            for keyword, name, _ in said((body[start:at].rstrip(b"\n"),)):
                yield start, keyword, name
        else:
            sample = read_sample(body, start)
            at = sample.end
            yield start, "", parse_series(sample.series)[METRIC_NAME]


def _error(body: bytes, at: int, reason: str) -> ExpositionError:
    line = body[at : at + SHOWN_BYTES].partition(b"\n")[0]
    return ExpositionError(reason, body.count(b"\n", 0, at) + 1, line)
