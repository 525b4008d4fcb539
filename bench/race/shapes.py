"""Shapes of load: how many targets, how large their pages, how often, and in what they differ.

One row each; `compare.py --shape NAME` picks it. Grows by rows, and by fields where a row needs
what the others do not.
"""

import attrs

from race.pages import RECORDED_SERIES

# Ten rules of the usual kinds, all of which every contender knows; one reads the target's `job`.
RULES = """\
    metric_relabel_configs:
      - {action: drop, source_labels: [__name__], regex: "debug_.*|test_.*"}
      - {action: drop, source_labels: [__name__, mode], regex: "node_cpu_seconds_total;guest.*"}
      - {source_labels: [device], regex: "(nvme|sd).*", target_label: disk, replacement: "$1"}
      - {source_labels: [mountpoint], regex: "/(.+)", target_label: mount}
      - {source_labels: [job], regex: "(.+)", target_label: team, replacement: "edge-$1"}
      - {action: labelmap, regex: "fs(.+)", replacement: "filesystem_$1"}
      - {action: labeldrop, regex: "fstype|tmp_.*"}
      - {source_labels: [__name__], regex: "(node|process|go)_.*", target_label: group}
      - {action: hashmod, source_labels: [__name__], modulus: 8, target_label: bucket}
      - {action: keep, source_labels: [__name__], regex: ".+"}
"""


@attrs.frozen(kw_only=True)
class Shape:
    """`unique`: the part of a page's lines that no other target has. `churns`: each minute a tenth
    of the series is another. `is_cold`: from the start until everything was delivered once.
    """

    what: str
    targets: int
    series: int = RECORDED_SERIES
    interval_s: int = 1
    unique: float = 0.0
    churns: bool = False
    rules: str = ""
    is_cold: bool = False
    window_s: float = 30.0
    values_change: bool = False

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
    "mixed": Shape(what="many, 30 % of the lines unique to the target", targets=200, unique=0.3),
    "distinct": Shape(what="many, all lines unique to the target", targets=200, unique=1.0),
    "churn": Shape(
        what="many, 10 % of the series change each minute", targets=200, churns=True, window_s=60.0
    ),
    "relabel": Shape(what="many, 10 metric relabel rules, one reads job", targets=200, rules=RULES),
    "cold": Shape(
        what="200 targets of 507 series each 5 s, from the start until all is delivered",
        targets=200,
        interval_s=5,
        is_cold=True,
    ),
    "cold1000": Shape(
        what="1000 targets of 507 series each 5 s, from the start until all is delivered",
        targets=1000,
        interval_s=5,
        is_cold=True,
    ),
    "flat20": Shape(what="20 targets of 507 series each 10 s", targets=20, interval_s=10),
    "flat200": Shape(what="200 targets of 507 series each 10 s", targets=200, interval_s=10),
    "million": Shape(what="2000 targets of 507 series each 10 s", targets=2000, interval_s=10),
}
