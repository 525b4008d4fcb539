"""One remote: its own rules, batchers, queue and senders, in one nursery.

Takes batches by `put_nowait`; gives them to the remote, or keeps them until it takes them.
Invariants: `put_nowait` never blocks and costs nothing per sample; a cancelled `run` has brought
everything undelivered to the disk, synced, before it returns.
"""

import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import attrs
import trio

from pushqueue.backoff import Backoff
from pushqueue.block import Block, Encoding
from pushqueue.derived import Steps
from pushqueue.dialect import PROBE_QUERY, Dialect
from pushqueue.directory import RealDirectory
from pushqueue.health import OK, Health
from pushqueue.metadata_sender import GiveFamilies, MetadataSender
from pushqueue.overload import Refusal, refusal
from pushqueue.policy import policy_of
from pushqueue.press import Intake, Press, Recipe
from pushqueue.progress import LaneProgress, RefusedWords
from pushqueue.queue import Queue, RunSync
from pushqueue.rejected import FOLDER as REJECTED_FOLDER
from pushqueue.rejected import RejectedFile
from pushqueue.rejected_log import RejectedLog
from pushqueue.rewrite import Rewriter
from pushqueue.sender import Poster, Sender
from pushqueue.settings import CommonSteps, QueueSettings, RemoteSettings
from pushqueue.shown import shown_url
from pushqueue.statistics import QueueStatistics, RemoteStatistics
from pushqueue.store import Store
from pushqueue.throttle import Throttle
from pushqueue.timed_directory import TimedDirectory
from pushqueue.timing import Timing
from pushqueue.view import QUEUES_FOLDER
from series.batch import Batch
from series.labels import Labels
from series.ranges import RangeCounts
from series.watch import Watch

if TYPE_CHECKING:
    from relabel.explain_remote import RemoteExplanation
    from relabel.remote_steps import RemoteSteps
    from transport.tls import TlsContexts

logger = logging.getLogger("promferry.pushqueue")

# A stop has 5 s in all: so much for sending what is in memory, the rest for bringing to the disk
# what is left.
FLUSH_S = 2.0
CLOSE_S = 2.5

# Beside the queues: what was spent of data budgets.
BUDGETS_FOLDER = "budgets"


