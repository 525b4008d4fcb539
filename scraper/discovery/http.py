"""Targets from a URL that answers with target groups in JSON (`http_sd_configs`).

Takes a URL; publishes the groups of each good answer.
Invariant: a bad answer, or none, keeps the last good set. Facts: Prometheus' http_sd (status 200,
Content-Type application/json, the interval told in a header).
"""

import logging

import attrs
import trio

from scraper.discovery import Publish
from scraper.discovery.groups import GroupsError, parse_json
from scraper.settings import HttpDiscovery, TargetGroup
from transport.client import Client
from transport.errors import TransportError

logger = logging.getLogger("promferry.scraper")

URL_LABEL = "__meta_url"

# A list of a hundred thousand targets has some 10 MB.
MAX_BODY_BYTES = 32 * 2**20
# Prometheus has no time-out here but the interval's; a server that hangs is told after this.
TIMEOUT_S = 30.0
# Prometheus' and vmagent's default.
DEFAULT_INTERVAL_S = 60.0


class Http:
    """One `http_sd_configs` entry."""

    def __init__(self, settings: HttpDiscovery, client: Client) -> None:
        self._settings = settings
        self._interval_s = settings.refresh_interval_s or DEFAULT_INTERVAL_S
        self._client = client
        self._groups: list[TargetGroup] | None = None
        self.last_error = ""

    async def run(self, publish: Publish) -> None:
        try:
            while True:
                await self._poll(publish)
                await trio.sleep(self._interval_s)
        finally:
            with trio.CancelScope(shield=True):
                await self._client.aclose()

    async def _poll(self, publish: Publish) -> None:
        url = self._settings.url
        try:
            groups = await self._fetch()
        except (TransportError, GroupsError) as exc:
            if not self.last_error:
                logger.error("discovery by %s fails: %s; its last good targets stay", url, exc)
            self.last_error = f"{url}: {exc}"
            return
        if self.last_error:
            logger.info("discovery by %s works again", url)
        self.last_error = ""
        if groups != self._groups:
            self._groups = groups
            publish(groups)

    async def _fetch(self) -> list[TargetGroup]:
        """Raises TransportError and GroupsError."""
        settings = self._settings
        headers = (
            ("Accept", "application/json"),
            ("X-Prometheus-Refresh-Interval-Seconds", f"{self._interval_s:f}"),
        )
        response = await self._client.request(
            "GET",
            headers=headers,
            timeout_s=min(TIMEOUT_S, self._interval_s),
            max_body_bytes=MAX_BODY_BYTES,
        )
        if response.status != 200:
            raise GroupsError(f"server returned HTTP status {response.status}")
        content_type = response.header("content-type") or ""
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise GroupsError(f"Content-Type is {content_type[:80]!r}, not application/json")
        groups = parse_json(response.body, settings.url)
        return [
            attrs.evolve(
                group,
                labels={**group.labels, URL_LABEL: settings.url},
                source=f"{settings.url}:{index}",
            )
            for index, group in enumerate(groups)
        ]
