"""An http(s) URL, taken apart once.

Takes the text of a URL; gives scheme, host, port, target and credentials of it.
Invariant: `target` and `host` are ASCII without blanks and control characters, so that they can
stand in a request as they are.
"""

import ipaddress
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

import attrs

from transport.errors import SHOWN_CHARACTERS, TransportError, shown
from transport.secret import Secret

DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}

# What stays as it is in a path or query: RFC 3986's reserved and unreserved characters, `%` of
# what is escaped already, and the characters that Go's client leaves alone too.
_SAFE = "!#$%&'()*+,-./:;=?@[]_~{}|\\^`\"<>"


@attrs.frozen
class Origin:
    """What a connection leads to. `host` is without brackets and in lower case."""

    scheme: str
    host: str
    port: int

    @property
    def host_header(self) -> str:
        """The value of `Host`: brackets around IPv6, no zone, no default port (RFC 9110 7.2)."""
        host = self.host.partition("%")[0]
        host = f"[{host}]" if ":" in host else host
        return host if self.port == DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"

    @property
    def authority(self) -> str:
        """`host:port`, the port always there (RFC 9110 9.3.6, CONNECT)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host_header}"


@attrs.frozen
class Url:
    """A parsed URL; its credentials, if it has any, are kept apart and never shown."""

    origin: Origin
    target: str
    username: str = ""
    password: Secret = Secret("")

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"

    @property
    def place(self) -> str:
        """The URL as messages show it: a query may hold a token."""
        return f"{self.origin}{self.target.partition('?')[0]}"

    def reveal(self) -> str:
        """The whole URL, credentials included."""
        password = quote(self.password.reveal(), safe="")
        userinfo = f"{quote(self.username, safe='')}:{password}@" if self.username else ""
        return f"{self.origin.scheme}://{userinfo}{self.origin.host_header}{self.target}"


def clean_target(target: str) -> str:
    """A path with query as it may stand in a request line."""
    # Fast path: nothing to escape, which is nearly always so.
    if target.isascii() and target.isprintable() and " " not in target and target[:1] == "/":
        return target
    target = quote(target, safe=_SAFE)
    return target if target.startswith("/") else f"/{target}"


def parse_url(text: str, schemes: tuple[str, ...] = ("http", "https")) -> Url:
    """Raises TransportError (protocol) if `text` is no URL of one of `schemes`."""
    try:
        parts = urlsplit(text)
        origin = _origin(parts, schemes)
    except ValueError as exc:
        raise TransportError("protocol", f"bad URL {_masked(text)}: {exc}") from exc
    path = parts.path or "/"
    return Url(
        origin,
        clean_target(f"{path}?{parts.query}" if parts.query else path),
        unquote(parts.username or ""),
        Secret(unquote(parts.password or "")),
    )


def join_url(base: Url, reference: str) -> Url:
    """The URL that `Location: reference` means, seen from `base`. Raises TransportError."""
    try:
        joined = urljoin(str(base), reference)
    except ValueError as exc:
        raise TransportError("protocol", f"bad URL {_masked(reference)}: {exc}") from exc
    return parse_url(joined)


def _origin(parts: SplitResult, schemes: tuple[str, ...]) -> Origin:
    if parts.scheme not in schemes:
        known = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(f"it must begin with {known}, not {shown(parts.scheme)}")
    host = unquote(parts.hostname or "")
    if not host:
        raise ValueError("there is no host in it")
    port = parts.port  # raises ValueError when out of range
    return Origin(
        parts.scheme, _ascii_host(host), DEFAULT_PORTS[parts.scheme] if port is None else port
    )


def _ascii_host(host: str) -> str:
    if ":" in host:
        ipaddress.IPv6Address(host)  # raises ValueError
        return host
    try:
        ascii_host = host.encode("idna").decode() if not host.isascii() else host.lower()
    except UnicodeError as exc:
        raise ValueError(f"{shown(host)} is not a host name") from exc
    if not ascii_host.isprintable() or set(ascii_host) & set(' "<>\\^`{|}/?#@[]'):
        raise ValueError(f"{shown(host)} is not a host name")
    return ascii_host


def _masked(text: str) -> str:
    """The URL's text without what may be a secret: credentials and query."""
    head, separator, rest = text.partition("://")
    if separator:
        place, slash, path = rest.partition("/")
        text = f"{head}://{place.rpartition('@')[2]}{slash}{path}"
    return shown(text.partition("?")[0][:SHOWN_CHARACTERS])
