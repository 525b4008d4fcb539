"""`promferry queue import`: what vmagent or Prometheus has not delivered, into a remote's queue.

Takes the other agent's directory and the agent's flags, which name the remote; says what is there,
and with -yes writes it, as an epoch of its own that is sent before anything newer.
Invariant: the other agent's directory is only read. Both agents must be stopped. An import that
is cut off goes on where it was; a whole one is not repeated without -force.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import attrs

from agent.commands.loading import load_all
from agent.commands.queue import Options
from agent.commands.queue_change import time_ms
from agent.commands.queue_report import time_text
from agent.convert import prometheus_wal, vmagent_queue
from agent.convert.import_record import ImportRecord, Progress, fingerprint
from agent.convert.imported import Found
from agent.convert.in_use import holder
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.parser import parse
from agent.start import SettingsError
from pushqueue.block import Block
from pushqueue.directory import RealDirectory
from pushqueue.errors import DiskError, QueueError
from pushqueue.settings import RemoteSettings
from pushqueue.store import Store
from pushqueue.view import QUEUES_FOLDER

NOT_DONE = 1
PROGRAMS = ("vmagent", "prometheus")
# Written and synced together: bounded memory, few syncs.
_GROUP_BLOCKS = 16
_SHOWN_DAMAGES = 20


@attrs.frozen(kw_only=True)
class _Source:
    """The other agent's queue; `blocks` may be gone through again."""

    program: str
    path: Path
    since_ms: int

    def blocks(self, found: Found, now_ms: int) -> Iterator[Block]:
        if self.program == "vmagent":
            return vmagent_queue.blocks(self.path, found, now_ms)
        return prometheus_wal.blocks(self.path, found, now_ms, self.since_ms)


def import_queue(options: Options) -> int:
    source = _source(options)
    try:
        values = parse(options.flags, os.environ)
        settings = load_all(values).settings
        remote = _remote(settings.remotes, options.remote)
    except SettingsError as exc:
        return _refuse(str(exc))
    target = Path(settings.data_path, QUEUES_FOLDER, quote(remote.key, safe=""))
    now_ms = int(time.time() * 1000)
    locks = (source.path / "flock.lock", source.path.parent / "lock")
    if who := holder(source.path, locks):
        return _refuse(f"{source.path} is in use ({who}): stop the other agent first")
    found = Found()
    for _ in source.blocks(found, now_ms):
        pass
    _tell(source, found)
    task = _Import(
        source=source, remote=remote, target=target, now_ms=now_ms, is_forced=options.force,
        record=ImportRecord(Path(settings.data_path)),
        key=fingerprint(source.path, source.program, str(source.since_ms), remote.key),
    )  # fmt: skip
    done = task.done()
    if done.is_whole and not options.force:
        return _refuse(
            f"{source.path} was imported at {done.when}: again, it would be sent again (-force)"
        )
    if done.blocks:
        print(f"an import was cut off at {done.when}: {done.blocks} Blocks are there already")
    if reason := _no_room(remote, found, target):
        return _refuse(reason)
    if not options.yes:
        print(f"nothing was written; repeat with -yes to bring it to {target}")
        return NOT_DONE if found.damaged else 0
    try:
        return task.run(done)
    except (QueueError, DiskError) as exc:
        return _refuse(str(exc))


def _no_room(remote: RemoteSettings, found: Found, target: Path) -> str:
    """Why the remote's bounds would make some of it go; empty if all has room."""
    bound = remote.queue.max_disk_bytes
    if bound and found.bytes > bound:
        return (
            f"it has {found.bytes} bytes, and the bound of the remote is {bound}: the oldest would "
            "go; raise -remoteWrite.maxDiskUsagePerURL"
        )
    above = next(path for path in (target, *target.parents) if path.exists())
    disk = shutil.disk_usage(above)
    left = disk.free - found.bytes
    if left < disk.total * remote.queue.min_free_disk_percent / 100:
        return (
            f"it has {found.bytes} bytes, and only {disk.free} are free at {above}, of which "
            f"-remoteWrite.minFreeDiskSpace keeps {remote.queue.min_free_disk_percent:g} % of all"
        )
    return ""


