"""`/cardinality`: what the series are, and what makes them grow.

Takes counts and the last hour; gives HTML.
"""

from collections.abc import Iterator, Sequence

from web.pages.chart import chart, count_text
from web.pages.markup import NOTHING, Markup, Template, join
from web.views import Cardinality, Track

_FORM = Template(
    '<h1>Cardinality</h1>\n<form role="search"><label>Job <select name="job">'
    '<option value="">all</option>%s</select></label><button>Show</button></form>\n'
    '<p class="quiet">%s series of %s metrics, as they were scraped last.%s</p>\n'
)
_OPTION = Template('<option value="%s"%s>%s</option>')
_TABLE = Template(
    "<section><h2>%s</h2>\n<table><thead><tr>%s</tr></thead><tbody>%s</tbody></table></section>\n"
)
_HEAD = Template('<th scope="col"%s>%s')
_NUMBER = Markup(' class="number"')
_ROW = Template("<tr><td><code>%s</code>%s</tr>\n")
_CELL = Template('<td class="number" data-name="%s">%s')
_LAST = Template('<td class="quiet" data-name="%s"><code>%s</code>')
_CUT = " A label has more values than are told apart."


def cardinality_html(
    found: Cardinality, job: str, pools: Sequence[str], tracks: Sequence[Track]
) -> Iterator[Markup]:
    selected = Markup(" selected")
    options = [_OPTION(pool, selected if pool == job else NOTHING, pool) for pool in pools]
    cut = _CUT if found.is_cut else ""
    yield _FORM(join(options), f"{found.series:,}", f"{found.metric_count:,}", cut)
    yield from _growth([track for track in tracks if track.job and job in ("", track.job)])
    yield Markup('<div class="columns">\n')
    metrics = [
        _ROW(name, join([_CELL("Series", f"{count:,}"), _CELL("Share", _share(count, found))]))
        for name, count in found.metrics
    ]
    yield _table("Metrics with most series", ("Metric", "Series", "Share"), metrics)
    jobs = [
        _ROW(name, join([_CELL("Series", f"{count:,}"), _CELL("Share", _share(count, found))]))
        for name, count in found.jobs
    ]
    yield _table("Jobs", ("Job", "Series", "Share"), jobs)
    labels = [
        _ROW(
            name,
            join(
                [
                    _CELL("Values", f"{values:,}"),
                    _CELL("Series", f"{series:,}"),
                    _LAST("Most often", most),
                ]
            ),
        )
        for name, values, series, most in found.labels
    ]
    yield _table("Labels with most values", ("Label", "Values", "Series", "Most often"), labels)
    yield Markup("</div>\n")


def _share(count: int, found: Cardinality) -> str:
    return f"{count / found.series:.1%}" if found.series else ""


def _table(title: str, columns: Sequence[str], rows: Sequence[Markup]) -> Markup:
    texts = ("Metric", "Job", "Label", "Most often")
    heads = [_HEAD(NOTHING if column in texts else _NUMBER, column) for column in columns]
    return _TABLE(title, join(heads), join(rows))


def _growth(tracks: Sequence[Track]) -> Iterator[Markup]:
    """Jobs with new series in the last hour, those with most first."""
    moving = [track for track in tracks if sum(_known(track)) > 0]
    moving.sort(key=lambda track: -sum(_known(track)))
    yield Markup("<h2>New series in the last hour</h2>\n")
    if not moving:
        yield Markup('<p class="quiet">None: every scrape found what the one before had.</p>\n')
        return
    yield Markup('<div class="charts">\n')
    for track in moving:
        yield chart(f"Job {track.job}", track.points, track.step_s, _per_minute)
    yield Markup("</div>\n")


def _known(track: Track) -> list[float]:
    return [point for point in track.points if point == point]


def _per_minute(number: float) -> str:
    return f"{count_text(number)} a minute"
