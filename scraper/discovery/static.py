"""Addresses that stand in the configuration itself."""

from scraper.discovery import Publish
from scraper.settings import StaticDiscovery


class Static:
    """Publishes once."""

    last_error = ""  # nothing can go wrong

    def __init__(self, settings: StaticDiscovery) -> None:
        self._settings = settings

    async def run(self, publish: Publish) -> None:
        publish(self._settings.groups)
