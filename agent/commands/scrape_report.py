"""One scrape as text: the series as they would be pushed, or what relabelling did to them.

Takes a Scrape; writes lines. Samples are written as the text format has them, with their time.
"""

import math
from collections.abc import Iterator, Mapping
from typing import TextIO

from agent.commands.scrape_run import Scrape
from relabel.explain import explain
from relabel.explain_text import explanation_lines
from scraper.labelling import SeriesError, merge
from series.batch import Batch
from series.labels import Labels, canonical, readable


def write_scrape(scrape: Scrape, out: TextIO, *, explains: bool, differs: bool) -> None:
    out.write(f"# {_headline(scrape)}\n")
    if explains:
        out.writelines(f"{line}\n" for line in _explained(scrape))
    if differs:
        out.writelines(f"{line}\n" for line in _differences(scrape))
    if not explains and not differs:
        out.writelines(f"{line}\n" for batch in scrape.batches for line in sample_lines(batch))


def _headline(scrape: Scrape) -> str:
    status = scrape.status
    where = f"{status.url} of job {status.pool}"
    if socket := scrape.target.options.unix_socket:
        where = f"{where} at {socket}"
    if status.health != "up":
        return f"{where} is down: {status.last_error}"
    return (
        f"{where} is up: {status.samples_scraped} samples, {status.samples_post_relabel} after "
        f"relabelling, {status.body_bytes} bytes in {status.last_duration_s:.3f} s"
    )


def sample_lines(batch: Batch) -> Iterator[str]:
    for index, template in enumerate(batch.layout.templates):
        labels = readable(template.labels(batch.chunks))
        yield f"{labels} {_number(batch.values[index])} {batch.timestamp_of(index)}"


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _explained(scrape: Scrape) -> Iterator[str]:
    for before, after in _relabelled(scrape):
        if after != canonical(before):
            yield from explanation_lines(explain(scrape.pipeline, before), before)


def _differences(scrape: Scrape) -> Iterator[str]:
    for before, after in _relabelled(scrape):
        shown = canonical(before)
        if after != shown:
            yield f"- {readable(shown)}"
            if after is not None:
                yield f"+ {readable(after)}"


def _relabelled(scrape: Scrape) -> Iterator[tuple[Mapping[str, str], Labels | None]]:
    """Each series as the first rule sees it, and as it is pushed, external labels apart."""
    labelling = scrape.labelling
    for raw in scrape.seen:
        before = merge(raw, labelling.target_labels, labelling.honor_labels)
        try:
            yield before, labelling.final(raw)
        except SeriesError:
            yield before, None  # the scrape failed by it, as the headline says
