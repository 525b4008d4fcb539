"""Targets and views for the tests of pages and API."""

from typing import Any

from scraper.status import DroppedTarget, TargetStatus
from web.views import Fetched, ReloadResult, Runtime, Views

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


def views(*targets: TargetStatus, **changes: Any) -> Views:
    async def reload() -> ReloadResult:
        return ReloadResult(ok=True)

    async def config() -> str:
        return "scrape_configs: []\n"

    async def fetch(target: TargetStatus) -> Fetched:
        return Fetched(200, "text/html", NASTY.encode())

    fields: dict[str, Any] = {
        "targets": lambda: targets,
        "dropped": lambda: (dropped(),),
        "metrics": lambda: b"up 1\n",
        "is_ready": lambda: True,
        "reload": reload,
        "remotes": tuple,
        "is_stopping": lambda: False,
        "pools": lambda: ("node",),
        "flags": lambda: (("httpListenAddr", ":8429", False), ("remoteWrite.url", "secret", True)),
        "config": config,
        "runtime": lambda: RUNTIME,
        "log_lines": lambda: ("a line",),
        "metadata": tuple,
        "rules_of": lambda pool: None,
        "fetch": fetch,
        "tasks": lambda: ("main",),
        "discovery_errors": dict,
    }
    return Views(**{**fields, **changes})
