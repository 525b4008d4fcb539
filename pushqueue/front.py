"""What is done once with all that comes in, before it goes to any remote.

Takes batches and `now`; gives those that are left: the rate of samples is limited, the steps of all
remotes are done (`-remoteWrite.relabelConfig` and its kin), different series are limited.
Order as vmagent (reference/vmagent.md 1.1, steps 1 to 6). What is dropped is counted by reason.
"""

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence

import attrs

from pushqueue.overload import Refusal
from pushqueue.rewrite import Rewriter
from pushqueue.series_limit import DAY_S, HOUR_S, SeriesLimit, SeriesLimitStatistics
from pushqueue.settings import FrontSettings
from pushqueue.token_bucket import TokenBucket
from series.batch import Batch
from series.layout import Layout


@attrs.frozen(kw_only=True)
class FrontStatistics:
    """`dropped_samples` by reason: rules, ingestion_rate, hourly_series, daily_series."""

    max_ingestion_rate: float = 0.0
    rate_reached_total: int = 0
    hourly: SeriesLimitStatistics = SeriesLimitStatistics()
    daily: SeriesLimitStatistics = SeriesLimitStatistics()
    dropped_samples: Mapping[str, int] = attrs.field(factory=dict)


class Front:
    """`rewriter` does the steps of all remotes; `now` is when it begins."""

    def __init__(self, settings: FrontSettings, rewriter: Rewriter, now: float = 0.0) -> None:
        self._settings = settings
        self._rewriter = rewriter
        self._rate = TokenBucket(settings.max_ingestion_rate, now)
        self._rate_reached = self._over_rate = 0
        periods = ((settings.max_hourly_series, HOUR_S), (settings.max_daily_series, DAY_S))
        self._limits = [
            SeriesLimit(limit, period_s, now) if limit else None for limit, period_s in periods
        ]
        limits = [each.admit for each in self._limits if each is not None]
        self._steps: tuple[Callable[[Batch, float], Batch | None], ...] = (
            *((self._within_rate,) if settings.max_ingestion_rate else ()),
            *(() if rewriter.is_identity else (self._rewritten,)),
            *limits,
        )

    def passed(self, batches: Sequence[Batch], now: float) -> Sequence[Batch]:
        # Fast path: nothing is configured.
        if not self._steps:
            return batches
        left = []
        for batch in batches:
            own: Batch | None = batch
            for step in self._steps:
                if own is not None:
                    own = step(own, now)
            if own is not None:
                left.append(own)
        return left

    def prepare(self, layout: Layout) -> Generator[None, None, Layout]:
        """What becomes of the layout of a pushed batch, found out in steps."""
        return self._rewriter.prepared(layout)

    def _rewritten(self, batch: Batch, now: float) -> Batch | None:
        return self._rewriter.rewrite(batch)

    def _within_rate(self, batch: Batch, now: float) -> Batch | None:
        """Pushed data was admitted as a whole request, and markers are never dropped."""
        if not (batch.is_pushed or batch.is_markers) and self._rate.wait_s(now):
            self._rate_reached += 1
            self._over_rate += len(batch)
            return None
        self._rate.take(len(batch), now)
        return batch

    def refusal(self, now: float) -> Refusal | None:
        """Pushers wait while the rate is reached; nothing of theirs is dropped."""
        wait_s = self._rate.wait_s(now)
        if not wait_s:
            return None
        self._rate_reached += 1
        rate = self._settings.max_ingestion_rate
        return Refusal(503, f"-maxIngestionRate={rate:g} samples/s is reached", int(wait_s) + 1)

    def statistics(self) -> FrontStatistics:
        hourly, daily = [
            SeriesLimitStatistics() if each is None else each.statistics() for each in self._limits
        ]
        dropped = Counter(
            rules=self._rewriter.dropped_samples,
            ingestion_rate=self._over_rate,
            hourly_series=hourly.dropped_samples,
            daily_series=daily.dropped_samples,
        )
        return FrontStatistics(
            max_ingestion_rate=self._settings.max_ingestion_rate,
            rate_reached_total=self._rate_reached,
            hourly=hourly,
            daily=daily,
            dropped_samples=+dropped,
        )