class Remote:
    """`run_sync` runs a function in a thread; `connect` makes the client (tests give a fake).

    `families`: what the agent knows of metrics now, for remotes that get it apart.
    """

    def __init__(
        self,
        settings: RemoteSettings,
        *,
        data_path: Path,
        contexts: "TlsContexts",
        run_sync: RunSync,
        wall_ms: Callable[[], int],
        version: str,
        connect: Callable[[], Poster] | None = None,
        rand: Callable[[], float] = random.random,
        watch: Watch | None = None,
        families: GiveFamilies | None = None,
    ) -> None:
        queue = _queue_settings(settings)
        timing = Timing.of(queue.flush_interval_s, queue.spill_after_s)
        self.settings = settings
        self.name = settings.name or settings.key
        self._contexts = contexts
        self._wall_ms = wall_ms
        self._version = version
        self._connect = connect or self._new_client
        self._rand = rand
        self._real = RealDirectory(data_path / QUEUES_FOLDER / quote(settings.key, safe=""))
        self._directory = TimedDirectory(self._real)
        self._dialect = Dialect(settings.protobuf_message, settings.vm_proto)
        self.intake = Intake()
        # The press that this remote runs, and the one that makes its Blocks: that of another
        # remote where both want the same.
        self.own_press = self.press = Press(Recipe.of(settings), watch or Watch())
        self.own_press.members = (self,)
        self._common: Rewriter | None = None
        self._families = families if settings.metadata.send else None
        self._metadata: MetadataSender | None = None
        self._throttle = _throttle(settings, data_path, wall_ms)
        self._run_sync = run_sync
        self._queue = Queue(
            queue,
            store=self._new_store(),
            run_sync=run_sync,
            wall_ms=wall_ms,
            spill_after_s=timing.spill_after_s,
            name=self.name,
            backlog_wait_s=self._throttle.backlog_wait_s,
        )
        self._health = Health(self.name, encoding=self._dialect.encoding.name)
        self._rejected = RejectedLog(self.name, self._rejected_file(data_path), run_sync)
        self._newest_put_ms: int | None = None
        self._newest_of_lane: list[int | None] = [None] * queue.lanes
        self._clients: list[Poster] = []
        self._block_samples, self._block_bytes = RangeCounts(), RangeCounts()

    def _new_store(self) -> Store:
        queue = self.settings.queue
        return Store(
            self._directory,
            lanes=queue.lanes,
            max_bytes=queue.max_disk_bytes,
            min_free_percent=queue.min_free_disk_percent,
        )

    def _rejected_file(self, data_path: Path) -> RejectedFile | None:
        if self.settings.queue.disable_disk:
            return None
        file_name = quote(self.settings.key, safe="")
        return RejectedFile(data_path / REJECTED_FOLDER, file_name, self.name)

    def _new_client(self) -> Poster:
        # Imported late: tests and tools use remotes without a network.
        from transport.client import Client

        return Client(
            self.settings.url,
            self.settings.http,
            contexts=self._contexts,
            user_agent=f"promferry/{self._version}",
        )

    def check_path(self) -> None:
        """Creates and locks the queue's directory for a moment. Raises QueueError."""
        if self.settings.queue.disable_disk:
            return
        self._real.check()

    # In

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        """Takes batches that went through no fan-out: the steps of all remotes come first."""
        if self._common is None:
            self._common = common_rewriter(self.settings.common)
        before = self._common.dropped_samples
        left = [own for batch in batches if (own := self._common.rewrite(batch)) is not None]
        dropped = self._common.dropped_samples - before
        self.intake.put_samples += dropped
        self.intake.dropped_by_rules += dropped
        self.press.put(left)

    @property
    def encoding(self) -> Encoding:
        """That of new Blocks."""
        return self._dialect.encoding

    def take(self, block: Block) -> None:
        """Takes a Block that a press made."""
        self._newest_put_ms = max(block.newest_ms, self._newest_put_ms or block.newest_ms)
        self._newest_of_lane[block.lane] = block.newest_ms
        self._block_samples.observe(block.sample_count)
        self._block_bytes.observe(len(block.body))
        self._queue.put_nowait(block)

    def share(self, press: Press) -> None:
        """From now on this press makes the Blocks. What is open must have been made Blocks of."""
        self.press.members = tuple([one for one in self.press.members if one is not self])
        self.press = press
        press.members = (*press.members, self)

    def make_blocks_now(self) -> None:
        """What was put waits for nothing more."""
        self.press.make_now(self._wall_ms())

    @property
    def unstored_losses(self) -> int:
        """Grows with whatever memory had no room for before it was on the disk."""
        return self._queue.unstored_drops + self.intake.dropped["memory"]

    async def wait_durable(self, since: int | None = None) -> bool:
        """Whether all that was put before is on the disk or answered for; waits for it.

        False at once if that cannot be: without a disk, or with one that fails; and if something
        was lost since `unstored_losses` was `since`.
        """
        self.make_blocks_now()
        unopened = self.intake.dropped["memory"]
        return await self._queue.wait_durable(None if since is None else since - unopened)

    def refusal(self, *, remotes: int) -> Refusal | None:
        """What a pusher is told before it puts anything, with so many remotes in all."""
        return refusal(
            self.settings.queue,
            name=self.name,
            # What is open was accepted already, and must have room when it becomes a Block.
            is_full=self._queue.is_full(self.press.open_samples),
            disk_error=self._queue.disk_error,
            remotes=remotes,
        )

    # Running

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Sends until cancelled; then flushes for a moment and brings the rest to the disk.

        Raises QueueError if the directory cannot be used.
        """
        await self._queue.open()
        shield = trio.CancelScope(shield=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._work, shield)
            task_status.started()
            try:
                await trio.sleep_forever()
            finally:
                self.make_blocks_now()
                shield.deadline = trio.current_time() + FLUSH_S
                nursery.start_soon(self._cut_short, shield)

    async def _work(self, shield: trio.CancelScope) -> None:
        try:
            with shield:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._queue.run)
                    nursery.start_soon(self.own_press.run, self._wall_ms)
                    if self._families is not None:
                        self._metadata = self._metadata_sender(self._families)
                        nursery.start_soon(self._metadata.run)
                    nursery.start_soon(self._rejected.run)
                    nursery.start_soon(self._throttle.keep, self._run_sync)
                    for sender in self._senders():
                        nursery.start_soon(sender.run)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSE_S):
                self.make_blocks_now()
                await self._queue.close()
                await self._run_sync(self._throttle.save)

    async def _cut_short(self, shield: trio.CancelScope) -> None:
        """Ends the flush as soon as there is nothing to send, or nobody to take it."""
        with trio.CancelScope(shield=True, deadline=shield.deadline):
            while not self._queue.is_empty and self._health.state == OK:
                await self._queue.wait_change()
        shield.cancel()

    def _senders(self) -> list[Sender]:
        queue = self.settings.queue
        answers = policy_of(self.settings.answers)
        self._clients = [self._connect() for _ in range(queue.lanes)]
        return [
            Sender(
                lane=lane,
                queue=self._queue,
                client=self._clients[lane],
                health=self._health,
                backoff=Backoff(queue.retry_min_interval_s, queue.retry_max_interval_s, self._rand),
                timeout_s=self.settings.send_timeout_s,
                wall_ms=self._wall_ms,
                rejected=self._rejected,
                dialect=self._dialect,
                probe_target=_probe_target(self.settings.url),
                answers=answers,
                throttle=self._throttle,
            )
            for lane in range(queue.lanes)
        ]

    def _metadata_sender(self, families: GiveFamilies) -> MetadataSender:
        return MetadataSender(
            self.settings.metadata,
            client=self._connect(),
            health=self._health,
            dialect=self._dialect,
            families=families,
            timeout_s=self.settings.send_timeout_s,
            throttle=self._throttle,
        )

    # Looking in

    def explain(self, labels: Mapping[str, str]) -> "RemoteExplanation":
        """What this remote's rules and labels make of a series."""
        from relabel.explain_remote import explain_remote  # late: only who asks explains

        return explain_remote(steps_of(self.settings), labels)

    def progress(self, lane_key: int) -> LaneProgress:
        """How far the lane has come in which this key is sent."""
        lane = lane_key % self.settings.queue.lanes
        put_ms, sent_ms = self._newest_of_lane[lane], self._health.newest_of_lane.get(lane)
        waits = put_ms is not None and (sent_ms is None or sent_ms < put_ms)
        return LaneProgress(
            state=self._health.state,
            last_error=self._health.last_error,
            newest_put_ms=put_ms,
            newest_sent_ms=sent_ms,
            waiting_since_ms=(sent_ms or self._queue.statistics().oldest_ms) if waits else None,
        )

    def refused_words(self, labels: Labels) -> RefusedWords | None:
        """What the remote said when it refused this series the last time."""
        return self._rejected.words(labels)

    def statistics(self) -> RemoteStatistics:
        health, queue = self._health, self._queue_statistics()
        connections, sent_bytes = self._connections()
        dropped = self.intake.dropped + Counter(queue.dropped_samples) + health.dropped
        if queue.damaged_samples_total:
            dropped["damaged"] = queue.damaged_samples_total
        now_ms = self._wall_ms()
        return RemoteStatistics(
            name=self.name,
            key=self.settings.key,
            url=shown_url(self.settings.url),
            state=health.state,
            queue=queue,
            pending_blocks=queue.memory_blocks + queue.disk_blocks,
            pending_samples=queue.memory_samples + queue.disk_samples + self.press.open_samples,
            pending_bytes=queue.memory_bytes + queue.disk_bytes,
            oldest_age_s=_seconds_between(queue.oldest_ms, now_ms),
            lag_s=_seconds_between(health.newest_sent_ms, self._newest_put_ms),
            put_samples_total=self.intake.put_samples,
            dropped_by_rules_total=self.intake.dropped_by_rules,
            sent_samples_total=health.sent_samples,
            sent_bytes_total=health.sent_bytes,
            sent_blocks_total=health.sent_blocks,
            requests_total=health.requests,
            retries_total=health.retries,
            request_errors_total=health.request_errors,
            request_seconds_total=health.request_seconds,
            answers=dict(health.answers),
            dropped_samples=dict(dropped),
            last_error=health.last_error,
            last_error_ms=health.last_error_ms,
            last_sent_ms=health.last_sent_ms,
            spill_after_s=self.settings.queue.spill_after_s,
            send_timeout_s=self.settings.send_timeout_s,
            lanes=self.settings.queue.lanes,
            refused_blocks_total=health.refused_blocks,
            connections=connections,
            connection_sent_bytes_total=sent_bytes,
            request_durations_s=health.durations.snapshot(),
            block_samples=self._block_samples.snapshot(),
            block_bytes=self._block_bytes.snapshot(),
            rejected_lines_total=self._rejected.lines_total,
            rejected_lines_lost_total=self._rejected.lost_total,
            newest_put_ms=self._newest_put_ms,
            newest_sent_ms=health.newest_sent_ms,
            encoding=self._dialect.encoding.name,
            unwritten_exemplars_total=health.unwritten_exemplars,
            metadata_sent_total=self._metadata.sent_total if self._metadata else 0,
            metadata_dropped_total=self._metadata.dropped_total if self._metadata else 0,
            throttle=self._throttle.statistics(),
        )

    def _queue_statistics(self) -> QueueStatistics:
        counts = self._directory.counts
        return attrs.evolve(
            self._queue.statistics(),
            disk_read_bytes_total=counts.read_bytes,
            disk_read_seconds_total=counts.read_s,
            disk_write_seconds_total=counts.write_s,
            disk_sync_seconds_total=counts.sync_s,
        )

    def _connections(self) -> tuple[int, int]:
        """How many are open, and the bytes that went over those of all times."""
        looks = [look() for one in self._clients if (look := getattr(one, "statistics", None))]
        return sum(one.is_connected for one in looks), sum(one.sent_bytes for one in looks)


