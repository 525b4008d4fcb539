"""Whether a pusher is asked to come back later, and how it is told.

Takes what a queue can still hold; gives a Refusal, or None. Pure.

The rule (DESIGN section 8, 6; reference/vmagent.md 1.6): who has a disk refuses only when memory is
nearly full because the disk is slow or failing, with 503. Who is in memory only (vmagent's
`disableOnDiskQueue`) refuses with 429 as vmagent does, unless `dropSamplesOnOverload` is set or
there are several remotes: then the oldest in memory goes, so that one remote's outage does not
keep data from the others.
"""

import attrs

from pushqueue.settings import QueueSettings

# What memory holds is written within a second once the disk works; retries of it take up to 30 s.
RETRY_AFTER_S = 5


@attrs.frozen
class Refusal:
    """An HTTP answer for a pusher: nothing of its request was taken."""

    status: int
    reason: str
    retry_after_s: int = RETRY_AFTER_S


def refusal(
    settings: QueueSettings, *, name: str, is_full: bool, disk_error: str, remotes: int
) -> Refusal | None:
    """What one of so many remotes says to a pusher. `disk_error`: what fails now, "" if nothing."""
    if not is_full:
        return None
    if settings.disable_disk:
        if settings.drop_on_overload or remotes > 1:
            return None
        return Refusal(429, f"remote {name}: its queue in memory is full, and it has no other")
    why = disk_error or "the disk is slower than what comes in"
    return Refusal(503, f"remote {name}: memory is full: {why}")
