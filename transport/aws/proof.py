"""Signs each request for Amazon.

Takes an account's source; gives header lines for one request.
Invariant: every attempt is signed with its own time; a body is hashed once, however often it is
sent, and held no longer than until the server has accepted it.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from transport.auth import header_line
from transport.aws.account import Account
from transport.aws.sigv4 import Scope, hash_of, signed_headers
from transport.renewal import Renewed
from transport.request import Request
from transport.response import Response
from transport.skew import skew_of

# Statuses by which a signature is refused, a wrong clock among the reasons.
_REFUSALS = frozenset({400, 401, 403})


class SignatureProof:
    """One client's; `wall` gives the time of day in seconds."""

    __slots__ = ("_body", "_hash", "_service", "_skew_s", "_source", "_wall", "what")

    def __init__(self, source: Renewed[Account], service: str, wall: Callable[[], float]) -> None:
        self._source = source
        self._service = service
        self._wall = wall
        self._body = b""
        self._hash = hash_of(b"")
        self._skew_s = 0.0
        self.what = f"getting credentials from {source.place}"

    def maybe_lines(self, request: Request) -> bytes | None:
        account = self._source.maybe_value()
        return None if account is None else self._signed(request, account)

    async def lines(self, request: Request) -> bytes:
        return self._signed(request, await self._source.value())

    def answered(self, response: Response) -> None:
        if response.status < 300:
            self._body, self._hash = b"", hash_of(b"")
        elif response.status in _REFUSALS:
            skew_s = skew_of(response, self._wall() + self._skew_s)
            if skew_s is not None:
                self._skew_s += skew_s
            else:
                self._source.refused()

    def _signed(self, request: Request, account: Account) -> bytes:
        if request.body is not self._body:
            self._body, self._hash = request.body, hash_of(request.body)
        now = datetime.fromtimestamp(self._wall() + self._skew_s, UTC)
        url = request.url
        rows = signed_headers(
            request.method,
            url.target,
            (("Host", url.origin.host_header),),
            self._hash,
            account.credentials,
            Scope(account.region, self._service),
            now,
        )
        return b"".join([header_line(name, value) for name, value in rows])
