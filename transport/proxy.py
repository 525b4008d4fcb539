"""Which proxy, if any, leads to an origin: pure, no I/O.

Takes proxy settings, an origin and the environment; gives the proxy's URL or None.
As the peers (Go's httpproxy): with a list of exceptions, or from the environment, what is on
this machine is never proxied; a plain `proxy_url` proxies everything.
"""

import ipaddress
from collections.abc import Mapping

from transport.settings import ProxySettings
from transport.url import Origin, Url, parse_url

SCHEMES = ("http", "https", "socks5", "socks5h")


def proxy_for(
    settings: ProxySettings, origin: Origin, environment: Mapping[str, str]
) -> Url | None:
    """Raises TransportError (protocol) when the proxy's URL is not one."""
    if settings.proxy_from_environment:
        return _from_environment(origin, environment)
    if not settings.proxy_url:
        return None
    if settings.no_proxy and is_excepted(origin, settings.no_proxy):
        return None
    return _parse(settings.proxy_url)


def _from_environment(origin: Origin, environment: Mapping[str, str]) -> Url | None:
    def variable(name: str) -> str:
        return environment.get(name.upper()) or environment.get(name.lower()) or ""

    text = variable(f"{origin.scheme}_proxy")
    if not text or is_excepted(origin, variable("no_proxy")):
        return None
    return _parse(text)


def _parse(text: str) -> Url:
    return parse_url(text if "://" in text else f"http://{text}", SCHEMES)


def is_excepted(origin: Origin, no_proxy: str) -> bool:
    """True if `origin` is on this machine or `no_proxy` names it.

    Entries: `*`, a domain (itself and what is under it), `.domain` or `*.domain` (only what is
    under it), an address, a network; a `:port` behind it restricts it to that port.
    """
    address = _address(origin.host)
    if origin.host == "localhost" or (address is not None and address.is_loopback):
        return True
    entries = (entry.strip().lower() for entry in no_proxy.split(","))
    return any(_matches(entry, origin, address) for entry in entries if entry)


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _matches(entry: str, origin: Origin, address: _Address | None) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        return address is not None and _is_in_network(address, entry)
    name, port = _split_port(entry)
    if port and port != str(origin.port):
        return False
    named = _address(name)
    if named is not None or address is not None:
        return named == address
    host, domain = origin.host.rstrip("."), name.removeprefix("*").rstrip(".")
    if domain.startswith("."):
        return host.endswith(domain)
    return host == domain or host.endswith(f".{domain}")


def _split_port(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    if entry.count(":") == 1:
        name, _, port = entry.partition(":")
        return name, port
    return entry, ""


def _is_in_network(address: _Address, entry: str) -> bool:
    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
