"""What a page says, a line for each sample: the form in which the tables of peers are kept here.

`name{label="value"} 1.0 @5 since 3 # {t="x"} 0.5 @4`: value, timestamp, start timestamp and
exemplars in ms; a native histogram stands in place of the value.
"""

from collections.abc import Mapping

import attrs

from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format
from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from scraper.exposition.text import parse_series
from scraper.metadata import Metadata, metadata_of
from series.exemplar import Exemplar
from series.histogram import BucketSpan, Histogram, ResetHint
from series.labels import readable
from tests.scraper.exposition.pages import Known
from tests.scraper.steps import finish


@attrs.frozen
class Said:
    """`error`: why the page is none; `metadata` by family."""

    lines: tuple[str, ...] = ()
    error: str = ""
    metadata: Mapping[str, Metadata] = attrs.field(factory=dict)


def said(body: bytes, format_: Format, **options: object) -> Said:
    """The page, read twice (cold, then predicted); both times must say the same."""
    reader = BodyReader(Outlines())
    reader.options = ReadOptions(**options)  # type: ignore[arg-type]
    found = {_said(reader, body, format_, known) for known in [Known()] for _ in range(2)}
    (lines,) = found
    if isinstance(lines, str):
        return Said(error=lines)
    return Said(lines, metadata=metadata_of(reader.comments()))


def _said(reader: BodyReader, body: bytes, format_: Format, known: Known) -> tuple[str, ...] | str:
    try:
        page: Page = finish(reader.read(body, known, format_))
    except ExpositionError as exc:
        return f"line {exc.line_no}: {exc.reason}"
    return tuple([_line(page, at) for at in range(len(page.keys))])


def _line(page: Page, at: int) -> str:
    parts = [readable(tuple(sorted(parse_series(page.keys[at]).items())))]
    histogram = (page.histograms or {}).get(at)
    parts.append(repr(page.values[at]) if histogram is None else shown_histogram(histogram))
    if page.stamps is not None and page.stamps[at] != NO_TIMESTAMP:
        parts.append(f"@{page.stamps[at]}")
    if start := (page.starts or {}).get(at):
        parts.append(f"since {start}")
    parts += [_exemplar(each) for each in (page.exemplars or {}).get(at, ())]
    return " ".join(parts)


def _exemplar(exemplar: Exemplar) -> str:
    stamp = "" if exemplar.timestamp_ms is None else f" @{exemplar.timestamp_ms}"
    return f"# {readable(exemplar.labels) or '{}'} {exemplar.value!r}{stamp}"


def shown_histogram(histogram: Histogram) -> str:
    """`[schema 3, count 9, sum 3.5, 2 within 0.001, -1+2 1+1: 1 1 1, negative 0+1: 1]`."""
    parts = [f"schema {histogram.schema}", f"count {histogram.count}", f"sum {histogram.sum!r}"]
    if histogram.zero_count or histogram.zero_threshold:
        parts.append(f"{histogram.zero_count} within {histogram.zero_threshold!r}")
    for word, spans, buckets in (
        ("", histogram.positive_spans, histogram.positive_buckets),
        ("negative ", histogram.negative_spans, histogram.negative_buckets),
    ):
        if spans:
            parts.append(f"{word}{_spans(spans)}: {' '.join(map(str, buckets))}")
    if histogram.custom_values:
        parts.append(f"bounds {' '.join(map(repr, histogram.custom_values))}")
    if histogram.reset_hint is ResetHint.GAUGE:
        parts.append("gauge")
    return f"[{', '.join(parts)}]"


def _spans(spans: tuple[BucketSpan, ...]) -> str:
    return " ".join([f"{span.offset}+{span.length}" for span in spans])
