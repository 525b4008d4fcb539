"""What every page has around its content: head, navigation, style.

Takes a title and pieces of markup; gives a whole page in pieces. Links are relative, so that a
path prefix in front of the agent does no harm; pages lie one level deep.
"""

from collections.abc import Iterable, Iterator

from web.pages.markup import Markup, Template, join
from web.static import asset_url

# Everything that a page may load or do; there is nothing inline, not even a style attribute.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_HEAD = Template(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    "<title>%s</title>\n"
    '<link rel="icon" href="data:,">\n'
    '<link rel="stylesheet" href="%s">\n'
    '<script src="%s" defer></script>\n</head>\n<body>\n'
    '<a class="skip" href="#main">Skip to the content</a>\n'
    '<header><nav aria-label="Pages"><a class="brand" href="./">%s</a>%s</nav></header>\n'
    '<main id="main">\n'
)
_TAIL = Markup("</main>\n</body>\n</html>\n")
_LINK = Template(' <a href="%s"%s>%s</a>')
_CURRENT = Markup(' aria-current="page"')

Links = tuple[tuple[str, str], ...]


def page(
    title: str, content: Iterable[Markup], *, brand: str, links: Links, here: str = ""
) -> Iterator[Markup]:
    """A whole page; `here` is the href of the link that leads to this page."""
    current = {here: _CURRENT}
    navigation = join(_LINK(href, current.get(href, Markup("")), text) for href, text in links)
    yield _HEAD(title, asset_url("style.css"), asset_url("refresh.js"), brand, navigation)
    yield from content
    yield _TAIL
