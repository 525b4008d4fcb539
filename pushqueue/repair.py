"""A queue's good records copied to another directory, which an agent can then use.

Takes a directory to read from and an empty one to write to; gives what was copied and what lost.
Invariants: numbers, epochs, lanes and sequences stay, so the copy is sent in the same order and
what was acknowledged stays so. Never: changes the original.
"""

from itertools import chain

import attrs

from pushqueue.directory import Directory
from pushqueue.errors import DamageError
from pushqueue.positions import FILE_NAME as POSITIONS_NAME
from pushqueue.positions import SLOT_BYTES, encode_slot
from pushqueue.record import encode_record, read_header
from pushqueue.segment import encode_footer, encode_segment_header, ranges_of, seed_of
from pushqueue.segment_file import Tally, tally_of
from pushqueue.survey import SegmentSurvey, Source, Survey, read_blocks

_COPY_BYTES = 2**20


@attrs.define
class Repaired:
    """`lost`: of records whose header still tells what they held; `places`: damage in all."""

    copied: Tally = attrs.field(factory=Tally)
    lost: Tally = attrs.field(factory=Tally)
    places: list[str] = attrs.field(factory=list)
    not_copied: list[str] = attrs.field(factory=list)


def repair(source: Source, found: Survey, target: Directory) -> Repaired:
    """Raises OSError if the target does not take it."""
    result = Repaired()
    for segment in found.segments:
        if segment.problem:
            _copy_whole(source, segment, target, result)
        else:
            _copy_records(source, segment, target, result)
    result.not_copied += found.foreign
    if found.positions:
        file = target.open(POSITIONS_NAME, create=True)
        file.write_at(0, encode_slot(1, found.positions) + bytes(SLOT_BYTES))
        file.truncate(2 * SLOT_BYTES)
        file.sync()
        file.close()
    target.sync()
    return result


def _copy_whole(
    source: Source, segment: SegmentSurvey, target: Directory, result: Repaired
) -> None:
    """A segment of a later version is not ours to judge."""
    try:
        original = source.open(segment.name)
    except OSError:
        result.not_copied.append(f"{segment.name} ({segment.problem})")
        return
    copy = target.open(segment.name, create=True)
    for at in range(0, original.size(), _COPY_BYTES):
        copy.write_at(at, original.read_at(at, _COPY_BYTES))
    copy.sync()
    copy.close()
    original.close()


def _copy_records(
    source: Source, segment: SegmentSurvey, target: Directory, result: Repaired
) -> None:
    for damage in segment.damages:
        result.places.append(f"{segment.name}: {damage}")
    result.lost.samples += segment.lost_samples
    if not segment.headers:
        return
    number, seed = segment.number, seed_of(segment.number)
    blocks = read_blocks(source, segment, segment.headers)
    try:
        first = next(blocks)
    except FileNotFoundError:
        # An agent that runs has sent it since the survey.
        result.not_copied.append(f"{segment.name} (gone meanwhile)")
        return
    copy = target.open(segment.name, create=True)
    head = encode_segment_header(number, segment.headers[0].created_ms)
    copy.write_at(0, head)
    at, headers = len(head), []
    for header, block in zip(segment.headers, chain((first,), blocks), strict=True):
        if isinstance(block, DamageError):
            result.places.append(f"{segment.name}: {block}")
            result.lost.add(tally_of((header,)))
            continue
        record = encode_record(block, seed)
        headers.append(read_header(record, at, seed))
        copy.write_at(at, record)
        at += len(record)
    copy.write_at(at, encode_footer(ranges_of(headers), at, number))
    copy.sync()
    copy.close()
    result.copied.add(tally_of(headers))
