"""What is known of pushed series, from request to request: labels once, samples by a look-up.

Takes labels as they came: bytes of remote write 1.0, texts of 2.0; gives series already encoded.
Invariant: samples of one job and instance share a lane; what is known is bounded, and full it
starts anew; what is given up goes in small steps, since a large table is long work at once.
"""

from collections.abc import Mapping
from typing import Protocol

from receivers import passing
from receivers.passing import Columns, SeriesTable
from series.kernel import twin
from series.labels import METRIC_NAME, Labels, canonical
from series.lane import lane_key
from series.layout import Layout
from series.template import Template

# Groups of senders' targets: a request makes at most so many batches at a time, however many
# targets are in it, and yet parallel lanes have something to share.
GROUPS = 16
MAX_ENTRIES = 300_000
MAX_BYTES = 64 * 2**20
# Templates that layouts name, in all: 3 MiB. A sender whose requests differ each time makes a new
# layout with each of them, which must not cost others what is known of their series.
MAX_LAID_OUT = 400_000
# About half a millisecond.
_LET_GO_SERIES = 2000


class Twin(Protocol):
    """What both twins of `receivers.passing` have."""

    def read_known(
        self,
        data: bytes,
        at: int,
        most: int,
        table: SeriesTable,
        columns: list[Columns],
        before: int,
    ) -> tuple[int, int, int]: ...


hot: Twin = twin(passing, "receivers.passing_c")


class KnownSeries:
    """Apart by the labels that URLs give (`extra`). Whoever has `begun` with a table must `end`."""

    def __init__(
        self,
        external_labels: Mapping[str, str],
        *,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        max_laid_out: int = MAX_LAID_OUT,
    ) -> None:
        self._external = dict(external_labels)
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._max_laid_out = max_laid_out
        self._by_extra: dict[Labels, SeriesTable] = {}
        self._old: list[SeriesTable] = []
        self._users: dict[int, int] = {}  # of a table, by its id
        self._layouts: dict[tuple[Template, ...], Layout] = {}
        self._bytes = self._entries = self._laid_out = 0

    def __len__(self) -> int:
        return self._entries

    @property
    def laid_out(self) -> int:
        """Templates in the layouts that are kept."""
        return self._laid_out

    def begin(self, extra: Labels) -> SeriesTable:
        """The table for a request with these labels in its URL."""
        if self._entries > self._max_entries or self._bytes > self._max_bytes:
            self._old += self._by_extra.values()
            self._by_extra = {}
            self._bytes = self._entries = 0
        table = self._by_extra.get(extra)
        if table is None:
            table = self._by_extra[extra] = SeriesTable()
            self._count(sum([len(name) + len(value) for name, value in extra]) + 500)
        self._users[id(table)] = self._users.get(id(table), 0) + 1
        return table

    def end(self, table: SeriesTable) -> None:
        left = self._users.pop(id(table)) - 1
        if left:
            self._users[id(table)] = left

    def let_go(self) -> None:
        """Frees some of what was given up; called with every step of a request."""
        # Fast path: nothing was.
        if not self._old:
            return
        table = self._old[-1]
        if id(table) in self._users:
            self._old.insert(0, self._old.pop())
        elif len(table):
            table.shorten(_LET_GO_SERIES)
        else:
            self._old.pop()

    def _count(self, size: int) -> None:
        self._entries += 1
        self._bytes += size

    def learn(self, table: SeriesTable, key: object, pairs: Labels, extra: Labels) -> int | str:
        """The number of a series not seen yet, or why it gets none."""
        labels = dict(pairs)
        if len(labels) != len(pairs):
            return "a label comes twice"
        if "" in labels:
            return "a label has no name"
        if not labels.get(METRIC_NAME):
            return "it has no metric name"
        for name, value in self._external.items():
            labels.setdefault(name, value)
        labels.update(extra)
        template = Template.constant(canonical(labels))
        who = canonical({name: labels.get(name, "") for name in ("instance", "job")})
        self._count(2 * len(template) + 300)
        return table.add(key, template, lane_key(who) % GROUPS)

    def layout(self, templates: tuple[Template, ...]) -> Layout:
        """The same object for the same series, so that a remote's rules run once for them."""
        found = self._layouts.get(templates)
        if found is None:
            found = self._layouts[templates] = Layout(templates)
            self._laid_out += len(templates)
            while self._laid_out > self._max_laid_out and len(self._layouts) > 1:
                oldest = next(iter(self._layouts))
                del self._layouts[oldest]
                self._laid_out -= len(oldest)
        return found
