"""Web work takes turns, so that a thousand clients never hold up a scrape.

trio runs every ready task once before it looks again: a hundred requests of 0.5 ms each that
arrive together would be 50 ms in which no scrape runs. With turns each round of the loop has one
piece of web work; it costs nobody anything when there is but one. Measured with 100 clients at
full load: scrapes late by 270 ms at most without turns; with them no round of the loop takes more
than 2.5 ms of CPU (bench/bench_web.py), at as many requests/s.
"""

import trio

_lock: trio.lowlevel.RunVar[trio.Lock] = trio.lowlevel.RunVar("turns of the web")


async def take_turn() -> None:
    """Waits for the next turn, first come, first served; the work follows at once."""
    try:
        lock = _lock.get()
    except LookupError:
        lock = trio.Lock()
        _lock.set(lock)
    async with lock:
        await trio.lowlevel.checkpoint()
