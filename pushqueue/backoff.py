"""How long to wait before the next attempt: exponential, with jitter, bounded.

Takes the bounds and a source of randomness; gives seconds.
Invariant: never less than the minimum, never more than the greater of maximum and minimum.
"""

from collections.abc import Callable

import attrs


@attrs.define
class Backoff:
    """The n-th delay is spread over the upper half of `min * 2**(n+1)`, cut at the maximum.

    The spread is wide so that a fleet which lost its link together does not return together.
    """

    min_s: float
    max_s: float
    random: Callable[[], float]
    attempts: int = 0

    def next_delay_s(self) -> float:
        # 2**30 of any sensible minimum is above any maximum; more would overflow one day.
        ceiling = min(self.min_s * 2.0 ** min(self.attempts + 1, 30), max(self.max_s, self.min_s))
        self.attempts += 1
        return max(self.min_s, ceiling * (0.5 + 0.5 * self.random()))

    def reset(self) -> None:
        self.attempts = 0
