"""Where a redirect leads and with what: pure, no I/O.

Takes an answer's status and Location; gives the next request's method and URL.
As Go's client, which both peers use: 307 and 308 repeat method and body, 301, 302 and 303 turn
into GET without a body (HEAD stays HEAD).
"""

import attrs

from transport.url import Origin, Url, join_url

STATUSES = frozenset({301, 302, 303, 307, 308})

MAX_REDIRECTS = 10  # as Go's client


@attrs.frozen
class Redirect:
    """`keeps_identity`: credentials may go along."""

    method: str
    url: Url
    keeps_body: bool
    keeps_identity: bool


def redirect_of(status: int, location: str | None, method: str, url: Url) -> Redirect | None:
    """None: not a redirect, the answer stands. Raises TransportError for a bad Location."""
    if status not in STATUSES or not location:
        return None
    there = join_url(url, location)
    keeps_body = status in (307, 308)
    if not keeps_body and method != "HEAD":
        method = "GET"
    return Redirect(method, there, keeps_body, _may_know_us(url.origin, there.origin))


def _may_know_us(here: Origin, there: Origin) -> bool:
    """The same host, and not from TLS into the clear."""
    return here.host == there.host and (there.scheme == "https" or here.scheme == "http")
