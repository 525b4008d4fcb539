"""Who may do what: the one place where a request is allowed or refused.

DESIGN section 8, 12: what changes state, or reveals more than counts and labels, answers only
loopback or authenticated clients. Credentials themselves are the work of `web.access`.
Takes what a request says of itself; gives None (allowed) or the sentence why not.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

# A proxy says in these whom it speaks for; its own address then means nothing.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def is_loopback(host: str) -> bool:
    """Is it a loopback address, or the name `localhost`?"""
    host = host.lower().rstrip(".").removeprefix("::ffff:")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def why_not_change_state(
    client_host: str | None, headers: Mapping[str, str], *, has_credentials: bool = False
) -> str | None:
    """Why this client may not change state. `client_host` is None on a unix socket.

    Three doors, because a browser on this very host is a loopback client too: the address, the
    Host header (a foreign name that resolves to 127.0.0.1: DNS rebinding), and who made the
    browser send it (a foreign page: cross-site request). A credential opens the first two; the
    third stays, because a browser sends what it remembers for any page that asks.
    """
    host = headers.get("host", "")
    reason = None if has_credentials else _why_not_local(client_host, host, headers)
    if reason is not None:
        return reason
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "a page of another site made the browser send this"
    origin = headers.get("origin")
    if origin is not None and _netloc(origin) != host:
        return f"the request comes from a page of {origin[:80]!r}"
    return None


def _why_not_local(client_host: str | None, host: str, headers: Mapping[str, str]) -> str | None:
    if client_host is not None and not is_loopback(client_host):
        return (
            f"only clients on this host may do this, and {client_host} is not one; "
            "run it on the host itself, or configure -httpAuth.username and show the credentials"
        )
    if forwarded := next((name for name in _FORWARDED if name in headers), None):
        return f"the request came through a proxy ({forwarded}), so it may be from anywhere"
    if client_host is not None and host and not is_loopback(_name_of(host)):
        return f"the Host header {host[:80]!r} is not a name of this host; use 127.0.0.1"
    return None


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # an address in brackets that is none
        return None


def _name_of(host: str) -> str:
    """The Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host