def common_rewriter(common: CommonSteps) -> Rewriter:
    """What is done for all remotes together."""
    if common.is_empty:
        return Rewriter(None, {})
    # Imported late: RE2 is not loaded for remotes without rules.
    from relabel.pipeline import compile_rules
    from relabel.remote_steps import RemoteSteps

    steps: Steps = RemoteSteps(
        common=compile_rules(common.relabel_configs),
        limits=common.limits,
        is_compatible_naming=common.is_compatible_naming,
    )
    return Rewriter(steps, {})


def _queue_settings(settings: RemoteSettings) -> QueueSettings:
    """Where the backlog has its hours, live data does not wait behind it."""
    if settings.backlog_window is None:
        return settings.queue
    return attrs.evolve(settings.queue, fresh_first=True)


def _throttle(settings: RemoteSettings, data_path: Path, wall_ms: Callable[[], int]) -> Throttle:
    return Throttle(
        rate_bytes=settings.rate_limit_bytes,
        budget=settings.data_budget,
        window=settings.backlog_window,
        wall_ms=wall_ms,
        name=settings.name or settings.key,
        path=data_path / BUDGETS_FOLDER / quote(settings.key, safe=""),
    )


def steps_of(settings: RemoteSettings) -> "RemoteSteps":
    """All that happens to a series on its way to this remote, for who goes that way alone."""
    # Imported late: RE2 is not loaded for remotes without rules.
    from relabel.pipeline import compile_rules
    from relabel.remote_steps import RemoteSteps

    common = settings.common
    return RemoteSteps(
        common=compile_rules(common.relabel_configs),
        limits=common.limits,
        own=compile_rules(settings.write_relabel_configs),
        is_compatible_naming=common.is_compatible_naming,
        has_scratch_labels=settings.strips_scratch_labels,
        extra_labels=settings.extra_labels,
        obfuscated=frozenset(settings.obfuscated_labels),
    )


def _probe_target(url: str) -> str | None:
    """Path and query that ask whether the remote takes VictoriaMetrics' encoding."""
    parts = urlsplit(url)
    query = f"{parts.query}&{PROBE_QUERY}" if parts.query else PROBE_QUERY
    return f"{parts.path or '/'}?{query}"


def _seconds_between(earlier_ms: int | None, later_ms: int | None) -> float | None:
    if earlier_ms is None or later_ms is None:
        return None
    return max(0.0, (later_ms - earlier_ms) / 1000)
