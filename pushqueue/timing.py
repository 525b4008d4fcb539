"""When a batch becomes a Block and when a Block goes to the disk.

Takes `flush_interval_s` and `spill_after_s`; gives two spans. Pure.

The promise (DESIGN section 5, 2): what a power cut may take is younger than flush interval plus
spill_after, and younger than spill_after alone where the flush interval is the longer one.
So in the latter case the open batch is closed before it is late, early enough that a remote
which answers at once has acknowledged it in time and nothing is written.
"""

import attrs

# The part of spill_after that a batch may wait; what remains is for the request and its answer.
_EARLY_SHARE = 0.75


@attrs.frozen
class Timing:
    """A batch waits `close_after_s` for others, its Block `spill_after_s` for the answer."""

    close_after_s: float
    spill_after_s: float

    @classmethod
    def of(cls, flush_interval_s: float, spill_after_s: float) -> "Timing":
        if flush_interval_s <= spill_after_s:
            return cls(flush_interval_s, spill_after_s)
        close_after_s = _EARLY_SHARE * spill_after_s
        return cls(close_after_s, spill_after_s - close_after_s)
