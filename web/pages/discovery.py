"""`/service-discovery`: what discovery found, what became of it, and the rule that dropped it.

Takes snapshots; gives HTML. Explaining a dropped target takes 100 us, so only shown ones are.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from web.pages.markup import NOTHING, Markup, Template
from web.pages.targets import label_chips, labels_text

if TYPE_CHECKING:
    from scraper.status import DroppedTarget, TargetStatus

# Of each job; search narrows.
MAX_ROWS = 100

_FORM = Template(
    '<h1>Service discovery</h1>\n<form role="search"><input type="search" name="q" value="%s" '
    'aria-label="Search in labels" placeholder="Search in labels as discovered">'
    '<label><input type="checkbox" name="dropped" value="true"%s> only those dropped</label>'
    "<button>Show</button></form>\n"
)
_JOB = Template(
    "<section><h2>%s <small>%s scraped, %s dropped</small></h2>\n%s"
    '<table class="discovery"><thead><tr><th scope="col">As discovered<th scope="col">As scraped'
    "</tr></thead><tbody>\n"
)
_ROW = Template('<tr><td><div class="labels">%s</div><td data-name="As scraped">%s</tr>\n')
_KEPT = Template('<div class="labels">%s</div>')
_DROPPED = Template('<span class="state down">dropped</span> <span>%s</span>%s')
_STEPS = Template("<details><summary>Rule by rule</summary><pre>%s</pre></details>")
_ERROR = Template('<p class="error">%s</p>\n')
_MORE = Template('<p class="quiet">%s more; search to narrow down.</p>\n')


def discovery_html(
    targets: "Sequence[TargetStatus]",
    dropped: "Sequence[DroppedTarget]",
    pools: Sequence[str],
    errors: Mapping[str, str],
    *,
    text: str,
    only_dropped: bool,
) -> Iterator[Markup]:
    yield _FORM(text, Markup(" checked") if only_dropped else NOTHING)
    if not pools:
        yield Markup("<p>There is no job: nothing is discovered.</p>\n")
    for pool in pools:
        kept = [target for target in targets if target.pool == pool]
        gone = [target for target in dropped if target.job == pool]
        error = _ERROR(errors[pool]) if pool in errors else NOTHING
        yield _JOB(pool, len(kept), len(gone), error)
        yield from _rows([] if only_dropped else kept, gone, text.lower())
        yield Markup("</section>\n")


def _rows(
    kept: "Sequence[TargetStatus]", gone: "Sequence[DroppedTarget]", wanted: str
) -> Iterator[Markup]:
    dropped = [one for one in gone if _matches(one.discovered_labels, wanted)]
    scraped = [one for one in kept if _matches(one.discovered_labels, wanted)]
    for target in dropped[:MAX_ROWS]:
        steps = "\n".join(target.steps())
        shown = _DROPPED(target.explained(), _STEPS(steps) if steps else NOTHING)
        yield _row(target.discovered_labels, shown)
    for status in scraped[:MAX_ROWS]:
        yield _row(status.discovered_labels, _KEPT(label_chips(status.labels)))
    yield Markup("</tbody></table>\n")
    left_out = max(0, len(dropped) - MAX_ROWS) + max(0, len(scraped) - MAX_ROWS)
    if left_out:
        yield _MORE(left_out)


def _matches(labels: Mapping[str, str], wanted: str) -> bool:
    return not wanted or wanted in labels_text(labels, hidden=True).lower()


def _row(discovered: Mapping[str, str], became: Markup) -> Markup:
    return _ROW(label_chips(discovered, hidden=True), became)
