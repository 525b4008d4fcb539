"""Those who watch samples pass. A shell: each is a stream until its reader goes.

Takes what somebody wants to see; gives pieces of samples. At most MAX_TAPS at a time.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager

import trio

from agent.tap import MAX_PER_S, Tap, TapSettings
from relabel.errors import SelectorError
from relabel.selector import parse_selector
from series.labels import readable
from series.watch import REMOTE, STAGES, Watch
from web.views import TapPiece, TapRow, TapWish, TooManyError

MAX_TAPS = 4
# So long without a sample, and the reader hears that the stream lives.
HEARTBEAT_S = 10.0


class Taps:
    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._open = 0

    def open(self, wish: TapWish) -> AbstractAsyncContextManager[AsyncIterator[TapPiece]]:
        """Raises ValueError for a wish that cannot be understood, TooManyError; both at once."""
        settings = settings_of(wish)
        if self._open >= MAX_TAPS:
            raise TooManyError(f"{MAX_TAPS} taps are open already; close one")
        return self._opened(settings)

    @asynccontextmanager
    async def _opened(self, settings: TapSettings) -> AsyncIterator[AsyncIterator[TapPiece]]:
        woken = [trio.Event()]
        tap = Tap(settings, trio.current_time, lambda: woken[0].set())
        self._open += 1
        self._watch.add(settings.stage, tap.see)
        try:
            async with aclosing(_pieces(tap, woken)) as pieces:
                yield pieces
        finally:
            self._watch.remove(settings.stage, tap.see)
            self._open -= 1


def settings_of(wish: TapWish) -> TapSettings:
    if wish.stage not in STAGES:
        raise ValueError(f"there is no stage {wish.stage[:40]!r}; there are {', '.join(STAGES)}")
    suits = None
    if wish.selector:
        try:
            suits = parse_selector(wish.selector).predicate()
        except SelectorError as exc:
            raise ValueError(str(exc)) from exc
    remote = wish.remote if wish.stage == REMOTE else ""
    per_s = min(MAX_PER_S, max(1.0, wish.per_s))
    return TapSettings(stage=wish.stage, remote=remote, suits=suits, per_s=per_s)


async def _pieces(tap: Tap, woken: list[trio.Event]) -> AsyncGenerator[TapPiece, None]:
    while True:
        with trio.move_on_after(HEARTBEAT_S):
            await woken[0].wait()
        woken[0] = trio.Event()
        rows = [
            TapRow(
                series=readable(sample.labels),
                labels=dict(sample.labels),
                timestamp_ms=sample.timestamp_ms,
                value=sample.value,
                is_marker=sample.is_marker,
                remote=sample.remote,
            )
            for sample in tap.take()
        ]
        yield TapPiece(rows=tuple(rows), skipped_total=tap.skipped)
