"""`/targets`: what is scraped, how it goes, and what is wrong.

Takes snapshots and the moment; gives HTML for people and vmagent's plain text for scripts
(reference/vmagent.md 1.11).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import attrs

from series.labels import Labels
from web.api.targets import target_id
from web.durations import ago_text, duration_text
from web.pages.chart import spark
from web.pages.markup import NOTHING, Markup, Template, join

if TYPE_CHECKING:
    from scraper.shapes import ShapesStatistics
    from scraper.status import DroppedTarget, TargetStatus

# So a page stays well under 60 kB on the wire and a browser quick; search narrows.
ROWS_PER_PAGE = 100
REFRESH_S = 5
_WORST_FIRST = {"down": 0, "unknown": 1, "up": 2}
_STATE_TEXTS = {"down": "down", "unknown": "waiting", "up": "up"}


class SearchError(ValueError):
    """An expression or a selector that cannot be understood."""


@attrs.frozen
class TargetFilter:
    """What to show: a text to be found in url, labels or error; only those that are not up."""

    text: str = ""
    only_unhealthy: bool = False
    show_original_labels: bool = False
    page: int = 1
    query: str = ""  # of this page, without the page's number
    endpoint_matches: Callable[[str], bool] | None = None
    label_matches: Callable[[Mapping[str, str]], bool] | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> "TargetFilter":
        """Raises SearchError."""
        return cls(
            text=arguments.get("q", "").strip(),
            only_unhealthy=_is_on(arguments, "show_only_unhealthy"),
            show_original_labels=_is_on(arguments, "show_original_labels"),
            page=_page_number(arguments.get("page", "")),
            query=urlencode([pair for pair in arguments.items() if pair[0] != "page"]),
            endpoint_matches=_endpoint_search(arguments.get("endpoint_search", "")),
            label_matches=_label_search(arguments.get("label_search", "")),
        )

    def shows(self, target: "TargetStatus") -> bool:
        if self.only_unhealthy and target.health == "up":
            return False
        if self.endpoint_matches is not None and not self.endpoint_matches(target.url):
            return False
        if self.label_matches is not None and not self.label_matches(dict(target.labels)):
            return False
        if not self.text:
            return True
        wanted = self.text.lower()
        texts = (target.pool, target.url, target.last_error, labels_text(target.labels))
        return any(wanted in text.lower() for text in texts)


def _page_number(text: str) -> int:
    return min(10**6, max(1, int(text))) if text.isdecimal() and len(text) < 10 else 1


def _endpoint_search(text: str) -> Callable[[str], bool] | None:
    """vmagent's `endpoint_search`: an expression that is found anywhere in the URL."""
    if not text:
        return None
    from relabel.errors import PatternError  # late: RE2 is not always loaded
    from relabel.pattern import compile_pattern

    try:
        return compile_pattern(f"(?s:.*(?:{text}).*)").matches
    except PatternError as exc:
        raise SearchError(f"endpoint_search: {exc}") from exc


def _label_search(text: str) -> Callable[[Mapping[str, str]], bool] | None:
    """vmagent's `label_search`: a selector, such as {job="a"}."""
    if not text:
        return None
    from relabel.errors import PatternError, SelectorError  # late, as above
    from relabel.selector import parse_selector

    try:
        return parse_selector(text).predicate()
    except (SelectorError, PatternError) as exc:
        raise SearchError(f"label_search: {exc}") from exc


def _is_on(arguments: Mapping[str, str], name: str) -> bool:
    return arguments.get(name, "").lower() in ("1", "true", "yes", "on")


def labels_text(labels: Mapping[str, str] | Labels, *, hidden: bool = False) -> str:
    """`{a="b",c="d"}`, sorted; `hidden` shows those with two underscores in front as well."""
    pairs = [
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in _shown(labels, hidden)
    ]
    return f"{{{','.join(pairs)}}}"


def _shown(labels: Mapping[str, str] | Labels, hidden: bool) -> list[tuple[str, str]]:
    return sorted(
        (name, value) for name, value in dict(labels).items() if hidden or not name.startswith("__")
    )


