"""Keeps the garbage collector away from what will never be garbage.

A full collection looks at every object: 57 000 after the start, 25 ms in which nothing else runs
and a scrape is late. Modules, settings and code stay until the end, so they are taken out of its
sight (gc.freeze); what scraping makes is still looked at.
"""

import gc


def settle() -> None:
    """After a start: throw away what it left, and never look at the rest again."""
    gc.collect()
    gc.freeze()


def settle_more() -> None:
    """After more code was loaded, in a thread: without a collection, which would hold up the loop.

    Reference counts go on freeing what is frozen; only cycles that are garbage at this very moment
    stay, a few kB.
    """
    gc.freeze()
