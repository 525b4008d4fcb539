"""Targets and views for the tests of pages and API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pushqueue.statistics import QueueStatistics, RemoteStatistics
from relabel.pipeline import Pipeline, compile_rules
from relabel.rule import RelabelRule
from scraper.status import DroppedTarget, TargetStatus
from web.views import (
    Cardinality,
    Fetched,
    Flow,
    ReloadResult,
    RuleCount,
    Runtime,
    TapPiece,
    TapRow,
    TapWish,
    Trial,
    Views,
)

NOW_MS = 1_795_500_000_000
NASTY = "<script>alert(1)</script>\"'&"

RUNTIME = Runtime(
    version="1.2.3",
    kernel="c",
    started_s=NOW_MS / 1000 - 60,
    working_directory="/var/lib/promferry",
    hostname="edge-1",
    reload_ok=True,
    last_reload_s=NOW_MS / 1000 - 50,
    tasks=7,
    threads=2,
)


def target(name: str = "a", **changes: Any) -> TargetStatus:
    """A target that is up and was scraped two seconds ago."""
    fields: dict[str, Any] = {
        "job": "node",
        "pool": "node",
        "discovered_labels": {"__address__": f"{name}:9100", "__scheme__": "http", "job": "node"},
        "labels": {"instance": f"{name}:9100", "job": "node"},
        "url": f"http://{name}:9100/metrics",
        "interval_s": 15.0,
        "timeout_s": 10.0,
        "health": "up",
        "last_scrape_ms": NOW_MS - 2000,
        "last_duration_s": 0.0123,
        "samples_scraped": 507,
        "samples_post_relabel": 500,
        "body_bytes": 58_368,
        "scrapes_total": 9,
        "scrapes_failed_total": 1,
    }
    return TargetStatus(**{**fields, **changes})


def down(name: str = "b", error: str = "connection refused") -> TargetStatus:
    return target(name, health="down", last_error=error, samples_scraped=0)


def waiting(name: str = "c") -> TargetStatus:
    return target(name, health="unknown", last_scrape_ms=None, scrapes_total=0)


def dropped(job: str = "node") -> DroppedTarget:
    labels = {"__address__": "x:1", "job": job}
    return DroppedTarget(job=job, discovered_labels=labels, reason="rule 1: drop")


def remote(name: str = "far", **changes: Any) -> RemoteStatistics:
    """A remote that has delivered everything two seconds ago."""
    fields: dict[str, Any] = {
        "name": name,
        "key": name,
        "url": f"http://{name}/api/v1/write",
        "state": "ok",
        "queue": QueueStatistics(disk_file_bytes=4096, disk_segments=1),
        "pending_blocks": 0,
        "pending_samples": 0,
        "pending_bytes": 0,
        "oldest_age_s": None,
        "lag_s": 1.5,
        "put_samples_total": 1000,
        "dropped_by_rules_total": 0,
        "sent_samples_total": 1000,
        "sent_bytes_total": 20_000,
        "sent_blocks_total": 4,
        "requests_total": 5,
        "retries_total": 1,
        "request_errors_total": 0,
        "request_seconds_total": 0.5,
        "answers": {204: 4, 503: 1},
        "dropped_samples": {},
        "last_error": "",
        "last_error_ms": None,
        "last_sent_ms": NOW_MS - 2000,
        "spill_after_s": 1.0,
        "send_timeout_s": 60.0,
    }
    return RemoteStatistics(**{**fields, **changes})


FLOW = Flow(samples_total=1000, stored_total=900, lost={"rules": 100}, failed_scrapes_total=3)


async def _reload() -> ReloadResult:
    return ReloadResult(ok=True)


async def _config() -> str:
    return "scrape_configs: []\n"


async def _fetch(target: TargetStatus) -> Fetched:
    return Fetched(200, "text/html", NASTY.encode())


async def _why_not(question: str) -> dict[str, Any]:
    if not question:
        raise ValueError("ask for a series")
    return {"question": question, "delivered": False, "answers": [], "notes": []}


async def _parse_rules(text: str) -> Pipeline:
    if text.startswith("?"):
        raise ValueError("rules:1:1: not a list")
    return compile_rules((RelabelRule(action="labeldrop", regex=text),))


async def _try_rules(target: TargetStatus, pipeline: Pipeline) -> Trial:
    return Trial(rules=(RuleCount("{action: keep}", 9, 8, 7),), exposed=9, left=2)


async def _cardinality(job: str) -> Cardinality:
    return Cardinality(
        series=10,
        jobs=[("node", 10)],
        metrics=[("load", 9), (NASTY, 1)],
        metric_count=2,
        labels=[("device", 3, 9, NASTY)],
    )


@asynccontextmanager
async def _tap(wish: TapWish) -> AsyncIterator[AsyncIterator[TapPiece]]:
    yield _pieces()


async def _pieces() -> AsyncIterator[TapPiece]:
    yield TapPiece(rows=(), skipped_total=0)
    row = TapRow(
        series="up",
        labels={"__name__": "up"},
        timestamp_ms=NOW_MS,
        value=float("nan"),
        is_marker=False,
        remote="",
    )
    yield TapPiece(rows=(row,), skipped_total=3)


def views(*targets: TargetStatus, **changes: Any) -> Views:
    fields: dict[str, Any] = {
        "why_not": _why_not,
        "cardinality": _cardinality,
        "tap": _tap,
        "history": tuple,
        "flow": lambda: FLOW,
        "targets": lambda: targets,
        "dropped": lambda: (dropped(),),
        "metrics": lambda: b"up 1\n",
        "is_ready": lambda: True,
        "reload": _reload,
        "remotes": tuple,
        "is_stopping": lambda: False,
        "pools": lambda: ("node",),
        "flags": lambda: (("httpListenAddr", ":8429", False), ("remoteWrite.url", "secret", True)),
        "config": _config,
        "runtime": lambda: RUNTIME,
        "log_lines": lambda: ("a line",),
        "metadata": tuple,
        "rules_of": lambda pool: None,
        "metric_rules_of": lambda pool: None,
        "parse_rules": _parse_rules,
        "try_rules": _try_rules,
        "fetch": _fetch,
        "tasks": lambda: ("main",),
        "discovery_errors": dict,
    }
    return Views(**{**fields, **changes})
