"""`promferry queue repair` and `drop`: a good copy of a damaged queue; a queue made smaller.

Takes directories; says what was copied, lost or given up. Nothing is changed in a directory that
an agent uses: `repair` writes elsewhere, `drop` needs the directory's lock.
"""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from agent.commands.queue import Options
from agent.commands.queue_report import time_text
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.units import parse_duration
from pushqueue.directory import RealDirectory
from pushqueue.errors import QueueError
from pushqueue.repair import Repaired, repair
from pushqueue.segment_file import tally_of
from pushqueue.survey import SegmentSurvey, survey
from pushqueue.view import View

NOT_DONE = 1


def repair_queue(options: Options) -> int:
    if not options.to:
        raise FlagErrors([FlagError(name="to", reason="is missing: -to=NEW, for the good copy")])
    queues = options.queues()
    for path in queues:
        # One queue is copied to the path itself, several to folders of the same names.
        target = Path(options.to) if queues == [Path(options.path)] else Path(options.to, path.name)
        if target.exists() and any(target.iterdir()):
            return _refuse(f"{target} is not empty; give a new directory")
        view = View(path)
        if (owner := view.owner()) is not None:
            _note(
                f"{path} is in use by process {owner}: the copy is of this moment; stop it first "
                "if the copy is to take its place, or what it sends meanwhile is sent twice"
            )
        copy = RealDirectory(target)
        copy.prepare()
        try:
            _tell_repair(path, target, repair(view, survey(view), copy))
        finally:
            copy.release()
    return 0


def _tell_repair(path: Path, target: Path, done: Repaired) -> None:
    for place in done.places:
        print(f"{path}: {place}")
    for name in done.not_copied:
        print(f"{path}: not copied: {name}")
    copied, lost = done.copied, done.lost
    print(
        f"{path}: {copied.blocks} Blocks with {copied.samples} samples copied to {target}; "
        f"{len(done.places)} damaged places cost {lost.samples} samples that are known of"
    )


def drop(options: Options) -> int:
    """Whole segments go, as when the disk bound is reached."""
    before_ms = time_ms("before", options.before) if options.before else None
    for path in options.queues():
        directory = RealDirectory(path)
        try:
            directory.prepare()
        except QueueError as exc:
            return _refuse(str(exc))
        try:
            doomed = [s for s in survey(directory).segments if _is_before(s, before_ms)]
            tally = tally_of(header for segment in doomed for header in segment.pending)
            told = f"{len(doomed)} segments, {tally.blocks} Blocks and {tally.samples} samples"
            if not options.yes:
                print(f"{path}: would drop {told} not yet sent; repeat with -yes")
                continue
            for segment in doomed:
                directory.remove(segment.name)
            directory.sync()
            print(f"{path}: dropped {told} not yet sent")
        finally:
            directory.release()
    return 0 if options.yes else NOT_DONE


def _is_before(segment: SegmentSurvey, before_ms: int | None) -> bool:
    if segment.problem:
        return False  # of a later version, or not readable: not ours to judge
    return before_ms is None or all(header.newest_ms < before_ms for header in segment.headers)


def time_ms(name: str, text: str) -> int:
    """A date, an age or Unix seconds as milliseconds. Raises FlagErrors about option `name`."""
    now = datetime.now(UTC)
    if re.fullmatch(r"[0-9]{9,}(\.[0-9]+)?|[0-9]\.[0-9]+e\+09", text):
        return int(float(text) * 1000)
    try:
        return int((now.timestamp() - parse_duration(text)) * 1000)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        reason = f"must be a date as {time_text(0)}, Unix seconds, or an age as 36h"
        raise FlagErrors([FlagError(name=name, reason=reason, text=text)]) from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _refuse(reason: str) -> int:
    _note(reason)
    return NOT_DONE


def _note(text: str) -> None:
    print(f"promferry queue: {text}", file=sys.stderr)
