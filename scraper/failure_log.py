"""Failed scrapes as lines of JSON, in the file that a job names (`scrape_failure_log_file`).

Takes failures; appends a line for each, with the fields of Prometheus' log. `run` writes, once in
FLUSH_S, in a thread: no scrape waits for the disk.
Invariant: the file is opened for each write, so that a rotated one is followed even without the
reload after which Prometheus opens it again. At most MAX_LINES wait; what is over is counted.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import trio

logger = logging.getLogger("promferry.scraper")

FLUSH_S = 1.0
# Some 300 bytes each: what a thousand targets that fail twice a second leave in FLUSH_S.
MAX_LINES = 2000

RunSync = Callable[[Callable[[str, str], None], str, str], Awaitable[None]]


class FailureLog:
    """The failure logs of all jobs; several may share a file."""

    def __init__(self, run_sync: RunSync = trio.to_thread.run_sync) -> None:
        self.dropped = 0
        self._run_sync = run_sync
        self._lines: dict[str, list[str]] = {}
        self._count = 0
        self._has_lines = trio.Event()
        self._broken: set[str] = set()

    def note(self, path: str, *, now_ms: int, job_name: str, url: str, reason: str) -> None:
        if self._count >= MAX_LINES:
            self.dropped += 1
            return
        moment = datetime.fromtimestamp(now_ms / 1000, UTC)
        fields = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": "ERROR",
            "msg": reason,
            "job_name": job_name,
            "target": url,
        }
        self._count += 1
        self._lines.setdefault(path, []).append(json.dumps(fields, ensure_ascii=False) + "\n")
        self._has_lines.set()

    async def run(self) -> None:
        """Write until cancelled; what is noted then is still written."""
        try:
            while True:
                await self._has_lines.wait()
                await trio.sleep(FLUSH_S)
                await self._flush()
        finally:
            with trio.CancelScope(shield=True):
                await self._flush()

    async def _flush(self) -> None:
        lines, self._lines, self._count = self._lines, {}, 0
        self._has_lines = trio.Event()
        for path, texts in lines.items():
            try:
                await self._run_sync(_append, path, "".join(texts))
            except OSError as exc:
                self.dropped += len(texts)
                if path not in self._broken:
                    logger.error("cannot write scrape_failure_log_file %s: %s", path, exc)
                self._broken.add(path)
            else:
                self._broken.discard(path)


def _append(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8", errors="replace") as file:
        file.write(text)
