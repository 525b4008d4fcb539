"""How OTLP becomes series: what the `otlp` section and the flags say, in one value.

Source: Prometheus' otlp section (reference/peers.md 1); defaults are Prometheus'.
"""

import enum
from collections.abc import Mapping

import attrs


class Strategy(enum.Enum):
    """How names are translated, by Prometheus' names for it."""

    ESCAPED_WITH_SUFFIXES = "UnderscoreEscapingWithSuffixes"
    ESCAPED = "UnderscoreEscapingWithoutSuffixes"
    UTF8_WITH_SUFFIXES = "NoUTF8EscapingWithSuffixes"
    UNCHANGED = "NoTranslation"

    @property
    def escapes(self) -> bool:
        return self in (Strategy.ESCAPED_WITH_SUFFIXES, Strategy.ESCAPED)

    @property
    def has_suffixes(self) -> bool:
        return self in (Strategy.ESCAPED_WITH_SUFFIXES, Strategy.UTF8_WITH_SUFFIXES)


class Delta(enum.Enum):
    """What becomes of points that say how much was added since the last one."""

    REFUSED = "refuse"
    CUMULATIVE = "cumulative"
    STORED = "store"


@attrs.frozen(kw_only=True)
class Translation:
    """`metric_strategy`: for names of metrics, where they differ from those of labels."""

    strategy: Strategy = Strategy.ESCAPED_WITH_SUFFIXES
    metric_strategy: Strategy | None = None
    promote_all: bool = False
    promote: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    keep_identifying: bool = False
    custom_buckets: bool = False
    promote_scope: bool = False
    prefixes_underscore: bool = True
    keeps_underscores: bool = True
    delta: Delta = Delta.REFUSED
    external_labels: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def name_strategy(self) -> Strategy:
        return self.metric_strategy or self.strategy
