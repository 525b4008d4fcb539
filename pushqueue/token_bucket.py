"""How much may pass in a time, with bursts of at most a second's worth.

Takes amounts and `now`; gives how long to wait. Pure.
Whoever comes when something is left takes all that it needs, on credit; who comes later waits until
that is paid back. So an amount larger than the bucket passes, and the average holds exactly.
"""


class TokenBucket:
    """`rate` a second; 0 is no limit."""

    def __init__(self, rate: float, now: float = 0.0) -> None:
        self.rate = rate
        self._left = rate
        self._at = now

    def _refill(self, now: float) -> None:
        self._left = min(self.rate, self._left + max(0.0, now - self._at) * self.rate)
        self._at = max(now, self._at)

    def wait_s(self, now: float) -> float:
        """How long until something is left; 0 if it is."""
        if not self.rate:
            return 0.0
        self._refill(now)
        return 0.0 if self._left > 0 else max(1e-3, -self._left / self.rate)

    def take(self, amount: float, now: float) -> None:
        """Takes it, on credit where it must."""
        if self.rate:
            self._refill(now)
            self._left -= amount
