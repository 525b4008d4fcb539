"""How many scrapes a second there are, and so how wide a slot of the grid may be.

Takes from each job its rate; gives the width of slots for targets that start now.
Invariant: a wake-up serves about PER_SLOT targets at most, and as many as may be: fewer are dear
(a wake-up finds everything cold), more wait for one another. Who runs already keeps its place.
"""

from collections.abc import Hashable

# From wide to narrow; all are multiples of the narrowest, so that their slots coincide.
SLOTS_MS = (100, 50, 20, 10)
# 200 targets a second in slots of 100 ms, where the cost of a sample was measured (DESIGN section
# 4). With 1000 a second, slots of 100 ms held up to 123 of them, and the last began behind all.
PER_SLOT = 20


def slot_ms_for(per_second: float) -> int:
    """The widest slot with at most PER_SLOT targets on average, or the narrowest there is."""
    for slot_ms in SLOTS_MS:
        if per_second * slot_ms <= PER_SLOT * 1000:
            return slot_ms
    return SLOTS_MS[-1]


class Crowd:
    """The rates of all jobs."""

    def __init__(self) -> None:
        self._rates: dict[Hashable, float] = {}

    def note(self, job: Hashable, per_second: float) -> None:
        """A job's rate from now on; 0 forgets the job."""
        if per_second:
            self._rates[job] = per_second
        else:
            self._rates.pop(job, None)

    @property
    def slot_ms(self) -> int:
        return slot_ms_for(sum(self._rates.values()))