def _by_pool(targets: Sequence["TargetStatus"]) -> dict[str, list["TargetStatus"]]:
    pools: dict[str, list[TargetStatus]] = {}
    for target in targets:
        pools.setdefault(target.pool, []).append(target)
    return pools


def targets_plain(
    targets: Sequence["TargetStatus"],
    dropped: Sequence["DroppedTarget"],
    wanted: TargetFilter,
    now_ms: int,
) -> Iterator[str]:
    """vmagent's plain text: a line for each pool and, indented, one for each target."""
    pools = _by_pool(targets)
    for gone in dropped:
        pools.setdefault(gone.job, [])  # a job whose targets were all dropped is there as well
    for pool, members in pools.items():
        up = sum(target.health == "up" for target in members)
        yield f"job={pool} ({up}/{len(members)} up)\n"
        for target in members:
            if wanted.shows(target):
                yield _plain_line(target, wanted, now_ms)


def _plain_line(target: "TargetStatus", wanted: TargetFilter, now_ms: int) -> str:
    original = ""
    if wanted.show_original_labels:
        original = f" originalLabels={labels_text(target.discovered_labels, hidden=True)},"
    since_ms = now_ms - target.last_scrape_ms if target.last_scrape_ms else 0
    error = " ".join(target.last_error.split())  # a line stays a line
    return (
        f"\tstate={target.health}, endpoint={target.url}, labels={labels_text(target.labels)},"
        f"{original} scrapes_total={target.scrapes_total},"
        f" scrapes_failed={target.scrapes_failed_total}, last_scrape={since_ms}ms ago,"
        f" scrape_duration={target.last_duration_s * 1000:.0f}ms,"
        f" scrape_response_size={target.body_bytes / 1024:.1f}KiB,"
        f" samples_scraped={target.samples_scraped}, error={error}\n"
    )


_FORM = Template(
    '<h1>Targets</h1>\n<form role="search"><input type="search" name="q" value="%s" '
    'aria-label="Search in address, labels and error" '
    'placeholder="Search in address, labels and error">'
    '<label><input type="checkbox" name="show_only_unhealthy" value="true"%s> '
    "only those that are not up</label><button>Show</button></form>\n"
    '<div data-refresh-s="%s">\n<p class="quiet">%s</p>\n'
)
_POOL = Template(
    '<h2>%s <small>%s of %s up</small></h2>\n%s<table class="targets"><thead><tr>'
    '<th scope="col">State<th scope="col">Address<th scope="col">Labels<th scope="col">Last scrape'
    '<th scope="col" class="number">Samples</tr></thead><tbody>\n'
)
_SHARING = Template(
    '<p class="quiet">%s series, known as %s templates in %s MiB, %s different pages: %s</p>\n'
)
_ROW = Template(
    '<tr><td><span class="state %s">%s</span><td><a href="%s" rel="noreferrer">%s</a>%s'
    '<td><div class="labels">%s</div>%s <a href="./target_response?id=%s">response</a> '
    '<a href="./relabel?id=%s">relabelling</a>'
    '<td data-name="Last scrape">%s<br><span class="quiet">%severy %s</span> %s'
    '<td class="number" data-name="Samples">%s</tr>\n'
)
_PAGE_LINK = Template('<a href="%s">%s</a>')
_PAGING = Template(
    '<nav aria-label="More targets"><span>Page %s of %s, %s targets</span> %s</nav>\n'
)
_ERROR = Template('<div class="error">%s</div>')
_LABEL = Template("<span>%s=&quot;%s&quot;</span>")
_ORIGINAL = Template(
    '<details id="%s"><summary>as discovered</summary><div class="labels">%s</div></details>'
)


def targets_html(
    targets: Sequence["TargetStatus"],
    dropped: Sequence["DroppedTarget"],
    wanted: TargetFilter,
    now_ms: int,
    sharing: "Mapping[str, ShapesStatistics]",
) -> Iterator[Markup]:
    """The content of the page; the frame is around it."""
    checked = Markup(" checked") if wanted.only_unhealthy else NOTHING
    yield _FORM(wanted.text, checked, REFRESH_S, _summary(targets, len(dropped)))
    found = [
        (target, f"o-{target.pool}-{number}")
        for members in _by_pool(targets).values()
        for number, target in sorted(
            enumerate(members), key=lambda row: _WORST_FIRST[row[1].health]
        )  # stable: else as configured
        if wanted.shows(target)
    ]
    first = (wanted.page - 1) * ROWS_PER_PAGE
    yield from _rows(found[first : first + ROWS_PER_PAGE], targets, sharing, now_ms)
    yield _paging(wanted, len(found))
    if not targets:
        yield Markup("<p>Nothing is scraped: no target was discovered yet.</p>\n")
    elif not found:
        yield Markup("<p>No target matches.</p>\n")
    yield Markup("</div>\n")


