"""`/api/v1/status/*`: the process and its configuration, as Prometheus' API shows them."""

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from web.views import Runtime


def build_info(runtime: Runtime) -> dict[str, str]:
    """Prometheus' keys; what has no meaning here is empty."""
    return {
        "version": runtime.version,
        "revision": "",
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
        "application": "promferry",
        "pythonVersion": platform.python_version(),
    }


def runtime_info(runtime: Runtime, corruptions: int) -> dict[str, object]:
    """As Prometheus 3; a goroutine is a task here, and `kernel` is our own."""
    return {
        "startTime": _moment(runtime.started_s),
        "CWD": runtime.working_directory,
        "hostname": runtime.hostname,
        "serverTime": _moment(datetime.now(UTC).timestamp()),
        "reloadConfigSuccess": runtime.reload_ok,
        "lastConfigTime": _moment(runtime.last_reload_s),
        "corruptionCount": corruptions,
        "goroutineCount": runtime.tasks,
        "threadCount": runtime.threads,
        "GOMAXPROCS": os.cpu_count() or 1,
        "kernel": runtime.kernel,
        "GOMEMLIMIT": 0,
        "GOGC": "",
        "GODEBUG": "",
        "storageRetention": "",
    }


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"


def flags_text(flags: Sequence[tuple[str, str, bool]]) -> Iterator[str]:
    """vmagent's `/flags`: a line each, as on a command line."""
    for name, value, _ in flags:
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        yield f'-{name}="{quoted}"\n'
