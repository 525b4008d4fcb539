"""Where to listen: the text of a listen address and what it means.

Takes ":8429", "host:port", "[::1]:0" or "unix:/path"; gives the parts, or says what is wrong.
Never: resolves a name, opens a socket.
"""

import attrs

UNIX_PREFIX = "unix:"


class AddressError(ValueError):
    """A listen address that cannot be understood."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"bad listen address {text[:80]!r}: {reason} (host:port or unix:/path)")
        self.text, self.reason = text, reason


@attrs.frozen
class TcpAddress:
    """An empty host means all interfaces; port 0 a free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@attrs.frozen
class UnixAddress:
    path: str

    def __str__(self) -> str:
        return UNIX_PREFIX + self.path


ListenAddress = TcpAddress | UnixAddress


def parse_address(text: str) -> ListenAddress:
    """The address that `text` names. Raises AddressError."""
    if text.startswith(UNIX_PREFIX):
        path = text.removeprefix(UNIX_PREFIX)
        if not path:
            raise AddressError(text, "the path is missing")
        return UnixAddress(path)
    host, colon, port_text = text.rpartition(":")
    if not colon:
        raise AddressError(text, "the port is missing")
    return TcpAddress(_host_of(text, host), _port_of(text, port_text))


def _host_of(text: str, host: str) -> str:
    if host.startswith("[") and host.endswith("]"):
        return host[1:-1]
    if ":" in host:
        raise AddressError(text, "an IPv6 address is written in brackets, as [::1]:8429")
    return host


def _port_of(text: str, port_text: str) -> int:
    # isascii: "²" is a digit to str.isdigit, and int() would refuse it with another error
    if not (port_text.isascii() and port_text.isdigit()) or int(port_text[:6]) > 65535:
        raise AddressError(text, f"{port_text[:20]!r} is no port between 0 and 65535")
    return int(port_text)
