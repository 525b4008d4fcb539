"""User and password in URLs: they become `basic_auth` and leave the URL.

Takes a URL, or an address as discovery finds it; gives it without them, and a BasicAuth.
A URL is shown in logs, on pages and in metrics; what was in it is kept as a secret.
"""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

import attrs

from transport.secret import MASK, Secret
from transport.settings import BasicAuth, HttpSettings


def split_userinfo(url: str) -> tuple[str, BasicAuth | None]:
    """The URL without `user:password@` and fragment, and what stood there."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    bare = urlunsplit(parts._replace(netloc=host if at else parts.netloc, fragment=""))
    return bare, _basic_auth(userinfo) if at else None


def split_address(address: str) -> tuple[str, BasicAuth | None]:
    """The same of an address: `host:port`, with a path or not, or a whole URL. However wrong it
    is otherwise, it stays as it is."""
    # Fast path: nearly no address has any.
    if "@" not in address:
        return address, None
    scheme, userinfo, place = _parts(address)
    return scheme + place, _basic_auth(userinfo) if userinfo is not None else None


def masked_address(address: str) -> str:
    """An address or URL as configurations are shown."""
    scheme, userinfo, place = _parts(address)
    return address if userinfo is None else f"{scheme}{MASK}@{place}"


def _parts(address: str) -> tuple[str, str | None, str]:
    """`http://` or nothing, `user:password` or None, and the rest."""
    scheme, separator, rest = address.partition("://")
    # A URL may stand in a query, too.
    if not separator or not scheme.isalnum():
        scheme, separator, rest = "", "", address
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    userinfo, at, _ = authority.rpartition("@")
    if not at:
        return scheme + separator, None, rest
    return scheme + separator, userinfo, rest[len(userinfo) + 1 :]


def _basic_auth(userinfo: str) -> BasicAuth:
    username, _, password = userinfo.partition(":")
    return BasicAuth(username=unquote(username), password=Secret(unquote(password)))


def with_userinfo(http: HttpSettings, userinfo: BasicAuth | None) -> HttpSettings:
    """As in Go's client: what is configured wins over what the URL says."""
    ways = (http.basic_auth, http.authorization, http.oauth2)
    clouds = (http.sigv4, http.azuread, http.google_iam)
    if userinfo is None or any(way is not None for way in (*ways, *clouds)):
        return http
    return attrs.evolve(http, basic_auth=userinfo)
