"""`/config` and `/flags` in a browser: what the agent runs with, secrets masked.

Takes the rendered configuration and the flags; gives HTML.
"""

from collections.abc import Iterator, Sequence

from web.pages.markup import NOTHING, Markup, Template

_CONFIG = Template(
    '<h1>Configuration</h1>\n<p class="quiet">As it is in effect, defaults left out, secrets '
    'masked; a reload reads it again. <a href="./flags">The flags</a></p>\n'
    '<pre tabindex="0">%s</pre>\n'
)
_FLAGS = Template(
    '<h1>Flags</h1>\n<form role="search"><input type="search" name="q" value="%s" '
    'aria-label="Search in names and values" placeholder="Search in names and values">'
    '<label><input type="checkbox" name="set" value="true"%s> only those that were set</label>'
    '<button>Show</button></form>\n<p class="quiet">%s of %s. <a href="./config">The '
    "configuration</a></p>\n"
    '<table><thead><tr><th scope="col">Flag<th scope="col">Value</tr></thead><tbody>\n'
)
_ROW = Template('<tr><td><code>-%s</code>%s<td data-name="Value"><code>%s</code></tr>\n')
_SET = Markup(' <span class="state up">set</span>')

Flags = Sequence[tuple[str, str, bool]]


def config_html(text: str) -> Iterator[Markup]:
    yield _CONFIG(text)


def flags_html(flags: Flags, text: str, *, only_set: bool) -> Iterator[Markup]:
    """`flags`: name, value, whether it was set."""
    wanted = text.lower()
    shown = [
        flag
        for flag in flags
        if (flag[2] or not only_set) and (wanted in flag[0].lower() or wanted in flag[1].lower())
    ]
    yield _FLAGS(text, Markup(" checked") if only_set else NOTHING, len(shown), len(flags))
    for name, value, is_set in shown:
        yield _ROW(name, _SET if is_set else NOTHING, value)
    yield Markup("</tbody></table>\n")
