"""`promferry queue import`: what vmagent or Prometheus has not delivered, into a remote's queue.

Takes the other agent's directory and the agent's flags, which name the remote; says what is there,
or with -yes writes it, as an epoch of its own that is sent before anything newer.
Invariant: the other agent's directory is only read. Both agents must be stopped. An import that
is cut off goes on where it was; a whole one is not repeated without -force.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Self
from urllib.parse import quote

import attrs

from agent.commands.loading import load_all
from agent.commands.progress import Progress
from agent.commands.queue import Options
from agent.commands.queue_change import time_ms
from agent.commands.queue_report import time_text
from agent.convert import prometheus_wal, vmagent_queue
from agent.convert.imported import Found
from agent.convert.in_use import holder
from agent.convert.prometheus_wal import Final
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.parser import parse
from agent.import_marks import Mark, read_marks, state_of, write_mark
from agent.settings import Settings
from agent.start import SettingsError
from pushqueue.block import Block
from pushqueue.directory import RealDirectory
from pushqueue.errors import DiskError, QueueError
from pushqueue.remote import steps_of
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

    def blocks(self, found: Found, now_ms: int, final: Final) -> Iterator[Block]:
        """`final`: what the remote makes of labels. vmagent stores what it made of them itself."""
        if self.program == "vmagent":
            return vmagent_queue.blocks(self.path, found, now_ms)
        return prometheus_wal.blocks(self.path, found, now_ms, self.since_ms, final)


@attrs.frozen(kw_only=True)
class _Target:
    """Where it is to go: a remote's queue, below the agent's data path."""

    data_path: Path
    remote: RemoteSettings
    final: Final

    @classmethod
    def of(cls, settings: Settings, name: str) -> Self:
        """Raises FlagErrors."""
        remote = _remote(settings.remotes, name)
        external, steps = settings.global_.external_labels, steps_of(remote)
        return cls(
            data_path=Path(settings.data_path).absolute(),
            remote=remote,
            final=lambda labels: steps.apply({**external, **labels}),
        )

    @property
    def queue_path(self) -> Path:
        return self.data_path / QUEUES_FOLDER / quote(self.remote.key, safe="")


def import_queue(options: Options) -> int:
    source = _source(options)
    try:
        target = _Target.of(load_all(parse(options.flags, os.environ)).settings, options.remote)
    except SettingsError as exc:
        return _refuse(str(exc))
    locks = (source.path / "flock.lock", source.path.parent / "lock")
    if who := holder(source.path, locks):
        return _refuse(f"{source.path} is in use ({who}): stop the other agent first")
    marks = [m for m in read_marks(target.data_path, source.path) if m.remote == target.remote.key]
    done = next(iter(marks), None)
    if done is not None and done.is_whole:
        told = f"{source.path} was imported at {done.when}: {done.samples} samples"
        if options.yes and not options.force:
            return _refuse(f"{told}; -force imports it again, and it is sent again")
        print(told)
    elif done is not None:
        print(f"an import was cut off at {done.when}: {done.blocks} Blocks are there already")
    already = done.blocks if done is not None and not done.is_whole else 0
    try:
        if not options.yes:
            return _tell(source, target)
        if reason := _no_room(source, target):
            return _refuse(reason)
        return _write(source, target, already, force=options.force)
    except (QueueError, DiskError) as exc:
        return _refuse(str(exc))


def _tell(source: _Source, target: _Target) -> int:
    """The dry run."""
    found = Found(on_step=Progress("read"))
    for _ in source.blocks(found, 0, target.final):
        pass
    _summarise(source, found)
    if reason := _no_room(source, target, found.block_bytes):
        return _refuse(reason)
    if not found.samples:
        print("there is nothing to import")
        return NOT_DONE if found.damaged else 0
    print(f"nothing was written; repeat with -yes to bring it to {target.queue_path}")
    return NOT_DONE if found.damaged else 0


def _no_room(source: _Source, target: _Target, size: int | None = None) -> str:
    """Why bounds would make some of it go, empty if all has room. Before it is read, the size of
    the files is near enough."""
    queue = target.remote.queue
    if size is None:
        size = sum(each.stat().st_size for each in source.path.rglob("*") if each.is_file())
    if queue.max_disk_bytes and size > queue.max_disk_bytes:
        return (
            f"it has {size} bytes, and the bound of the remote is {queue.max_disk_bytes}: the "
            "oldest would go; raise -remoteWrite.maxDiskUsagePerURL"
        )
    above = next(path for path in (target.data_path, *target.data_path.parents) if path.exists())
    disk = shutil.disk_usage(above)
    if disk.free - size < disk.total * queue.min_free_disk_percent / 100:
        return (
            f"it has {size} bytes, and {disk.free} are free at {above}, of which "
            f"-remoteWrite.minFreeDiskSpace keeps {queue.min_free_disk_percent:g} % of all"
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
            raise _wrong("path", _which(queues), options.path)
        return _Source(program="vmagent", path=queues[0].absolute(), since_ms=0)
    if not options.since and not options.all:
        reason = (
            "is missing: the log does not say what was sent. Give the time of the last sample that "
            "the remote has (-since=2026-01-31T12:00:00Z, seconds as in Prometheus' metric "
            "prometheus_remote_storage_queue_highest_sent_timestamp_seconds, or an age as 36h), "
            "or -all"
        )
        raise _wrong("since", reason)
    since_ms = time_ms("since", options.since) if options.since else -(2**62)
    log = prometheus_wal.find_log(path)
    if not prometheus_wal.is_log(log):
        raise _wrong("path", "there is no log of Prometheus (a folder wal with segments)", str(log))
    return _Source(program="prometheus", path=log.absolute(), since_ms=since_ms)


def _which(queues: Sequence[Path]) -> str:
    if not queues:
        return "there is no queue of vmagent; give its -remoteWrite.tmpDataPath"
    names = ", ".join(str(each) for each in queues)
    return f"each -remoteWrite.url has one: give one of {names}, and -remote=NAME for where it goes"


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


def _summarise(source: _Source, found: Found) -> None:
    for damage in found.damages[:_SHOWN_DAMAGES]:
        print(f"{source.path}: {damage}")
    if found.damaged > _SHOWN_DAMAGES:
        print(f"{source.path}: and {found.damaged - _SHOWN_DAMAGES} more damaged places")
    times = ""
    if found.oldest_ms is not None and found.newest_ms is not None:
        times = f", {time_text(found.oldest_ms)} to {time_text(found.newest_ms)}"
    left = f", {found.left_out} older ones left out" if found.left_out else ""
    left += f", {found.dropped} dropped by the remote's rules" if found.dropped else ""
    print(
        f"{source.path}: {found.blocks} Blocks, {found.samples} samples{times}{left}; "
        f"{found.damaged} damaged places"
    )


def _write(source: _Source, target: _Target, already: int, *, force: bool) -> int:
    """`already`: how many Blocks an import that was cut off brought over."""
    queue = target.remote.queue
    store = Store(
        RealDirectory(target.queue_path),
        lanes=queue.lanes,
        max_bytes=queue.max_disk_bytes,
        min_free_percent=queue.min_free_disk_percent,
    )
    store.open()
    try:
        if store.statistics.blocks and not force and not already:
            return _refuse(
                f"{target.queue_path} holds {store.statistics.blocks} Blocks already, which would "
                "be sent before the older ones; -force imports behind them"
            )
        return _append_all(store, source, target, already)
    finally:
        store.close()


def _append_all(store: Store, source: _Source, target: _Target, already: int) -> int:
    """Group by group, each marked once it is on the disk."""
    now_ms = int(time.time() * 1000)
    found = Found(on_step=Progress("imported"))
    blocks = islice(source.blocks(found, now_ms, target.final), already, None)
    numbered = enumerate(blocks, start=1)
    mark = Mark(
        str(source.path), target.remote.key, time_text(now_ms), 0, state_of(source.path),
        blocks=already, is_whole=False,
    )  # fmt: skip
    while group := [
        attrs.evolve(block, lane=0, sequence=sequence)
        for sequence, block in islice(numbered, _GROUP_BLOCKS)
    ]:
        if not _append(store, group, now_ms):
            _summarise(source, found)
            return _refuse(f"{target.queue_path}: only {mark.samples} samples are there")
        mark = attrs.evolve(mark, samples=found.samples, blocks=mark.blocks + len(group))
        write_mark(target.data_path, mark)
    _summarise(source, found)
    write_mark(target.data_path, attrs.evolve(mark, samples=found.samples, is_whole=True))
    print(f"{target.queue_path}: {found.samples} samples imported, to be sent first")
    print(f"{source.path} is as it was; remove it when you have seen the samples at the remote")
    return 0


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
