"""Counts reloads, and remembers how the last one ended."""

import attrs


@attrs.frozen(kw_only=True)
class ReloadStatistics:
    """`last_success_s`: epoch seconds of the last good one, the start included."""

    total: int = 0
    errors_total: int = 0
    is_last_good: bool = True
    last_success_s: float = 0.0

    def succeeded(self, now_s: float) -> "ReloadStatistics":
        return attrs.evolve(self, total=self.total + 1, is_last_good=True, last_success_s=now_s)

    def failed(self) -> "ReloadStatistics":
        return attrs.evolve(
            self, total=self.total + 1, errors_total=self.errors_total + 1, is_last_good=False
        )
