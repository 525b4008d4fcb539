"""What proves to the server who we are and has to be fetched or made first: tokens, signatures.

Takes `HttpSettings`; gives header lines for a request, at once while what was fetched is good.
"""

from typing import TYPE_CHECKING, Protocol

from transport.auth import header_line
from transport.renewal import Renewed
from transport.request import Request
from transport.response import Response
from transport.settings import HttpSettings

if TYPE_CHECKING:
    from transport.sources import Sources


class Proof(Protocol):
    """`what` is being waited for while `lines` runs, for the message of a time-out."""

    @property
    def what(self) -> str: ...
    def maybe_lines(self, request: Request) -> bytes | None:
        """The lines, if nothing has to be fetched for them."""

    async def lines(self, request: Request) -> bytes:
        """Raises TransportError (auth)."""

    def answered(self, response: Response) -> None:
        """What the server said to a request with these lines."""


class TokenProof:
    """A token in Authorization; the same for every request."""

    __slots__ = ("_source", "what")

    def __init__(self, source: Renewed[str], what: str) -> None:
        self._source = source
        self.what = f"getting {what} from {source.place}"

    def maybe_lines(self, request: Request) -> bytes | None:
        value = self._source.maybe_value()
        return None if value is None else header_line("Authorization", value)

    async def lines(self, request: Request) -> bytes:
        return header_line("Authorization", await self._source.value())

    def answered(self, response: Response) -> None:
        if response.status == 401:
            self._source.refused()


def proof_of(settings: HttpSettings, sources: "Sources") -> Proof | None:
    """None: what the settings say about us is known without asking anybody."""
    if settings.oauth2 is not None:
        return TokenProof(sources.oauth2(settings.oauth2), "an OAuth 2 token")
    if settings.azuread is not None:
        return TokenProof(sources.azuread(settings.azuread), "an Azure token")
    if settings.google_iam is not None:
        return TokenProof(sources.google_iam(settings.google_iam), "a Google token")
    if settings.sigv4 is not None:
        from transport.aws.proof import SignatureProof  # late: few need it

        return SignatureProof(sources.aws(settings.sigv4), settings.sigv4.service, sources.wall)
    return None
