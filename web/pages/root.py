"""`/` and what there is not: the list of pages, and a hint towards them.

Takes the list of links; gives HTML or plain text.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from web.pages.markup import Markup, Template

_ITEM = Template('<li><a href="%s">%s</a> <span class="quiet">%s</span></li>\n')
# What acts is no link: a click, a prefetch or a crawler must not reload the configuration.
_ACTION = Template('<li><code>%s</code> <span class="quiet">%s</span></li>\n')
ACTIONS = frozenset({"/-/reload"})

Entries = tuple[tuple[str, str], ...]


def root_html(title: str, entries: Entries) -> Iterator[Markup]:
    yield Template('<h1>%s</h1>\n<ul class="links">\n')(title)
    for path, what in entries:
        yield _ACTION(path, what) if path in ACTIONS else _ITEM("." + path, path, what)
    yield Markup("</ul>\n")


def root_plain(title: str, entries: Entries) -> str:
    width = max(len(path) for path, _ in entries)
    lines = [f"{path:{width}}  {what}" for path, what in entries]
    return "\n".join([title, "", *lines, ""])


def not_found(path: str, entries: Entries) -> str:
    """One line that helps: the nearest page, or where the list is."""
    known = [known_path for known_path, _ in entries]
    near = get_close_matches(path[:100], known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "/ lists what there is"
    return f"nothing at {path[:100]}; {hint}\n"
