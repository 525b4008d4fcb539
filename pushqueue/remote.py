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
from pushqueue.batcher import Batcher
from pushqueue.derived import Steps
from pushqueue.dialect import PROBE_QUERY, Dialect
from pushqueue.directory import RealDirectory
from pushqueue.encode import Encoder, Limits
from pushqueue.health import OK, Health
from pushqueue.metadata_sender import GiveFamilies, MetadataSender
from pushqueue.native import without_custom_buckets
from pushqueue.overload import Refusal, refusal
from pushqueue.policy import policy_of
from pushqueue.progress import LaneProgress, RefusedWords
from pushqueue.queue import Queue, RunSync
from pushqueue.rejected import FOLDER as REJECTED_FOLDER
from pushqueue.rejected import RejectedFile
from pushqueue.rejected_log import RejectedLog
from pushqueue.rewrite import Rewriter
from pushqueue.rounding import Rounding
from pushqueue.sender import Poster, Sender
from pushqueue.settings import RemoteSettings
from pushqueue.shown import shown_url
from pushqueue.statistics import QueueStatistics, RemoteStatistics
from pushqueue.store import Store
from pushqueue.timed_directory import TimedDirectory
from pushqueue.timing import Timing
from pushqueue.view import QUEUES_FOLDER
from pushqueue.wire.part import Part
from series.batch import Batch
from series.labels import Labels
from series.ranges import RangeCounts
from series.watch import REMOTE, Watch

if TYPE_CHECKING:
    from relabel.explain_remote import RemoteExplanation
    from relabel.remote_steps import RemoteSteps
    from transport.tls import TlsContexts

logger = logging.getLogger("promferry.pushqueue")

# A stop has 5 s in all: so much for sending what is in memory, the rest for bringing to the disk
# what is left.
FLUSH_S = 2.0
CLOSE_S = 2.5

