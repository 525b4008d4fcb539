"""A look at one page with a question in mind.

Takes a body and what its target's job makes of series; gives those that the question may mean,
with what relabelling does to them.
Never: keeps anything, so it costs nothing when nobody asks. Yields between some hundred series.
"""

from collections.abc import Collection, Generator, Mapping

import attrs

from agent.flags.suggest import nearest
from agent.whynot.evidence import SeriesEvidence
from agent.whynot.question import Question
from relabel.explain import explain
from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.negotiation import Format
from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from scraper.labelling import Labelling, SeriesError, merge
from series.labels import METRIC_NAME, Labels, canonical, readable

# More series than that are too many to be told one by one.
MAX_FOUND = 50
MAX_SIMILAR = 5
_SERIES_PER_STEP = 100


@attrs.frozen(kw_only=True)
class Look:
    """`similar`: what the page has that comes near, when nothing is what was asked for."""

    exposed_count: int
    series: tuple[SeriesEvidence, ...] = ()
    similar: tuple[str, ...] = ()


class _Seen:
    """The labels of every series of the page, as exposed."""

    def __init__(self) -> None:
        self.raw: dict[bytes, Mapping[str, str]] = {}

    def __contains__(self, key: object) -> bool:
        return key in self.raw

    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        self.raw[key] = dict(raw)


def look_at(
    body: bytes,
    format_: Format,
    options: ReadOptions,
    labelling: Labelling,
    question: Question,
) -> Generator[None, None, Look]:
    """Raises ExpositionError."""
    seen = _Seen()
    reader = BodyReader(Outlines())
    reader.options = options
    page = yield from reader.read(body, seen, format_)
    found: list[SeriesEvidence] = []
    firsts: dict[Labels, int] = {}
    for at, key in enumerate(page.keys):
        if at % _SERIES_PER_STEP == 0:
            yield
        one = _examined(seen.raw[key], _stamp(page, at), labelling, question, firsts, at)
        if one is not None and len(found) < MAX_FOUND:
            found.append(one)
    similar = () if found else _similar(seen.raw.values(), question)
    return Look(exposed_count=len(page.keys), series=tuple(found), similar=similar)


def _stamp(page: Page, at: int) -> int | None:
    if page.stamps is None or page.stamps[at] == NO_TIMESTAMP:
        return None
    return page.stamps[at]


def _examined(
    raw: Mapping[str, str],
    stamp_ms: int | None,
    labelling: Labelling,
    question: Question,
    firsts: dict[Labels, int],
    at: int,
) -> SeriesEvidence | None:
    """None if the question does not mean this series, before or behind the rules."""
    error, final = "", None
    try:
        final = labelling.final(raw)
    except SeriesError as exc:
        error = str(exc)
    is_duplicate = final is not None and firsts.setdefault(final, at) != at
    before = merge(raw, labelling.target_labels, labelling.honor_labels)
    # A question may name labels that a rule has removed, or that come with the external ones.
    wider = {**labelling.external_labels, **before}
    if not question.suits(wider) and (final is None or not question.suits(dict(final))):
        return None
    return SeriesEvidence(
        raw=raw,
        explanation=explain(labelling.pipeline, before),
        final=final,
        error=error,
        is_duplicate=is_duplicate,
        stamp_ms=stamp_ms,
    )


def _similar(raws: Collection[Mapping[str, str]], question: Question) -> tuple[str, ...]:
    wanted = question.names_metric()
    same = [raw for raw in raws if wanted and raw.get(METRIC_NAME) == wanted]
    if same:
        return tuple([readable(canonical(raw)) for raw in same[:MAX_SIMILAR]])
    name = nearest(wanted, {raw.get(METRIC_NAME, "") for raw in raws})
    return (name,) if name else ()
