"""`/api/v1/targets`: the targets as Prometheus' API shows them, field by field.

Takes snapshots; gives JSON in pieces. Source: reference/vmagent.md 1.11, Prometheus' HTTP API.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import attrs

from web.durations import duration_text, rfc3339
from web.policy import is_loopback

if TYPE_CHECKING:
    from scraper.status import DroppedTarget, TargetStatus


@attrs.frozen
class TargetQuery:
    """`?state=` and `?scrapePool=`; an empty pool is all of them."""

    state: str = ""
    pool: str = ""

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> "TargetQuery":
        # Prometheus takes any letter case, and shows nothing for a state that it does not know.
        return cls(arguments.get("state", "").lower(), arguments.get("scrapePool", ""))

    @property
    def shows_active(self) -> bool:
        return self.state in ("", "any", "active")

    @property
    def shows_dropped(self) -> bool:
        return self.state in ("", "any", "dropped")


def targets_json(
    query: TargetQuery,
    targets: Sequence["TargetStatus"],
    dropped: Sequence["DroppedTarget"],
    hostname: str,
) -> Iterator[str]:
    """The whole document, a piece for each target; `hostname` is this machine's for others."""
    yield '{"status":"success","data":{"activeTargets":['
    if query.shows_active:
        yield from _listed(
            json.dumps(active_target(target, hostname))
            for target in targets
            if query.pool in ("", target.pool)
        )
    yield '],"droppedTargets":['
    if query.shows_dropped:
        yield from _listed(
            json.dumps(dropped_target(target))
            for target in dropped
            if query.pool in ("", target.job)
        )
    counts = dropped_counts(targets, dropped) if query.shows_dropped else None
    yield f'],"droppedTargetCounts":{json.dumps(counts)}}}}}\n'


def _listed(documents: Iterator[str]) -> Iterator[str]:
    separator = ""
    for document in documents:
        yield separator + document
        separator = ","


def active_target(target: "TargetStatus", hostname: str) -> dict[str, object]:
    """One element of `activeTargets`."""
    return {
        "discoveredLabels": dict(target.discovered_labels),
        "labels": {
            name: value for name, value in dict(target.labels).items() if not name.startswith("__")
        },
        "scrapePool": target.pool,
        "scrapeUrl": target.url,
        "globalUrl": global_url(target.url, hostname),
        "lastError": target.last_error,
        "lastScrape": rfc3339(target.last_scrape_ms),
        "lastScrapeDuration": target.last_duration_s,
        "lastSamplesScraped": target.samples_scraped,  # vmagent's addition
        "health": target.health,
        "scrapeInterval": duration_text(target.interval_s),
        "scrapeTimeout": duration_text(target.timeout_s),
    }


def target_id(target: "TargetStatus") -> str:
    """Names a target in links; the same after a restart."""
    known_by = (target.pool, target.url, sorted(dict(target.labels).items()))
    return sha256(repr(known_by).encode("utf-8", "replace")).hexdigest()[:16]


def dropped_target(target: "DroppedTarget") -> dict[str, object]:
    return {
        "discoveredLabels": dict(target.discovered_labels),
        "scrapePool": target.job,
        "dropReason": target.explained(),  # ours: the rule, or what else was wrong
    }


def dropped_counts(
    targets: Sequence["TargetStatus"], dropped: Sequence["DroppedTarget"]
) -> dict[str, int]:
    """For each pool how many targets were dropped, 0 included."""
    counts = Counter(target.job for target in dropped)
    return {pool: counts[pool] for pool in sorted({*counts, *(one.pool for one in targets)})}


def global_url(url: str, hostname: str) -> str:
    """The URL as another machine would reach it: a loopback host becomes this machine's name."""
    parts = urlsplit(url)
    if parts.hostname is None or not is_loopback(parts.hostname):
        return url
    port = f":{parts.port}" if parts.port is not None else ""
    return parts._replace(netloc=hostname + port).geturl()
