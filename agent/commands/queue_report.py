"""`promferry queue list`, `inspect`, `verify`: what queues hold, in lines for people.

Takes directories; prints. Nothing is written or locked, so an agent may be running on them.
"""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from agent.commands.queue import Options
from agent.flags.units import render_duration
from pushqueue.block import Encoding
from pushqueue.record import RecordHeader
from pushqueue.segment import LaneRange, ranges_of
from pushqueue.segment_file import tally_of
from pushqueue.survey import SegmentSurvey, Survey, survey, verify
from pushqueue.view import View

DAMAGED = 1


def list_queues(options: Options) -> int:
    for path in _found(options):
        _tell_queue(View(path), survey(View(path)))
    return 0


def inspect(options: Options) -> int:
    for path in _found(options):
        view = View(path)
        found = survey(view)
        _tell_queue(view, found)
        for segment in found.segments:
            _tell_segment(segment, is_being_written=_is_being_written(view, found, segment))
            if options.blocks:
                _tell_blocks(segment)
        if found.foreign:
            print(f"  foreign files: {', '.join(found.foreign)}")
        if found.is_positions_bad:
            print("  no good positions: what is stored would be sent again")
    return 0


def verify_queues(options: Options) -> int:
    damaged = 0
    for path in _found(options):
        view = View(path)
        found = survey(view)
        places = 0
        records = bytes_read = 0
        for segment in found.segments:
            is_being_written = _is_being_written(view, found, segment)
            problems = [segment.problem] if segment.problem else []
            problems += [] if is_being_written else [str(d) for d in segment.damages]
            try:
                checked = verify(view, segment)
            except FileNotFoundError:
                continue  # sent meanwhile
            problems += [
                f"{reason} ({header.sample_count} samples)" for header, reason in checked.bad
            ]
            records += checked.good.blocks
            bytes_read += checked.good.payload_bytes
            places += len(problems)
            for problem in problems:
                print(f"{path}: {segment.name}: {problem}")
        if found.is_positions_bad:
            places += 1
            print(f"{path}: positions: no good slot; what is stored would be sent again")
        print(f"{path}: {records} Blocks, {bytes_read} bytes good, {_counted(places, 'problem')}")
        damaged += places
    return DAMAGED if damaged else 0


def _found(options: Options) -> list[Path]:
    queues = options.queues()
    if not queues:
        print(f"{options.path}: no queue here, nothing waits on the disk", file=sys.stderr)
    return queues


def _is_being_written(view: View, found: Survey, segment: SegmentSurvey) -> bool:
    """What looks torn at its end is what an agent is just writing."""
    return not segment.is_finished and segment is found.segments[-1] and view.owner() is not None


def _tell_queue(view: View, found: Survey) -> None:
    owner = view.owner()
    in_use = f", in use by process {owner}" if owner is not None else ""
    print(
        f"{found.path}: {_counted(len(found.segments), 'segment')}, "
        f"{found.file_bytes} bytes of files; to send: {_headers_text(found.pending)}{in_use}"
    )


def _headers_text(headers: Iterable[RecordHeader]) -> str:
    known = list(headers)
    tally = tally_of(known)
    if not tally.blocks:
        return "nothing"
    oldest, newest = min(h.oldest_ms for h in known), max(h.newest_ms for h in known)
    return (
        f"{_counted(tally.blocks, 'Block')}, {_counted(tally.samples, 'sample')}, "
        f"{tally.payload_bytes} bytes, {span_text(oldest, newest)}"
    )


def _tell_segment(segment: SegmentSurvey, *, is_being_written: bool) -> None:
    state = "finished" if segment.is_finished else "unfinished"
    state = segment.problem or ("being written" if is_being_written else state)
    print(f"  {segment.name}  {segment.file_bytes} bytes, {state}")
    pending = ranges_of(segment.pending)
    for key, lane_range in ranges_of(segment.headers).items():
        waiting = pending[key].blocks if key in pending else 0
        print(f"    {_range_text(lane_range)}, {waiting} to send")
    for damage in () if is_being_written else segment.damages:
        print(f"    damaged: {damage}")


def _range_text(found: LaneRange) -> str:
    return (
        f"epoch {found.lane_epoch} lane {found.lane}: {_counted(found.blocks, 'Block')} "
        f"{found.first} to {found.last}, {_counted(found.samples, 'sample')}, "
        f"{found.payload_bytes} bytes, {span_text(found.oldest_ms, found.newest_ms)}"
    )


def _tell_blocks(segment: SegmentSurvey) -> None:
    pending = {header.at for header in segment.pending}
    names = {item.value: item.name.lower() for item in Encoding}
    for header in segment.headers:
        state = "to send" if header.at in pending else "acknowledged"
        encoding = names.get(header.encoding, f"encoding {header.encoding}")
        print(
            f"      at {header.at}: epoch {header.lane_epoch} lane {header.lane} "
            f"sequence {header.sequence}, {_counted(header.sample_count, 'sample')}, "
            f"{header.body_bytes} bytes {encoding}, made {time_text(header.created_ms)}, "
            f"{span_text(header.oldest_ms, header.newest_ms)}, {state}"
        )


def time_text(ms: int) -> str:
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{ms} ms"  # a target may claim any time


def span_text(oldest_ms: int, newest_ms: int) -> str:
    length = render_duration(max(0, newest_ms - oldest_ms) // 1000)
    return f"{time_text(oldest_ms)} to {time_text(newest_ms)} ({length})"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
