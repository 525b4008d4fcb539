"""Every batch to every remote, or each series to those that it is spread over.

Takes batches; gives them to each remote in turn. Remotes that want the same share one press, so
that rules, encoding and compressing are done once.
Invariant: what one remote does with a batch never touches another: a press only puts Blocks into
queues, and no queue waits. The batches are shared, never copied.
"""

from collections.abc import Iterator, Sequence

import trio

from pushqueue.front import Front, FrontStatistics
from pushqueue.overload import Refusal
from pushqueue.press import Press
from pushqueue.remote import Remote, common_rewriter
from pushqueue.settings import CommonSteps, FrontSettings
from pushqueue.sharding import Sharding
from series.batch import Batch
from series.watch import RELABELLED, Watch

NO_LIMITS = FrontSettings()


class FanOut:
    """A `Sink` over remotes; without any it takes and forgets."""

    def __init__(
        self,
        remotes: Sequence[Remote],
        watch: Watch | None = None,
        settings: FrontSettings = NO_LIMITS,
    ) -> None:
        self.remotes: tuple[Remote, ...] = ()
        self._watch = watch or Watch()
        self._settings = settings
        self._common = CommonSteps()
        self._front: Front | None = None
        self._presses: tuple[Press, ...] = ()
        self._sharding: Sharding | None = None
        self.replace(remotes)

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        if self._watch.at[RELABELLED]:
            self._watch.see(RELABELLED, "", batches)
        if not self._presses:
            return
        batches = self._open_front().passed(batches, trio.current_time())
        if self._sharding is not None:
            self._spread(self._sharding, batches)
            return
        for press in self._presses:
            press.put(batches)

    def prepare(self, batch: Batch) -> Iterator[None]:
        """What a pushed batch needs once for its series, ahead of `put_nowait` and in steps of a
        few milliseconds: a large request of new ones would be long work at once."""
        # Fast path: no remote; or a layout with holes, which no pushed batch has.
        if not self._presses or batch.layout.has_holes:
            return
        layout = yield from self._open_front().prepare(batch.layout)
        if self._sharding is None:
            for press in self._presses:
                yield from press.prepare(layout, batch.families)

    def _open_front(self) -> Front:
        if self._front is None:
            self._front = Front(
                self._settings, common_rewriter(self._common), now=trio.current_time()
            )
        return self._front

    def _spread(self, sharding: Sharding, batches: Sequence[Batch]) -> None:
        shares: list[list[Batch]] = [[] for _ in self._presses]
        for batch in batches:
            for share, own in zip(shares, sharding.split(batch), strict=True):
                if own is not None:
                    share.append(own)
        for press, share in zip(self._presses, shares, strict=True):
            press.put(share)

    async def put_durable(self, batches: Sequence[Batch]) -> bool:
        """Puts them; whether every remote has them on its disk, synced, or an answer for them.

        True is a promise that a power cut does not break. False: try again later; some of them
        may arrive all the same.
        """
        since = [(remote, remote.unstored_losses) for remote in self.remotes]
        for batch in batches:
            self.put_nowait((batch,))
            await trio.lowlevel.checkpoint()
        outcomes: list[bool] = []

        async def wait(remote: Remote, losses: int) -> None:
            outcomes.append(await remote.wait_durable(losses))

        async with trio.open_nursery() as nursery:
            for remote, losses in since:
                nursery.start_soon(wait, remote, losses)
        return all(outcomes)

    def refusal(self) -> Refusal | None:
        """Why a pusher is to come back later: too much comes in, or some memory is nearly full."""
        if self._settings.max_ingestion_rate:
            refused = self._open_front().refusal(trio.current_time())
            if refused is not None:
                return refused
        found = (remote.refusal(remotes=len(self.remotes)) for remote in self.remotes)
        return next((one for one in found if one is not None), None)

    def replace(self, remotes: Sequence[Remote]) -> None:
        """From now on the batches go to these, and what remotes share is settled anew.

        The steps of all remotes are the same in each one's settings.
        """
        for remote in self.remotes:
            remote.make_blocks_now()
        for remote in self.remotes:
            remote.share(remote.own_press)
        self.remotes = tuple(remotes)
        common = self.remotes[0].settings.common if self.remotes else self._common
        if common != self._common:
            self._common, self._front = common, None
        self._sharding = None
        if self._settings.sharding is not None and len(self.remotes) > 1:
            keys = [remote.settings.key for remote in self.remotes]
            self._sharding = Sharding(self._settings.sharding, keys)
        self._presses = self._grouped()

    def _grouped(self) -> tuple[Press, ...]:
        """The press of the first of those that want the same; each its own where series differ."""
        groups: list[list[Remote]] = []
        for remote in self.remotes:
            for group in groups:
                same = group[0].own_press.recipe == remote.own_press.recipe
                if same and self._sharding is None:
                    group.append(remote)
                    break
            else:
                groups.append([remote])
        for group in groups:
            for remote in group[1:]:
                remote.share(group[0].own_press)
        return tuple([group[0].own_press for group in groups])

    def statistics(self) -> FrontStatistics:
        return FrontStatistics() if self._front is None else self._front.statistics()
