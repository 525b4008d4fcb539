"""`promferry queue import`: what vmagent or Prometheus has not delivered, into a remote's queue.

Takes the other agent's directory and the agent's flags, which name the remote; says what is there,
and with -yes writes it, as an epoch of its own that is sent before anything newer.
Invariant: the other agent's directory is only read. Both agents must be stopped.
"""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import attrs

from agent.commands.loading import load_all
from agent.commands.queue import Options
from agent.commands.queue_change import time_ms
from agent.commands.queue_report import time_text
from agent.convert import prometheus_wal, vmagent_queue
from agent.convert.imported import Found
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
    if _is_locked(source.path):
        return _refuse(f"{source.path} is in use: stop the other agent first")
    found = Found()
    for _ in source.blocks(found, now_ms):
        pass
    _tell(source, found)
    if not options.yes:
        print(f"nothing was written; repeat with -yes to bring it to {target}")
        return NOT_DONE if found.damages else 0
    try:
        return _write(source, remote, target, now_ms, force=options.force)
    except (QueueError, DiskError) as exc:
        return _refuse(str(exc))


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


def _tell(source: _Source, found: Found) -> None:
    for damage in found.damages[:_SHOWN_DAMAGES]:
        print(f"{source.path}: {damage}")
    if len(found.damages) > _SHOWN_DAMAGES:
        print(f"{source.path}: and {len(found.damages) - _SHOWN_DAMAGES} more damaged places")
    times = ""
    if found.oldest_ms is not None and found.newest_ms is not None:
        times = f", {time_text(found.oldest_ms)} to {time_text(found.newest_ms)}"
    left = f", {found.left_out} older ones left out" if found.left_out else ""
    print(
        f"{source.path}: {found.blocks} Blocks, {found.samples} samples{times}{left}; "
        f"{len(found.damages)} damaged places"
    )


def _write(
    source: _Source, remote: RemoteSettings, target: Path, now_ms: int, *, force: bool
) -> int:
    store = Store(
        RealDirectory(target),
        lanes=remote.queue.lanes,
        max_bytes=remote.queue.max_disk_bytes,
        min_free_percent=remote.queue.min_free_disk_percent,
    )
    store.open()
    try:
        if store.statistics.blocks and not force:
            return _refuse(
                f"{target} holds {store.statistics.blocks} Blocks already, which would be sent "
                "before the older ones; -force imports behind them"
            )
        return _append_all(store, source, now_ms, target)
    finally:
        store.close()


def _append_all(store: Store, source: _Source, now_ms: int, target: Path) -> int:
    found, group, written = Found(), list[Block](), 0
    stored = True
    for sequence, block in enumerate(source.blocks(found, now_ms), start=1):
        group.append(attrs.evolve(block, lane=0, sequence=sequence))
        if len(group) >= _GROUP_BLOCKS:
            stored, group = _append(store, group, now_ms), []
            if not stored:
                break
            written = found.samples
    if stored and group:
        stored = _append(store, group, now_ms)
    if not stored:
        return _refuse(f"{target}: only {written} samples are there")
    print(f"{target}: {found.blocks} Blocks, {found.samples} samples imported, to be sent first")
    print(f"{source.path} is as it was: importing it again would send it again")
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