def _rows(
    shown: Sequence[tuple["TargetStatus", str]],
    targets: Sequence["TargetStatus"],
    sharing: "Mapping[str, ShapesStatistics]",
    now_ms: int,
) -> Iterator[Markup]:
    """A table for each job among those shown."""
    for pool, members in groupby(shown, key=lambda row: row[0].pool):
        healths = [target.health for target in targets if target.pool == pool]
        yield _POOL(pool, healths.count("up"), len(healths), _sharing(sharing.get(pool)))
        for target, row_id in members:
            yield _row(target, row_id, now_ms)
        yield Markup("</tbody></table>\n")


def _sharing(shapes: "ShapesStatistics | None") -> Markup:
    if shapes is None or not shapes.series:
        return NOTHING
    if 1 < shapes.targets <= shapes.shapes:
        verdict = "nothing is shared, as metric_relabel_configs read labels that differ"
    else:
        verdict = f"{shapes.shared_ratio:.0%} shared by targets"
    return _SHARING(
        shapes.series, shapes.templates, f"{shapes.bytes / 2**20:.1f}", shapes.layouts, verdict
    )


def _paging(wanted: TargetFilter, count: int) -> Markup:
    last = max(1, -(-count // ROWS_PER_PAGE))
    if last == 1:
        return NOTHING
    links = [
        _PAGE_LINK(f"?{wanted.query}&page={number}", text)
        for number, text in ((wanted.page - 1, "Back"), (wanted.page + 1, "On"))
        if 1 <= number <= last
    ]
    return _PAGING(wanted.page, last, count, join(links, " "))


def _summary(targets: Sequence["TargetStatus"], dropped_count: int) -> str:
    up = sum(target.health == "up" for target in targets)
    down = sum(target.health == "down" for target in targets)
    text = f"{len(targets)} targets: {up} up, {down} down"
    if waiting := len(targets) - up - down:
        text += f", {waiting} not scraped yet"
    return f"{text}; {dropped_count} dropped by rules."


def _wrong(target: "TargetStatus") -> Markup:
    """The last error, and the lines that a lenient job skipped."""
    said = [target.last_error] if target.last_error else []
    if target.bad_lines:
        said.append(f"{target.bad_lines_total} bad lines skipped so far; of the last page:")
        said.extend(target.bad_lines)
    return join(_ERROR(text) for text in said) if said else NOTHING


def _row(target: "TargetStatus", row_id: str, now_ms: int) -> Markup:
    return _ROW(
        target.health,
        _STATE_TEXTS[target.health],
        _safe_link(target.url),
        target.url,
        _wrong(target),
        label_chips(target.labels),
        _ORIGINAL(row_id, label_chips(target.discovered_labels, hidden=True)),
        target_id(target),
        target_id(target),
        *_timing(target, now_ms),
        duration_text(target.interval_s),
        spark(target.recent_durations_s, "how long the last scrapes took"),
        target.samples_scraped if target.last_scrape_ms else "",
    )


def _timing(target: "TargetStatus", now_ms: int) -> tuple[str, str]:
    """When it was scraped last, and how long that took."""
    if not target.last_scrape_ms:
        return "not yet", ""
    took = f"took {target.last_duration_s * 1000:.0f} ms, "
    return ago_text((now_ms - target.last_scrape_ms) / 1000), took


def label_chips(labels: Mapping[str, str] | Labels, *, hidden: bool = False) -> Markup:
    """Labels as small boxes."""
    return join(_LABEL(name, value) for name, value in _shown(labels, hidden))


def _safe_link(url: str) -> str:
    # A URL is put together from labels: never one that runs as a script.
    return url if url.startswith(("http://", "https://")) else "#"