# Samples that no Block was made of yet; more can only be there if nothing runs.
MAX_OPEN_SAMPLES = 2_000_000


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
        queue = settings.queue
        timing = Timing.of(queue.flush_interval_s, queue.spill_after_s)
        self.settings = settings
        self.name = settings.name or settings.key
        self._contexts = contexts
        self._wall_ms = wall_ms
        self._version = version
        self._connect = connect or self._new_client
        self._rand = rand
        self._watch = watch or Watch()
        self._real = RealDirectory(data_path / QUEUES_FOLDER / quote(settings.key, safe=""))
        self._directory = TimedDirectory(self._real)
        self._rewriter = Rewriter(_compiled(settings), settings.extra_labels)
        self._rounding = Rounding(
            significant_figures=settings.significant_figures, round_digits=settings.round_digits
        )
        self._dialect = Dialect(settings.protobuf_message, settings.vm_proto)
        self._encoder = _encoder(settings)
        self._families = families if settings.metadata.send else None
        self._metadata: MetadataSender | None = None
        self._batchers = [
            Batcher(max_rows=queue.max_rows_per_block, close_after_s=timing.close_after_s)
            for _ in range(queue.lanes)
        ]
        self._queue = Queue(
            queue,
            store=self._new_store(),
            run_sync=run_sync,
            wall_ms=wall_ms,
            spill_after_s=timing.spill_after_s,
            name=self.name,
        )
        self._health = Health(self.name, encoding=self._dialect.encoding.name)
        self._rejected = RejectedLog(self.name, self._rejected_file(data_path), run_sync)
        self._timing = timing
        self._batches_wanted = trio.Event()
        self._is_idle = True
        self._looked_at = float("-inf")
        self._put_samples = 0
        self._newest_put_ms: int | None = None
        self._newest_of_lane: list[int | None] = [None] * queue.lanes
        self._dropped: Counter[str] = Counter()
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
        """Takes batches of one time or of many, in the order in which they came."""
        now = trio.current_time()
        is_full = False
        for batch in batches:
            self._put_samples += len(batch)
            own = self._own(batch)
            if own is None:
                continue
            if self._watch.at[REMOTE]:
                self._watch.see(REMOTE, self.name, (own,))
            batcher = self._batchers[own.lane_key % len(self._batchers)]
            is_full |= batcher.put(own, now)
            while batcher.sample_count > MAX_OPEN_SAMPLES:
                self._dropped["memory"] += batcher.drop_oldest()
        if is_full or self._is_idle:
            self._batches_wanted.set()

    def _own(self, batch: Batch) -> Batch | None:
        """The batch as this remote gets it; None if nothing of it is left."""
        own = self._rewriter.rewrite(batch)
        # Fast path: floats as they are.
        if own is None or (own.histograms is None and self._rounding.is_idle):
            return own
        if own.histograms is None:
            return attrs.evolve(own, values=self._rounding.apply(own.values))
        if not self.settings.send_native_histograms:
            self._dropped["native_histogram"] += len(own)
            return None
        if self._dialect.encoding.is_v2:
            return own
        fitting = without_custom_buckets(own)
        self._dropped["custom_buckets"] += len(own) - (len(fitting) if fitting else 0)
        return fitting

    @property
    def unstored_losses(self) -> int:
        """Grows with whatever memory had no room for before it was on the disk."""
        return self._queue.unstored_drops + self._dropped["memory"]

    async def wait_durable(self, since: int | None = None) -> bool:
        """Whether all that was put before is on the disk or answered for; waits for it.

        False at once if that cannot be: without a disk, or with one that fails; and if something
        was lost since `unstored_losses` was `since`.
        """
        self._make_blocks_now()
        unopened = self._dropped["memory"]
        return await self._queue.wait_durable(None if since is None else since - unopened)

    def refusal(self, *, remotes: int) -> Refusal | None:
        """What a pusher is told before it puts anything, with so many remotes in all."""
        return refusal(
            self.settings.queue,
            name=self.name,
            is_full=self._queue.is_full,
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
                self._make_blocks_now()
                shield.deadline = trio.current_time() + FLUSH_S
                nursery.start_soon(self._cut_short, shield)

    async def _work(self, shield: trio.CancelScope) -> None:
        try:
            with shield:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._queue.run)
                    nursery.start_soon(self._make_blocks)
                    nursery.start_soon(self._rejected.run)
                    if self._families is not None:
                        self._metadata = self._metadata_sender(self._families)
                        nursery.start_soon(self._metadata.run)
                    for sender in self._senders():
                        nursery.start_soon(sender.run)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSE_S):
                self._make_blocks_now()
                await self._queue.close()

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
        )

    async def _make_blocks(self) -> None:
        while True:
            await self._wait_due()
            self._looked_at = trio.current_time()
            for lane, batcher in enumerate(self._batchers):
                while parts := batcher.take(self._looked_at):
                    self._put_blocks(lane, parts)
                    # A Block of 10 000 samples takes a millisecond or two: let others in between.
                    await trio.lowlevel.checkpoint()

    async def _wait_due(self) -> None:
        while True:
            self._batches_wanted = trio.Event()
            due = [due for b in self._batchers if (due := b.due_at()) is not None]
            # While batches keep coming, one wake-up a flush: nothing that comes after a look can
            # be due before this. Only after an interval without any does a batch wake this task.
            due_at = min(due, default=self._looked_at + self._timing.close_after_s)
            now = trio.current_time()
            if due and due_at <= now:
                return
            self._is_idle = due_at <= now
            with trio.move_on_at(float("inf") if self._is_idle else due_at):
                await self._batches_wanted.wait()

    def _make_blocks_now(self) -> None:
        for lane, batcher in enumerate(self._batchers):
            while parts := batcher.take(trio.current_time(), everything=True):
                self._put_blocks(lane, parts)

    def _put_blocks(self, lane: int, parts: list[Part]) -> None:
        encoding, created_ms = self._dialect.encoding, self._wall_ms()
        for block in self._encoder.encode(parts, encoding, lane=lane, created_ms=created_ms):
            self._newest_put_ms = max(block.newest_ms, self._newest_put_ms or block.newest_ms)
            self._newest_of_lane[lane] = block.newest_ms
            self._block_samples.observe(block.sample_count)
            self._block_bytes.observe(len(block.body))
            self._queue.put_nowait(block)

    # Looking in

    def explain(self, labels: Mapping[str, str]) -> "RemoteExplanation":
        """What this remote's rules and labels make of a series."""
        from relabel.explain_remote import explain_remote  # late: only who asks explains

        steps = attrs.evolve(_steps(self.settings), extra_labels=self.settings.extra_labels)
        return explain_remote(steps, labels)

    def progress(self, lane_key: int) -> LaneProgress:
        """How far the lane has come in which this key is sent."""
        lane = lane_key % len(self._batchers)
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
        open_samples = sum(batcher.sample_count for batcher in self._batchers)
        dropped = self._dropped + Counter(queue.dropped_samples) + health.dropped
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
            pending_samples=queue.memory_samples + queue.disk_samples + open_samples,
            pending_bytes=queue.memory_bytes + queue.disk_bytes,
            oldest_age_s=_seconds_between(queue.oldest_ms, now_ms),
            lag_s=_seconds_between(health.newest_sent_ms, self._newest_put_ms),
            put_samples_total=self._put_samples,
            dropped_by_rules_total=self._rewriter.dropped_samples,
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


def _compiled(settings: RemoteSettings) -> Steps | None:
    if settings.common.is_empty and not settings.write_relabel_configs:
        return None
    return _steps(settings)


def _steps(settings: RemoteSettings) -> "RemoteSteps":
    """Rules and limits, compiled; the labels to add are the rewriter's."""
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
    )


def _encoder(settings: RemoteSettings) -> Encoder:
    queue = settings.queue
    return Encoder(
        Limits(max_bytes=queue.max_block_bytes, max_packed_bytes=queue.max_request_bytes),
        with_exemplars=settings.send_exemplars,
        zstd_level=settings.zstd_level,
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
