"""From batches to Blocks, once for all remotes that want the same: rules, batching, encoding.

Takes batches by `put`; gives each Block to every member that is spoken to in its encoding.
Remotes whose `recipe` is equal share one press: the press of the first, which runs it.
Invariants: a member only takes a Block into its queue, which never waits, so no remote delays
another; costs nothing per sample but framing and compressing; batches of a lane stay in order.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import attrs
import trio

from pushqueue.batcher import Batcher
from pushqueue.block import Block, Encoding
from pushqueue.derived import Steps
from pushqueue.encode import Encoder, Limits
from pushqueue.native import without_custom_buckets
from pushqueue.rewrite import Rewriter
from pushqueue.rounding import Rounding
from pushqueue.settings import RemoteSettings
from pushqueue.timing import Timing
from pushqueue.wire.part import Part
from relabel.rule import RelabelRule
from series.batch import Batch
from series.layout import Layout
from series.metadata import Families
from series.watch import REMOTE, Watch

# Samples that no Block was made of yet; more can only be there if nothing runs.
MAX_OPEN_SAMPLES = 2_000_000


@attrs.frozen(kw_only=True)
class Recipe:
    """All that decides what Blocks are made of batches; two remotes of one recipe share them."""

    rules: tuple[RelabelRule, ...]
    strips_scratch_labels: bool
    is_compatible_naming: bool
    extra_labels: Mapping[str, str]
    obfuscated_labels: frozenset[str]
    significant_figures: int
    round_digits: int
    with_native_histograms: bool
    with_exemplars: bool
    zstd_level: int
    limits: Limits
    max_rows: int
    close_after_s: float
    lanes: int

    @classmethod
    def of(cls, settings: RemoteSettings) -> "Recipe":
        queue = settings.queue
        return cls(
            rules=settings.write_relabel_configs,
            strips_scratch_labels=settings.strips_scratch_labels,
            is_compatible_naming=settings.common.is_compatible_naming,
            extra_labels=settings.extra_labels,
            obfuscated_labels=frozenset(settings.obfuscated_labels),
            significant_figures=settings.significant_figures,
            round_digits=settings.round_digits,
            with_native_histograms=settings.send_native_histograms,
            with_exemplars=settings.send_exemplars,
            zstd_level=settings.zstd_level,
            limits=Limits(
                max_bytes=queue.max_block_bytes, max_packed_bytes=queue.max_request_bytes
            ),
            max_rows=queue.max_rows_per_block,
            close_after_s=Timing.of(queue.flush_interval_s, queue.spill_after_s).close_after_s,
            lanes=queue.lanes,
        )

    def steps(self) -> Steps | None:
        if not self.rules:
            return None
        # Imported late: RE2 is not loaded for remotes without rules.
        from relabel.pipeline import compile_rules
        from relabel.remote_steps import RemoteSteps

        return RemoteSteps(
            own=compile_rules(self.rules),
            is_compatible_naming=self.is_compatible_naming,
            has_scratch_labels=self.strips_scratch_labels,
        )


@attrs.define
class Intake:
    """What came to one remote, and what of it made no Block. `dropped`: by reason."""

    put_samples: int = 0
    dropped_by_rules: int = 0
    dropped: Counter[str] = attrs.field(factory=Counter)


class Member(Protocol):
    """What a remote is to a press."""

    name: str
    intake: Intake

    @property
    def encoding(self) -> Encoding: ...
    def take(self, block: Block) -> None: ...


class Press:
    """`members` share a recipe; whoever changes them calls `make_now` before."""

    def __init__(self, recipe: Recipe, watch: Watch) -> None:
        self.recipe = recipe
        self.members: tuple[Member, ...] = ()
        self._watch = watch
        self._rewriter = Rewriter(recipe.steps(), recipe.extra_labels, recipe.obfuscated_labels)
        self._rounding = Rounding(
            significant_figures=recipe.significant_figures, round_digits=recipe.round_digits
        )
        self._encoder = Encoder(
            recipe.limits, with_exemplars=recipe.with_exemplars, zstd_level=recipe.zstd_level
        )
        self._batchers = [
            Batcher(max_rows=recipe.max_rows, close_after_s=recipe.close_after_s)
            for _ in range(recipe.lanes)
        ]
        self._wanted = trio.Event()
        self._is_idle = True
        self._looked_at = float("-inf")

    @property
    def open_samples(self) -> int:
        return sum(batcher.sample_count for batcher in self._batchers)

    def prepare(self, layout: Layout, families: Families | None) -> Iterator[None]:
        """What the layout of a pushed batch needs once, ahead of `put` and in steps."""
        own = yield from self._rewriter.prepared(layout)
        if any(member.encoding.is_v2 for member in self.members):
            self._encoder.prepare_v2(own, families)
            yield

    def put(self, batches: Sequence[Batch]) -> None:
        """Takes batches of one time or of many, in the order in which they came."""
        now = trio.current_time()
        by_rules = self._rewriter.dropped_samples
        put_samples = 0
        is_full = False
        for batch in batches:
            put_samples += len(batch)
            own = self._own(batch)
            if own is None:
                continue
            if self._watch.at[REMOTE]:
                self._show(own)
            batcher = self._batchers[own.lane_key % len(self._batchers)]
            is_full |= batcher.put(own, now)
            while batcher.sample_count > MAX_OPEN_SAMPLES:
                self._drop("memory", batcher.drop_oldest())
        by_rules = self._rewriter.dropped_samples - by_rules
        for member in self.members:
            member.intake.put_samples += put_samples
            member.intake.dropped_by_rules += by_rules
        if is_full or self._is_idle:
            self._wanted.set()

    def _show(self, own: Batch) -> None:
        for member in self.members:
            self._watch.see(REMOTE, member.name, (own,))

    def _own(self, batch: Batch) -> Batch | None:
        """The batch as the members get it; None if nothing of it is left."""
        own = self._rewriter.rewrite(batch)
        # Fast path: floats as they are.
        if own is None or (own.histograms is None and self._rounding.is_idle):
            return own
        if own.histograms is None:
            return attrs.evolve(own, values=self._rounding.apply(own.values))
        if self.recipe.with_native_histograms:
            return own
        self._drop("native_histogram", len(own))
        return None

    def _drop(self, reason: str, samples: int) -> None:
        for member in self.members:
            member.intake.dropped[reason] += samples

    async def run(self, now_ms: Callable[[], int]) -> None:
        """Makes Blocks when they are due, until cancelled."""
        while True:
            await self._wait_due()
            self._looked_at = trio.current_time()
            for lane, batcher in enumerate(self._batchers):
                while parts := batcher.take(self._looked_at):
                    self._make(lane, parts, now_ms())
                    # A Block of 10 000 samples takes a millisecond or two: let others in between.
                    await trio.lowlevel.checkpoint()

    async def _wait_due(self) -> None:
        while True:
            self._wanted = trio.Event()
            due = [due for b in self._batchers if (due := b.due_at()) is not None]
            # While batches keep coming, one wake-up a flush: nothing that comes after a look can
            # be due before this. Only after an interval without any does a batch wake this task.
            due_at = min(due, default=self._looked_at + self.recipe.close_after_s)
            now = trio.current_time()
            if due and due_at <= now:
                return
            self._is_idle = due_at <= now
            with trio.move_on_at(float("inf") if self._is_idle else due_at):
                await self._wanted.wait()

    def make_now(self, now_ms: int) -> None:
        """Makes Blocks of all that is open."""
        for lane, batcher in enumerate(self._batchers):
            while parts := batcher.take(trio.current_time(), everything=True):
                self._make(lane, parts, now_ms)

    def _make(self, lane: int, parts: list[Part], now_ms: int) -> None:
        by_encoding: dict[Encoding, list[Member]] = {}
        for member in self.members:
            by_encoding.setdefault(member.encoding, []).append(member)
        for encoding, members in by_encoding.items():
            fitting = parts if encoding.is_v2 else _without_custom_buckets(parts, members)
            for block in self._encoder.encode(fitting, encoding, lane=lane, created_ms=now_ms):
                for member in members:
                    member.take(block)


def _without_custom_buckets(parts: list[Part], members: Sequence[Member]) -> list[Part]:
    # Fast path: floats.
    if all([part.batch.histograms is None for part in parts]):
        return parts
    fitting = [own for part in parts if (own := without_custom_buckets(part)) is not None]
    lost = sum([part.sample_count for part in parts]) - sum([own.sample_count for own in fitting])
    for member in members:
        member.intake.dropped["custom_buckets"] += lost
    return fitting
