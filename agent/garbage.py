"""Keeps the garbage collector away from what will never be garbage.

A full collection looks at every object: 57 000 after the start, 25 ms in which nothing else runs
and a scrape is late. Modules, settings and code stay until the end, so they are taken out of its
sight (gc.freeze); what scraping makes is still looked at, but rarely.
"""

import gc
import linecache

# A full collection stops everything for 50-120 ms where 150 000 series are held (bench_step), and
# by default comes with every quarter that the heap grows by. Hardly anything here is cyclic: the
# young generations catch it, and the old one is looked at a hundred times more rarely.
GC_THRESHOLDS = (700, 10, 1000)


def look_rarely() -> None:
    """For the life of an agent."""
    gc.set_threshold(*GC_THRESHOLDS)


def forget_sources() -> None:
    """attrs keeps the text of the methods that it generates, for debuggers: 1.9 MiB in all.

    Called between imports, so that what comes next takes the room.
    """
    linecache.clearcache()


def settle() -> None:
    """After a start: throw away what it left, and never look at the rest again."""
    forget_sources()
    gc.collect()
    gc.freeze()


def settle_more() -> None:
    """After more code was loaded, in a thread: without a collection, which would hold up the loop.

    Reference counts go on freeing what is frozen; only cycles that are garbage at this very moment
    stay, a few kB.
    """
    forget_sources()
    gc.freeze()
