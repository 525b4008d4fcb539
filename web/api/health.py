"""`/-/health/details`: the truth about each remote, the disk and the configuration.

Takes snapshots; gives a document and the status for probes.
Invariant: "fail" only for what costs data if nobody acts; "warn" for what mends itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from web.views import Runtime

if TYPE_CHECKING:
    from pushqueue.statistics import RemoteStatistics

# A remote that is restarted is away for less; what is older than that is an outage.
OUTAGE_S = 60.0
_RANK = {"ok": 0, "warn": 1, "fail": 2}


@attrs.frozen
class Check:
    """`status`: ok, warn or fail; `text` says why, "" where all is well."""

    name: str
    status: str = "ok"
    text: str = ""


def checks(
    remotes: Sequence["RemoteStatistics"],
    runtime: Runtime,
    discovery_errors: Mapping[str, str],
    is_ready: bool,
) -> Iterator[Check]:
    if is_ready:
        yield Check("discovery")
    else:
        yield Check("discovery", "warn", "has not run once yet")
    for job, error in discovery_errors.items():
        yield Check(f"discovery of {job}", "warn", error)
    if runtime.reload_ok:
        yield Check("configuration")
    else:
        yield Check("configuration", "warn", "the last reload failed; the old one is in use")
    for remote in remotes:
        yield _remote(remote)
        yield _disk(remote)


def _remote(remote: "RemoteStatistics") -> Check:
    name = f"remote {remote.name}"
    if remote.state == "ok":
        return Check(name)
    waiting = remote.oldest_age_s or 0.0
    text = f"{remote.state}: {remote.last_error}; {remote.pending_samples} samples wait"
    is_outage = remote.state == "holding" or waiting >= OUTAGE_S
    return Check(name, "fail" if is_outage else "warn", text)


def _disk(remote: "RemoteStatistics") -> Check:
    name = f"disk of {remote.name}"
    state = remote.queue.disk_state
    if state in ("ok", "off"):
        return Check(name)
    return Check(name, "fail", f"{state}; what waits is in memory only")


def health(found: Sequence[Check]) -> tuple[dict[str, object], int]:
    """The document, and 503 if anything fails."""
    worst = max((check.status for check in found), key=_RANK.__getitem__, default="ok")
    document: dict[str, object] = {
        "status": worst,
        "checks": [attrs.asdict(check) for check in found],
    }
    return document, 503 if worst == "fail" else 200
