"""A look at one page with a question in mind.

Takes what a target exposes; gives the series that the question may mean, with what relabelling does
to them.
Never: keeps anything, so it costs nothing when nobody asks. Yields between some hundred series.
"""

from collections.abc import Collection, Generator, Mapping

import attrs

from agent.exposed import Exposed
from agent.flags.suggest import nearest
from agent.whynot.evidence import SeriesEvidence
from agent.whynot.question import Question
from relabel.explain import explain
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


def look_at(exposed: Exposed, question: Question) -> Generator[None, None, Look]:
    """Yields now and then."""
    labelling = exposed.labelling
    found: list[SeriesEvidence] = []
    firsts: dict[Labels, int] = {}
    for at, (raw, stamp_ms) in enumerate(exposed.series):
        if at % _SERIES_PER_STEP == 0:
            yield
        one = _examined(raw, stamp_ms, labelling, question, firsts, at)
        if one is not None and len(found) < MAX_FOUND:
            found.append(one)
    similar = () if found else _similar([raw for raw, _ in exposed.series], question)
    return Look(exposed_count=len(exposed.series), series=tuple(found), similar=similar)


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
