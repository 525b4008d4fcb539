"""Both twins of the loop that passes series through side by side, and messages made by chance."""

import random
import struct
from array import array
from collections.abc import Sequence
from types import ModuleType

from receivers.passing import NOBODY, Columns, SeriesTable
from series.labels import canonical
from series.stale import STALE_NAN_BYTES
from series.template import Template
from series.wire import delimited, encode_labels, signed_varint

PASSING = ("receivers.passing", "receivers.passing_c")
NOW_MS = 1_795_500_000_000
GROUPS = 3
NAMES = ("up", "x" * 90, "x" * 200, "y" * 20_000, "é", "a", "b", "c")


def labels_of(name: str) -> bytes:
    return encode_labels(canonical({"__name__": name, "job": "j"}))


def framed(labels: bytes, value: bytes, stamp_ms: int) -> bytes:
    """A series with one sample, as nearly every sender writes it."""
    sample = b"\x09" + value + b"\x10" + signed_varint(stamp_ms)
    return delimited(b"\x0a", labels + delimited(b"\x12", sample))


def double(value: float) -> bytes:
    return struct.pack("<d", value)


def table() -> SeriesTable:
    """Knows all of NAMES but the last."""
    made = SeriesTable()
    for at, name in enumerate(NAMES[:-1]):
        made.add(labels_of(name), Template((labels_of(name),)), at % GROUPS)
    made.add((("__name__", "of 2.0"),), Template((b"",)), 0)
    return made


def columns() -> list[Columns]:
    return [([], array("q"), array("d")) for _ in range(GROUPS)]


def message(chance: random.Random) -> bytes:
    """A message of series known and unknown, with usual samples mostly."""
    parts = []
    for _ in range(chance.choice((1, 2, 5, 20))):
        name = chance.choice(NAMES if chance.random() < 0.05 else NAMES[:-1])
        stamp = NOW_MS if chance.random() < 0.9 else chance.choice((0, -1, 2**35, 2**42, 2**62))
        stale = chance.random() < 0.03
        value = STALE_NAN_BYTES if stale else chance.randbytes(8)
        parts.append(framed(labels_of(name), value, stamp))
    return b"".join(parts)


def damaged(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(4):
            case 0:
                del out[at:]
            case 1:
                out[at:at] = chance.randbytes(chance.randint(1, 9))
            case 2:
                del out[at : at + chance.randint(1, 30)]
            case _:
                out[at : at + 1] = chance.randbytes(1)
    return bytes(out)


def messages(chance: random.Random, count: int) -> list[bytes]:
    made = [message(chance) for _ in range(count)]
    return [damaged(one, chance) if chance.random() < 0.5 else one for one in made]


class Side:
    """One twin with a table of its own."""

    def __init__(self, twin: ModuleType) -> None:
        self._twin, self.table = twin, table()

    def read(self, data: bytes, most: int) -> object:
        """Where it stops each time, going on at the next byte that could begin a series."""
        filled, before, at = columns(), NOBODY, 0
        stops = []
        while at < len(data):
            at, taken, before = self._twin.read_known(data, at, most, self.table, filled, before)
            stops.append((at, taken, before))
            if not taken:
                at = data.find(b"\x0a", at + 1)
                if at < 0:
                    break
        told = [(each[0], each[1].tobytes(), each[2].tobytes()) for each in filled]
        return stops, told, self.table.after.tobytes()


def compare_passing(twins: Sequence[ModuleType], bodies: Sequence[bytes], most: int) -> None:
    """Raises AssertionError with the first message that the twins read otherwise."""
    sides = [Side(twin) for twin in twins]
    for body in bodies:
        one, other = (side.read(body, most) for side in sides)
        assert one == other, (body, one, other)
