"""The hot loop of remote write 1.0 on its way through: series that are known. The specification.

Takes a message, what is known of series, and columns to fill; gives how far it came.
`passing_c.pyx` is the compiled twin. Both stop in front of whatever is not a known series with one
usual sample, which the slow path reads; a staleness marker is such a thing, as it goes another way.
Invariant: any bytes are read or stopped at, and nothing is read behind their end; a series whose
labels are the same bytes as before is that series, since they were once read as whole labels.
"""

from array import array
from collections.abc import Sequence

from series.stale import STALE_NAN_BYTES
from series.template import Template
from series.wire import read_varint

# A usual series: labels, then one sample of 18 bytes, which is tag, length 16, tag, value, tag and
# a timestamp of six bytes (years 1971 to 2109).
_TAIL_BYTES = 18
_TAIL_HEAD = b"\x12\x10\x09"

NOBODY = -1

# What a group's samples are put into: templates, times in ms, values.
Columns = tuple[list[Template], "array[int]", "array[float]"]


class SeriesTable:
    """What is known of series, by number. `numbers`: by the labels as they came, which `keys` holds
    again; `after`: which one followed it the last time, as it probably will again.
    """

    __slots__ = ("after", "groups", "keys", "numbers", "templates")

    def __init__(self) -> None:
        self.numbers: dict[object, int] = {}
        self.keys: list[object] = []
        self.templates: list[Template] = []
        self.groups = bytearray()
        self.after = array("q")

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, key: object, template: Template, group: int) -> int:
        number = self.numbers[key] = len(self.keys)
        self.keys.append(key)
        self.templates.append(template)
        self.groups.append(group)
        self.after.append(NOBODY)
        return number

    def shorten(self, most: int) -> None:
        """Lets the last ones go, at most so many, so that a large table is no long work at once."""
        for key in self.keys[-most:]:
            self.numbers.pop(key, None)
        for column in (self.keys, self.templates, self.groups, self.after):
            del column[-most:]


def read_known(
    data: bytes, at: int, most: int, table: SeriesTable, columns: Sequence[Columns], before: int
) -> tuple[int, int, int]:
    """At most `most` known series from `at` on, each one's sample to the columns of its group.

    `before`: the number of the series in front, NOBODY if there is none. Gives where it stopped,
    how many samples it took, and the number of the last one.
    Raises IndexError for an offset outside of the message, or a table that does not fit.
    """
    # Hot where nothing is compiled: bench/bench_receive.py holds the figure.
    end = len(data)
    if not 0 <= at <= end or not NOBODY <= before < len(table):
        raise IndexError(f"byte {at} of {end}, series {before} of {len(table)}")
    keys, after, find = table.keys, table.after, table.numbers.get
    last_raw, stamp, taken = b"", 0, 0
    while at < end and taken < most:
        start = at + 2
        if start >= end or data[at] != 0x0A:
            break
        size = data[at + 1]
        if size >= 0x80:
            more = data[start]
            if more >= 0x80:
                break
            size = size & 0x7F | more << 7
            start += 1
        stop = start + size
        tail = stop - _TAIL_BYTES
        if stop > end or tail < start or data[tail : tail + 3] != _TAIL_HEAD:
            break
        value, raw = data[tail + 3 : tail + 11], data[stop - 6 : stop]
        if data[stop - 7] != 0x10 or value == STALE_NAN_BYTES:
            break
        if raw != last_raw:
            if raw[5] >= 0x80:
                break
            stamp, behind = read_varint(data, stop - 6)
            if behind != stop:
                break
            last_raw = raw
        # The labels that followed these the last time are compared, not hashed.
        number = after[before] if before != NOBODY else NOBODY
        if number == NOBODY or data[start:tail] != keys[number]:
            found = find(data[start:tail])
            if found is None:
                break
            number = found
            if before != NOBODY:
                after[before] = number
        templates, stamps, values = columns[table.groups[number]]
        templates.append(table.templates[number])
        stamps.append(stamp)
        values.frombytes(value)
        before = number
        taken += 1
        at = stop
    return at, taken, before
