"""`/tap`: samples as they pass. The form and an empty table; `static/tap.js` fills it.

Takes the wish in the query; gives HTML.
"""

from collections.abc import Iterator, Sequence

from web.pages.markup import NOTHING, Markup, Template, join
from web.static import asset_url
from web.views import TapWish

STAGES = (
    ("scraped", "as exposed"),
    ("relabelled", "behind relabelling"),
    ("remote", "at a remote"),
)

_PAGE = Template(
    "<h1>Live tap</h1>\n"
    '<form role="search" id="tap"><label>Where <select name="stage">%s</select></label>'
    '<label>Remote <select name="remote"><option value="">any</option>%s</select></label>'
    '<input type="search" name="selector" value="%s" aria-label="Which series" '
    'placeholder="node_load1{job=&quot;node&quot;}; empty for all">'
    '<label>At most <input type="number" name="per_s" min="1" max="1000" value="%s"> a second'
    "</label><button>Watch</button>"
    '<button type="button" id="pause" aria-pressed="false" disabled>Pause</button></form>\n'
    '<p id="tap-state" role="status" class="quiet">Watch begins with the button.</p>\n'
    '<table><thead><tr><th scope="col">Time<th scope="col">Series<th scope="col" '
    'class="number">Value<th scope="col">Remote</tr></thead><tbody id="tap-rows"></tbody></table>\n'
    "<noscript><p>Without a script: <code>promferry tap</code>, or curl on "
    "<code>/api/v1/tap</code>.</p></noscript>\n"
    '<script src="%s" defer></script>\n'
)
_OPTION = Template('<option value="%s"%s>%s</option>')


def tap_html(wish: TapWish, remotes: Sequence[str]) -> Iterator[Markup]:
    yield _PAGE(
        _options(STAGES, wish.stage),
        _options([(name, name) for name in remotes], wish.remote),
        wish.selector,
        f"{wish.per_s:g}",
        asset_url("tap.js"),
    )


def _options(choices: Sequence[tuple[str, str]], chosen: str) -> Markup:
    selected = Markup(" selected")
    return join(
        [_OPTION(value, selected if value == chosen else NOTHING, text) for value, text in choices]
    )
