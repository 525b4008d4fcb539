"""Shapes of load: how many targets, how large their pages, how often.

One row each; `compare.py --shape NAME` picks it. Grows by rows, and by fields where a row needs
what the others do not.
"""

import attrs

from race.pages import RECORDED_SERIES


@attrs.frozen(kw_only=True)
class Shape:
    what: str
    targets: int
    series: int = RECORDED_SERIES
    interval_s: int = 1

    @property
    def warmup_s(self) -> float:
        """Until every target was scraped more than once and caches have settled."""
        return 5.0 + 2 * self.interval_s

    def addresses(self, port: int) -> list[str]:
        """One loopback address for each target, so that `instance` differs."""
        return [
            f"127.0.{1 + number // 250}.{1 + number % 250}:{port}" for number in range(self.targets)
        ]


SHAPES = {
    "idle": Shape(what="one target of 507 series each second", targets=1),
    "many": Shape(what="200 targets of 507 series each second", targets=200),
    "huge": Shape(what="10 targets of 10 140 series each second", targets=10, series=10_140),
    "fleet": Shape(what="1000 targets of 507 series each 5 s", targets=1000, interval_s=5),
}
