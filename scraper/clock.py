"""The wall clock as tasks wait for it: one timer for all, on the monotonic clock.

Takes due times of the wall clock; wakes all who wait for the same one in one pass. A timer of
trio's own costs 31 us a wake, a slot here 9 (200 targets a second: 6 % of all CPU).
A machine at the edge starts in 1970 and steps when NTP arrives: a due time is translated to the
monotonic clock when the waiting begins, so that no step of the wall clock prolongs or shortens it.
"""

from collections.abc import Callable
from heapq import heappop, heappush

import attrs
import trio
from trio import TASK_STATUS_IGNORED, TaskStatus

# How old the known distance between both clocks may be: the wall clock is slewed by at most
# 0.5 ms in a second.
ALIGNMENT_AGE_S = 1.0


@attrs.define(eq=False)
class _Slot:
    deadline_s: float
    woken_ms: int = 0
    tasks: dict[trio.lowlevel.Task, None] = attrs.field(factory=dict)


class GridClock:
    """Shared by all targets of a manager. Nobody is woken unless `run` runs."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.now_ms = wall_ms
        self._ahead_s = 0.0  # of the wall clock over the monotonic one
        self._aligned_at_s = float("-inf")
        self._slots: dict[int, _Slot] = {}
        self._order: list[tuple[float, int]] = []  # a heap of deadlines and due times
        self._waiting = trio.CancelScope()

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Wake waiters until cancelled."""
        task_status.started()
        while True:
            deadline_s = self._order[0][0] if self._order else float("inf")
            # Whoever comes with an earlier deadline moves that of the scope.
            with trio.CancelScope(deadline=deadline_s) as self._waiting:
                await trio.sleep_forever()
            self._wake(trio.current_time())

    async def wait_until(self, due_ms: int) -> int:
        """Wait until the wall clock shows `due_ms`, if it does not step meanwhile.

        Gives the wall time of waking. It is one for all of a slot, who run one after the other.
        """
        slot = self._slots.get(due_ms)
        if slot is None:
            slot = self._slots[due_ms] = _Slot(due_ms / 1000 - self._ahead())
            heappush(self._order, (slot.deadline_s, due_ms))
            if slot.deadline_s < self._waiting.deadline:
                self._waiting.deadline = slot.deadline_s
        task = trio.lowlevel.current_task()
        tasks = slot.tasks
        tasks[task] = None

        def abort(_: object) -> trio.lowlevel.Abort:
            del tasks[task]
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abort)
        return slot.woken_ms

    def _wake(self, now_s: float) -> None:
        woken_ms = self.now_ms()
        while self._order and self._order[0][0] <= now_s:
            _, due_ms = heappop(self._order)
            slot = self._slots.pop(due_ms)
            slot.woken_ms = woken_ms
            for task in slot.tasks:
                trio.lowlevel.reschedule(task)

    def _ahead(self) -> float:
        now_s = trio.current_time()
        if now_s - self._aligned_at_s >= ALIGNMENT_AGE_S:
            self._aligned_at_s = now_s
            self._ahead_s = self.now_ms() / 1000 - now_s
        return self._ahead_s
