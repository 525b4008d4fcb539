"""Where tokens and credentials come from: one source for each distinct setting, shared.

Takes settings; gives a Renewed.
Invariant: equal settings give the same source, so that a thousand targets ask once. Bounded: the
oldest goes first.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from transport.fetch import Fetch
from transport.oauth2 import OAuth2Tokens
from transport.renewal import Renewed
from transport.settings import AzureAD, GoogleIam, OAuth2, SigV4
from transport.token import EXPIRY_MARGIN_S

if TYPE_CHECKING:
    from transport.aws.account import Account

MAX_SOURCES = 64

# Early enough for a day-old clock drift, and for a request that waits its turn in a slow link.
_CLOUD_MARGIN_S = 300.0


@attrs.define
class Sources:
    """`fetch` asks servers, `wall` gives the time of day in seconds; tests put their own in
    their place, before anything is asked for."""

    fetch: Fetch
    environment: Mapping[str, str] = attrs.field(default=os.environ, repr=False)
    wall: Callable[[], float] = time.time
    _known: list[tuple[object, Renewed[Any]]] = attrs.field(factory=list, repr=False)

    def oauth2(self, settings: OAuth2) -> Renewed[str]:
        def make() -> Renewed[str]:
            tokens = OAuth2Tokens(settings, self.fetch, self.wall)
            return Renewed(tokens.place, tokens.lease, margin_s=EXPIRY_MARGIN_S)

        return self._source(settings, make)

    def azuread(self, settings: AzureAD) -> Renewed[str]:
        def make() -> Renewed[str]:
            from transport.azuread import AzureTokens  # late: few need it

            tokens = AzureTokens(settings, self.fetch, self.environment, self.wall)
            return Renewed(tokens.place, tokens.lease, margin_s=_CLOUD_MARGIN_S)

        return self._source(settings, make)

    def google_iam(self, settings: GoogleIam) -> Renewed[str]:
        def make() -> Renewed[str]:
            from transport.google_iam import GoogleTokens  # late: few need it

            tokens = GoogleTokens(settings, self.fetch, self.environment, self.wall)
            return Renewed(tokens.place, tokens.lease, margin_s=_CLOUD_MARGIN_S)

        return self._source(settings, make)

    def aws(self, settings: SigV4) -> "Renewed[Account]":
        def make() -> "Renewed[Account]":
            from transport.aws.account import Accounts  # late: few need it

            accounts = Accounts(settings, self.fetch, self.environment, self.wall)
            return Renewed(accounts.place, accounts.lease, margin_s=_CLOUD_MARGIN_S)

        return self._source(settings, make)

    def _source(self, settings: object, make: Callable[[], Renewed[Any]]) -> Renewed[Any]:
        for known, source in self._known:  # few, and not hashable
            if known == settings:
                return source
        source = make()
        self._known = [*self._known[1 - MAX_SOURCES :], (settings, source)]
        return source
