"""When a target is scraped: on a grid pinned to the wall clock, shifted per target.

Takes interval, a stable hash, and `now`; gives due times, timestamps and counts of missed ticks.
All times are wall-clock milliseconds; whoever waits translates them to the monotonic clock.
Invariant: a slow scrape skips ticks, it never shifts the grid; after a step of the clock the next
tick is on the grid of the new time.
"""

import attrs

# Offsets fall into slots, so that one wake-up serves several targets: a wake-up that finds
# everything cold costs more than a scrape (DESIGN section 4: 0.8 us a sample with slots of 50 ms,
# 0.69 with 100 ms, 1.3 without). Where there are many targets slots are narrower (`scraper.crowd`).
SLOT_MS = 100
# Targets of one slot begin one after the other; their timestamps are those of the slot. Prometheus
# has 2 ms (--scrape.timestamp-tolerance) and one timer each; both are at most 1 % of the interval.
TOLERANCE_MS = 10


@attrs.frozen
class Schedule:
    """A grid of scrape times: `offset_ms + n * interval_ms`."""

    interval_ms: int
    offset_ms: int

    @classmethod
    def of(
        cls,
        interval_s: float,
        stable_hash: int,
        *,
        align_s: float = 0.0,
        shift_s: float | None = None,
        slot_ms: int = SLOT_MS,
    ) -> "Schedule":
        """`align_s`, `shift_s`: scrape_align_interval and scrape_offset of the job."""
        interval_ms = max(1, round(interval_s * 1000))
        offset_ms = stable_hash % interval_ms
        align_ms = round(align_s * 1000)
        # As in vmagent, an offset alone counts from the multiples of the interval.
        if shift_s is not None and not align_ms:
            align_ms = interval_ms
        if align_ms:
            # Several multiples in an interval: the hash chooses among them, so that targets with
            # the same settings are spread (vmagent takes the next one after its start).
            shift_ms = round((shift_s or 0.0) * 1000)
            aligned_ms = offset_ms - offset_ms % align_ms
            return cls(interval_ms, (aligned_ms + shift_ms) % interval_ms)
        if interval_ms >= 10 * slot_ms:
            offset_ms -= offset_ms % slot_ms
        return cls(interval_ms, offset_ms)

    def next_due_ms(self, now_ms: float) -> int:
        """The first grid time after `now_ms`."""
        ticks = (now_ms - self.offset_ms) // self.interval_ms
        return self.offset_ms + (int(ticks) + 1) * self.interval_ms

    def timestamp_ms(self, due_ms: int, now_ms: int) -> int:
        """The timestamp of a scrape that was due then and begins now."""
        return due_ms if abs(now_ms - due_ms) <= self._tolerance_ms else now_ms

    def after(self, due_ms: int, now_ms: int) -> int:
        """The time from which the next tick is looked for, a scrape that was due then being over.

        A clock that woke its waiter a hair too early must not make the same tick due again.
        """
        return due_ms if 0 < due_ms - now_ms <= self._tolerance_ms else now_ms

    @property
    def _tolerance_ms(self) -> int:
        return max(1, min(self.interval_ms // 100, TOLERANCE_MS))

    def missed(self, elapsed_s: float) -> int:
        """How many ticks were left out between two scrapes that began `elapsed_s` apart.

        Of the monotonic clock, so that a step of the wall clock counts nothing.
        """
        return max(0, round(elapsed_s * 1000 / self.interval_ms) - 1)
