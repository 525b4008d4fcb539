"""Where targets come from: one file for each kind of discovery, all behind one contract.

A discovery is an object with `async run(publish)`: it publishes the full set of its groups as soon
as it has one, and the full set again at each change; it never raises for what the outside does
wrong: it keeps the last good set, logs the change of state, and shows `last_error`.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from scraper.settings import (
    DiscoverySettings,
    FileDiscovery,
    StaticDiscovery,
    TargetGroup,
)
from transport.client import Client
from transport.settings import HttpSettings

Publish = Callable[[Sequence[TargetGroup]], None]
ClientOf = Callable[[str, HttpSettings], Client]


class Discovery(Protocol):
    @property
    def last_error(self) -> str:
        """What keeps it from a current set; empty while all is well."""

    async def run(self, publish: Publish) -> None:
        """Publish until cancelled, or return when nothing can change any more."""


def open_discovery(settings: DiscoverySettings, client_of: ClientOf) -> Discovery:
    """`client_of` gives the client for a URL."""
    # Imported late: a configuration has one or two kinds, and their readers cost memory.
    if isinstance(settings, StaticDiscovery):
        from scraper.discovery.static import Static

        return Static(settings)
    if isinstance(settings, FileDiscovery):
        from scraper.discovery.file import Files

        return Files(settings, client_of=client_of)
    from scraper.discovery.http import Http

    return Http(settings, client_of(settings.url, settings.http))
