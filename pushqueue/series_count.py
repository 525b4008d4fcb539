"""How many different series were seen, in little memory; near enough (below 1 %).

Takes hashes of 64 bits; gives whether one is known, or how many there were. Pure.
`SeriesSet` is a Bloom filter (16 bits a series, four places each: of 400 new series about one is
taken for known), for a limit; `SeriesSketch` is a HyperLogLog of 16 KiB, for counting without one.
"""

from array import array
from math import log

_BITS_PER_SERIES = 16
_PLACES = 4
_MASK = 2**64 - 1

_REGISTER_BITS = 14
_REGISTERS = 1 << _REGISTER_BITS
# Flajolet and others 2007, figure 3: alpha for 128 registers and more.
_POWERS = array("d", [2.0**-rank for rank in range(65)])
_ALPHA: float = 0.7213 / (1 + 1.079 / _REGISTERS)


class SeriesSet:
    """At most `limit` series."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.count = 0
        self._bits = bytearray(limit * _BITS_PER_SERIES // 8 + 1)

    def admit(self, series: int) -> bool:
        """Whether the series is among them, which it joins while there is room."""
        size = 8 * len(self._bits)
        # Kirsch, Mitzenmacher 2006: two hashes make all places.
        step = series >> 32 | 1
        places = [(series + number * step & _MASK) % size for number in range(_PLACES)]
        if all([self._bits[place >> 3] >> (place & 7) & 1 for place in places]):
            return True
        if self.count >= self.limit:
            return False
        for place in places:
            self._bits[place >> 3] |= 1 << (place & 7)
        self.count += 1
        return True


class SeriesSketch:
    """Any number of series; all are admitted."""

    limit = -1

    def __init__(self) -> None:
        self._registers = bytearray(_REGISTERS)

    def admit(self, series: int) -> bool:
        at = series & _REGISTERS - 1
        rank = 65 - _REGISTER_BITS - (series >> _REGISTER_BITS).bit_length()
        if rank > self._registers[at]:
            self._registers[at] = rank
        return True

    @property
    def count(self) -> int:
        raw: float = _ALPHA * _REGISTERS**2 / sum([_POWERS[rank] for rank in self._registers])
        empty = self._registers.count(0)
        if raw <= 2.5 * _REGISTERS and empty:
            return round(_REGISTERS * log(_REGISTERS / empty))
        return round(raw)
