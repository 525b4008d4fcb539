"""What can go wrong between us and a remote host, in one type.

Takes a kind and a sentence that says what happened and, where it can, what to do about it.
Invariant: no secret is ever part of the sentence; foreign text in it is cut to 80 characters.
"""

import os
import ssl
from typing import Literal

Kind = Literal[
    "resolve", "connect", "tls", "timeout", "closed", "protocol", "too_large", "auth", "proxy"
]

SHOWN_CHARACTERS = 80


class TransportError(Exception):
    """A request that got no usable answer.

    `status` is the answer's status if its head had come before things went wrong.
    `may_have_arrived` is False only where no byte of the request can have reached the server.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        status: int | None = None,
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.status = status
        self.may_have_arrived = may_have_arrived


def shown(text: str | bytes | bytearray) -> str:
    """Foreign text as it may stand in a message: quoted, cut, control characters escaped."""
    cut = text[:SHOWN_CHARACTERS]
    return repr(cut if isinstance(cut, str) else bytes(cut))


def reason_of(exc: BaseException) -> str:
    """The innermost cause's own words, for the end of a sentence."""
    while exc.__cause__ is not None:
        exc = exc.__cause__
    if isinstance(exc, OSError) and exc.strerror:
        # trio puts the address into strerror, and our sentences have it already. The numbers of
        # TLS are not the system's, and those of name service are negative.
        number = 0 if isinstance(exc, ssl.SSLError) else exc.errno or 0
        return os.strerror(number) if number > 0 else exc.strerror
    return str(exc) or type(exc).__name__
