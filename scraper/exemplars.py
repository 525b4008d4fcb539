"""Which exemplars of a page are new.

Takes the exemplars of samples that are stored; gives those to send, each with a timestamp.
Facts: reference/prometheus.md section 4: at most 128 characters of labels, one that equals the last
of its series is left out, the sample's timestamp counts where it has none.
Bounded: what the last page with exemplars had.
"""

from collections.abc import Generator, Iterable

import attrs

from series.exemplar import Exemplar

MAX_LABEL_CHARACTERS = 128
# 3 us each.
SELECTED_PER_STEP = 800

# Position, encoded labels, the sample's timestamp, its exemplars.
Offered = tuple[int, bytes, int, tuple[Exemplar, ...]]


class ExemplarFilter:
    """The last exemplars of each series of one target."""

    def __init__(self) -> None:
        self._last: dict[bytes, tuple[Exemplar, ...]] = {}
        self.too_long_total = 0

    def select(
        self, offered: Iterable[Offered]
    ) -> Generator[None, None, dict[int, tuple[Exemplar, ...]] | None]:
        """Those to send, by position; None: none."""
        last: dict[bytes, tuple[Exemplar, ...]] = {}
        fresh: dict[int, tuple[Exemplar, ...]] = {}
        for number, (position, labels, sample_ms, exemplars) in enumerate(offered, 1):
            short = tuple([each for each in exemplars if _is_short(each)])
            self.too_long_total += len(exemplars) - len(short)
            known = self._last.get(labels, ())
            last[labels] = short or known
            if new := tuple([_stamped(each, sample_ms) for each in short if each not in known]):
                fresh[position] = new
            if not number % SELECTED_PER_STEP:
                yield
        self._last = last
        return fresh or None


def _is_short(exemplar: Exemplar) -> bool:
    return sum([len(name) + len(value) for name, value in exemplar.labels]) <= MAX_LABEL_CHARACTERS


def _stamped(exemplar: Exemplar, sample_ms: int) -> Exemplar:
    if exemplar.timestamp_ms is not None:
        return exemplar
    return attrs.evolve(exemplar, timestamp_ms=sample_ms)
