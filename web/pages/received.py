"""The page of `promferry receive`: series that arrived, searchable, renewed in place.

Takes series of the window and the moment; gives HTML.
"""

from collections.abc import Iterator, Sequence

from receivers.arrivals import bytes_text, counted
from receivers.window import WindowSeries, WindowStatistics
from series.labels import METRIC_NAME
from web.api.received import value_text
from web.durations import ago_text
from web.pages.markup import Markup, Template
from web.pages.targets import label_chips

MAX_ROWS = 200
REFRESH_S = 2

_FORM = Template(
    '<h1>Series that arrived</h1>\n<form role="search"><input type="search" name="q" value="%s" '
    'aria-label="Search in names and labels" placeholder="Search in names and labels: words, '
    'or a part such as job=&quot;node&quot;"><button>Search</button></form>\n'
    '<div data-refresh-s="%s">\n<p class="quiet">%s</p>\n'
)
_TABLE = Markup(
    '<table><thead><tr><th scope="col">Name<th scope="col">Labels<th scope="col" '
    'class="number">Last value<th scope="col">When<th scope="col">Sender</tr></thead><tbody>\n'
)
_ROW = Template(
    '<tr><td><code>%s</code><td><div class="labels">%s</div>'
    '<td class="number" data-name="Last value"><b>%s</b>'
    '<td data-name="When">%s <span class="quiet">%s in all</span>'
    '<td class="quiet" data-name="Sender">%s</tr>\n'
)


def received_html(
    shown: Sequence[WindowSeries],
    text: str,
    statistics: WindowStatistics,
    now_ms: int,
) -> Iterator[Markup]:
    """`shown` are the series that match `text`, MAX_ROWS at most and one more if there are."""
    yield _FORM(text, REFRESH_S, _summary(statistics))
    if faults := faults_text(statistics):
        yield Template('<p class="error">Against the specification: %s.</p>\n')(faults)
    if not shown:
        yield Markup("<p>No series matches.</p>\n" if text else "<p>Nothing has arrived yet.</p>\n")
    else:
        yield _TABLE
        for series in shown[:MAX_ROWS]:
            yield _row(series, now_ms)
        yield Markup("</tbody></table>\n")
    if len(shown) > MAX_ROWS:
        yield Template("<p>Only the %s written last are shown; search to narrow down.</p>\n")(
            MAX_ROWS
        )
    yield Markup("</div>\n")


def _summary(statistics: WindowStatistics) -> str:
    text = (
        f"{statistics.series} series ({bytes_text(statistics.label_bytes)} of labels), "
        f"{counted(statistics.samples_total, 'sample')} in "
        f"{counted(statistics.requests_total, 'request')}, "
        f"{counted(statistics.stale_total, 'staleness marker')}"
    )
    if statistics.evicted_series_total:
        text += f"; {statistics.evicted_series_total} series left the window"
    if statistics.histograms_total or statistics.exemplars_total:
        text += (
            f"; not kept: {statistics.histograms_total} native histograms, "
            f"{statistics.exemplars_total} exemplars"
        )
    return text + "."


def faults_text(statistics: WindowStatistics) -> str:
    """What the senders did wrong, or nothing."""
    found = {
        "series with unsorted labels": statistics.unsorted_total,
        "with a label name twice": statistics.duplicate_label_total,
        "with an empty name or value": statistics.empty_label_total,
        "samples older than the one before": statistics.out_of_order_total,
    }
    return ", ".join(f"{count} {what}" for what, count in found.items() if count)


def _row(series: WindowSeries, now_ms: int) -> Markup:
    last = series.last
    return _ROW(
        dict(series.labels).get(METRIC_NAME, ""),
        label_chips(series.labels),
        value_text(last) if last else "",
        ago_text((now_ms - last.timestamp_ms) / 1000) if last else "no sample",
        series.sample_total,
        series.sender,
    )
