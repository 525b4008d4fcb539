"""What pages, API and metrics show of targets: snapshots, nothing alive."""

from collections.abc import Mapping
from typing import Literal

import attrs

from relabel.pipeline import Pipeline

Health = Literal["unknown", "up", "down"]


@attrs.frozen(kw_only=True)
class TargetStatus:
    """One target that is scraped. `health` is unknown until its first scrape has ended."""

    job: str
    pool: str
    discovered_labels: Mapping[str, str]
    labels: Mapping[str, str]
    url: str
    interval_s: float
    timeout_s: float
    health: Health = "unknown"
    last_error: str = ""
    last_scrape_ms: int | None = None
    last_duration_s: float = 0.0
    recent_durations_s: tuple[float, ...] = ()  # of the last scrapes, the newest last
    samples_scraped: int = 0
    samples_post_relabel: int = 0
    body_bytes: int = 0
    scrapes_total: int = 0
    scrapes_failed_total: int = 0
    bad_lines: tuple[str, ...] = ()  # of the last page, the first few (lenient_parse)
    bad_lines_total: int = 0


@attrs.frozen(kw_only=True)
class DroppedTarget:
    """One that discovery found and that is not scraped, and why.

    `pipeline`: the rules, if it was they who dropped it.
    """

    job: str
    discovered_labels: Mapping[str, str]
    reason: str
    pipeline: Pipeline | None = attrs.field(default=None, eq=False, repr=False)

    def explained(self) -> str:
        """The reason, with the rule that dropped it. Found when somebody asks: it takes 100 us."""
        if self.pipeline is None:
            return self.reason
        # Late: only pages and commands explain.
        from relabel.explain import explain
        from relabel.explain_text import rule_text

        index = explain(self.pipeline, self.discovered_labels).dropped_by
        if index is None:
            return self.reason
        return f"{self.reason}, rule {index + 1}: {rule_text(self.pipeline.rules[index])}"

    def steps(self) -> tuple[str, ...]:
        """Each rule up to the one that dropped it, and what it did; empty if no rule did."""
        if self.pipeline is None:
            return ()
        from relabel.explain import explain  # late, as above
        from relabel.explain_text import explanation_lines

        explanation = explain(self.pipeline, self.discovered_labels)
        return tuple(explanation_lines(explanation, self.discovered_labels))