def _source(options: Options) -> _Source:
    """Raises FlagErrors, OSError."""
    if options.source not in PROGRAMS:
        raise _wrong("from", f"must be {' or '.join(PROGRAMS)}", options.source)
    path = Path(options.path)
    if options.source == "vmagent":
        queues = vmagent_queue.find_queues(path)
        if len(queues) != 1:
            names = ", ".join(str(each) for each in queues)
            reason = "one of its directories must be chosen" if queues else "there is no queue"
            raise _wrong("path", f"{reason}; {names}" if names else reason, options.path)
        return _Source(program="vmagent", path=queues[0], since_ms=0)
    if not options.since and not options.all:
        reason = (
            "is missing: the log does not say what was sent. Give the time of the last sample that "
            "the remote has (-since=2026-01-31T12:00:00Z, or an age as 36h), or -all"
        )
        raise _wrong("since", reason)
    since_ms = time_ms("since", options.since) if options.since else -(2**62)
    log = prometheus_wal.find_log(path)
    if not prometheus_wal.is_log(log):
        raise _wrong("path", "there is no log of Prometheus (a folder wal with segments)", str(log))
    return _Source(program="prometheus", path=log, since_ms=since_ms)


def _wrong(name: str, reason: str, text: str = "") -> FlagErrors:
    return FlagErrors([FlagError(name=name, reason=reason, text=text)])


def _remote(remotes: tuple[RemoteSettings, ...], wanted: str) -> RemoteSettings:
    found = [each for each in remotes if not wanted or wanted in (each.name, each.key)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(each.key for each in remotes)
    if not remotes:
        reason = "no remote: give -remoteWrite.url or -promscrape.config, as for the agent"
        raise _wrong("remoteWrite.url", reason)
    raise _wrong("remote", f"must name one of {known}", wanted)


def _tell(source: _Source, found: Found) -> None:
    for damage in found.damages[:_SHOWN_DAMAGES]:
        print(f"{source.path}: {damage}")
    if found.damaged > _SHOWN_DAMAGES:
        print(f"{source.path}: and {found.damaged - _SHOWN_DAMAGES} more damaged places")
    times = ""
    if found.oldest_ms is not None and found.newest_ms is not None:
        times = f", {time_text(found.oldest_ms)} to {time_text(found.newest_ms)}"
    left = f", {found.left_out} older ones left out" if found.left_out else ""
    print(
        f"{source.path}: {found.blocks} Blocks, {found.samples} samples{times}{left}; "
        f"{found.damaged} damaged places"
    )


@attrs.frozen(kw_only=True)
class _Import:
    """One import into the queue of a remote."""

    source: _Source
    remote: RemoteSettings
    target: Path
    now_ms: int
    is_forced: bool
    record: ImportRecord
    key: str

    def done(self) -> Progress:
        """What an earlier run of the same import brought over."""
        before = self.record.of(self.key) or Progress()
        return Progress() if self.is_forced and before.is_whole else before

    def run(self, done: Progress) -> int:
        """Raises QueueError, DiskError, OSError."""
        queue = self.remote.queue
        store = Store(
            RealDirectory(self.target),
            lanes=queue.lanes,
            max_bytes=queue.max_disk_bytes,
            min_free_percent=queue.min_free_disk_percent,
        )
        store.open()
        try:
            if store.statistics.blocks and not self.is_forced and not done.blocks:
                return _refuse(
                    f"{self.target} holds {store.statistics.blocks} Blocks already, which would be "
                    "sent before the older ones; -force imports behind them"
                )
            return self._append_all(store, done.blocks)
        finally:
            store.close()

    def _append_all(self, store: Store, already: int) -> int:
        """From the Block after the first `already` ones, group by group."""
        found = Found()
        blocks = islice(self.source.blocks(found, self.now_ms), already, None)
        numbered = enumerate(blocks, start=1)
        written = already
        while group := [
            attrs.evolve(block, lane=0, sequence=sequence)
            for sequence, block in islice(numbered, _GROUP_BLOCKS)
        ]:
            if not _append(store, group, self.now_ms):
                return _refuse(f"{self.target}: only {written} Blocks are there; repeat it later")
            written += len(group)
            self._keep(written, is_whole=False)
        self._keep(written, is_whole=True)
        print(
            f"{self.target}: {written} Blocks, {found.samples} samples imported, to be sent first"
        )
        return 0

    def _keep(self, blocks: int, *, is_whole: bool) -> None:
        when = time_text(self.now_ms)
        self.record.keep(self.key, Progress(blocks=blocks, is_whole=is_whole, when=when))


def _append(store: Store, group: list[Block], now_ms: int) -> bool:
    done = store.append(group, now_ms)
    if done.drops:
        dropped = sum(drop.tally.samples for drop in done.drops)
        _refuse(f"the disk bound of the remote made {dropped} of the oldest samples go")
    if done.error is not None:
        _refuse(str(done.error))
    elif done.too_large:
        _refuse("the bounds of the disk have no room for more")
    return done.error is None and not done.too_large


def _refuse(reason: str) -> int:
    print(f"promferry queue: {reason}", file=sys.stderr)
    return NOT_DONE
