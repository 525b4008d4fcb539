"""User and password in URLs: they become `basic_auth` and leave the URL.

A URL is shown in logs, on pages and in metrics; what was in it is kept as a secret.
"""

from urllib.parse import unquote, urlsplit, urlunsplit

import attrs

from transport.secret import Secret
from transport.settings import BasicAuth, HttpSettings


def split_userinfo(url: str) -> tuple[str, BasicAuth | None]:
    """The URL without `user:password@` and fragment, and what stood there."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    bare = urlunsplit(parts._replace(netloc=host if at else parts.netloc, fragment=""))
    if not at:
        return bare, None
    username, _, password = userinfo.partition(":")
    return bare, BasicAuth(username=unquote(username), password=Secret(unquote(password)))


def with_userinfo(http: HttpSettings, userinfo: BasicAuth | None) -> HttpSettings:
    """As in Go's client: what is configured wins over what the URL says."""
    ways = (http.basic_auth, http.authorization, http.oauth2)
    clouds = (http.sigv4, http.azuread, http.google_iam)
    if userinfo is None or any(way is not None for way in (*ways, *clouds)):
        return http
    return attrs.evolve(http, basic_auth=userinfo)
