"""Exemplars that are series of their own, kept until all samples of their request are in batches.

Takes them as Prometheus sends them, where each sample and each exemplar is a series of its own;
gives batches with each beside the last sample of its series, whichever batch that was cut into.
Invariant: bounded; batches are looked through one a step, and only for series that wait here.
"""

from collections.abc import Iterator, Sequence

import attrs

from series.batch import Batch
from series.exemplar import Exemplar
from series.template import Template

# Of one request: ten times what a sender puts into one, and a few MiB.
MAX_LONE = 20_000


class LoneExemplars:
    """Of one request."""

    def __init__(self, *, most: int = MAX_LONE) -> None:
        self._waiting: dict[Template, list[Exemplar]] = {}
        self._most = self._room = most

    def add(self, template: Template, given: Sequence[Exemplar]) -> str:
        """Why they cannot wait, "" if they do."""
        if len(given) > self._room:
            return f"more than {self._most} exemplars are series of their own"
        self._room -= len(given)
        self._waiting.setdefault(template, []).extend(given)
        return ""

    def place(self, batches: list[Batch]) -> Iterator[int]:
        """Exchanges batches for such with exemplars; gives how many it put into each."""
        # Backwards, so that what is met first is the last sample of its series.
        for number in reversed(range(len(batches))):
            if not self._waiting:
                return
            found = self._met(batches[number].layout.templates)
            if found:
                batches[number] = _with(batches[number], found)
            yield sum(map(len, found.values()))

    def _met(self, templates: Sequence[Template]) -> dict[int, list[Exemplar]]:
        take = self._waiting.pop
        return {
            at: given
            for at in reversed(range(len(templates)))
            if (given := take(templates[at], None)) is not None
        }

    def left(self) -> Iterator[Template]:
        """Series that have no sample, once all are placed."""
        yield from self._waiting


def _with(batch: Batch, more: dict[int, list[Exemplar]]) -> Batch:
    beside = dict(batch.exemplars or {})
    for at, given in more.items():
        beside[at] = (*beside.get(at, ()), *given)
    return attrs.evolve(batch, exemplars=beside)
