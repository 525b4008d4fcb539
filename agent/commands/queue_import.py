"""`promferry queue import`: what vmagent or Prometheus has not delivered, into a remote's queue.

Takes the other agent's directory and the agent's flags, which name the remote; says what is there,
or with -yes writes it, as an epoch of its own that is sent before anything newer.
Invariant: the other agent's directory is only read. Both agents must be stopped.
"""

import fcntl
import os
import sys
import time
from collections.abc import Iterator, Sequence
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
    if _is_locked(source.path):
        return _refuse(f"{source.path} is in use: stop the other agent first")
    done = [m for m in read_marks(target.data_path, source.path) if m.remote == target.remote.key]
    if done:
        told = f"{source.path} was imported at {done[0].when}: {done[0].samples} samples"
        if options.yes and not options.force:
            return _refuse(f"{told}; -force imports it again, and it is sent again")
        print(told)
    try:
        return _write(source, target, force=options.force) if options.yes else _tell(source, target)
    except (QueueError, DiskError) as exc:
        return _refuse(str(exc))


def _tell(source: _Source, target: _Target) -> int:
    """The dry run."""
    found = Found(on_step=Progress("read"))
    for _ in source.blocks(found, 0, target.final):
        pass
    _summarise(source, found)
    if not found.samples:
        print("there is nothing to import")
    else:
        print(f"nothing was written; repeat with -yes to bring it to {target.queue_path}")
    return NOT_DONE if found.damages else 0


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
    if not prometheus_wal.is_log(path):
        reason = "there is no log of Prometheus; give its --storage.agent.path"
        raise _wrong("path", reason, options.path)
    since_ms = time_ms("since", options.since) if options.since else -(2**62)
    log = prometheus_wal.find_log(path)
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


def _is_locked(path: Path) -> bool:
    """Whether an agent has the directory open, as far as its lock tells."""
    for name in (path / "flock.lock", path.parent / "lock"):
        try:
            descriptor = os.open(name, os.O_RDONLY)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
    return False


def _summarise(source: _Source, found: Found) -> None:
    for damage in found.damages[:_SHOWN_DAMAGES]:
        print(f"{source.path}: {damage}")
    if len(found.damages) > _SHOWN_DAMAGES:
        print(f"{source.path}: and {len(found.damages) - _SHOWN_DAMAGES} more damaged places")
    times = ""
    if found.oldest_ms is not None and found.newest_ms is not None:
        times = f", {time_text(found.oldest_ms)} to {time_text(found.newest_ms)}"
    left = f", {found.left_out} older ones left out" if found.left_out else ""
    left += f", {found.dropped} dropped by the remote's rules" if found.dropped else ""
    print(
        f"{source.path}: {found.blocks} Blocks, {found.samples} samples{times}{left}; "
        f"{len(found.damages)} damaged places"
    )


def _write(source: _Source, target: _Target, *, force: bool) -> int:
    queue = target.remote.queue
    store = Store(
        RealDirectory(target.queue_path),
        lanes=queue.lanes,
        max_bytes=queue.max_disk_bytes,
        min_free_percent=queue.min_free_disk_percent,
    )
    store.open()
    try:
        if store.statistics.blocks and not force:
            return _refuse(
                f"{target.queue_path} holds {store.statistics.blocks} Blocks already, which would "
                "be sent before the older ones; -force imports behind them"
            )
        return _append_all(store, source, target)
    finally:
        store.close()


def _append_all(store: Store, source: _Source, target: _Target) -> int:
    now_ms = int(time.time() * 1000)
    found, group, written = Found(on_step=Progress("imported")), list[Block](), 0
    stored = True
    for sequence, block in enumerate(source.blocks(found, now_ms, target.final), start=1):
        group.append(attrs.evolve(block, lane=0, sequence=sequence))
        if len(group) >= _GROUP_BLOCKS:
            stored, group = _append(store, group, now_ms), []
            if not stored:
                break
            written = found.samples
    if stored and group:
        stored = _append(store, group, now_ms)
    _summarise(source, found)
    if not stored:
        return _refuse(f"{target.queue_path}: only {written} samples are there")
    when = time_text(now_ms)
    state = state_of(source.path)
    mark = Mark(str(source.path), target.remote.key, when, found.samples, state)
    write_mark(target.data_path, mark)
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
