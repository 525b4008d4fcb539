"""Which remotes each series goes to, when series are spread over them (`-remoteWrite.shardByURL`).

Takes a batch; gives for each remote the part that is its own, or None.
Rendezvous hashing: every series ranks the remotes by a hash of itself and the remote's key, and
goes to the first `replicas`. So adding one to n remotes takes 1/(n+1) of the series from the others
and moves nothing else, and neither the order of remotes nor their URLs' queries matter.
Invariant: a series goes to exactly `replicas` remotes, always the same, markers too. Decided once
for a layout and the labels that fill it, never per sample.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from pushqueue.decided import Decided
from pushqueue.selection import Choice
from pushqueue.settings import ShardSettings
from series.batch import Batch
from series.layout import Layout
from series.wire import decode_labels, encode_labels

_MASK = 2**64 - 1
# splitmix64's finaliser (Steele, Lea, Flood 2014): bits of a sum that differ in one differ in half.
_MIX_1, _MIX_2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


# For each remote: None (nothing), True (all of it), or a choice.
_Shares = tuple[Choice | bool | None, ...]


class Sharding:
    """`keys`: those of the remotes, in the order of the parts that `split` gives."""

    def __init__(self, settings: ShardSettings, keys: Sequence[str]) -> None:
        self._settings = settings
        self._replicas = min(settings.replicas, len(keys))
        self._seeds = [_hash(key.encode()) for key in keys]
        self._decided = Decided(self._decide)

    def split(self, batch: Batch) -> Iterator[Batch | None]:
        """What each remote gets of it."""
        for share in self._decided.about(batch):
            if isinstance(share, Choice):
                yield share.of_batch(batch)
            else:
                yield batch if share else None

    def _decide(self, layout: Layout, chunks: tuple[bytes, ...]) -> _Shares:
        kept: list[list[int]] = [[] for _ in self._seeds]
        for at, template in enumerate(layout.templates):
            for remote in self.owners(template.fill(chunks)):
                kept[remote].append(at)
        return tuple([_share(layout, each) for each in kept])

    def owners(self, labels: bytes) -> list[int]:
        """The remotes of the series with these encoded labels, by their positions."""
        series = _hash(self._counting(labels))
        ranks = [(_mixed(series + seed), at) for at, seed in enumerate(self._seeds)]
        return [at for _, at in sorted(ranks, reverse=True)[: self._replicas]]

    def _counting(self, labels: bytes) -> bytes:
        """Those labels that decide."""
        only, ignored = self._settings.labels, self._settings.ignored_labels
        # Fast path: all of them.
        if not only and not ignored:
            return labels
        pairs = decode_labels(labels)
        if only:
            return encode_labels(tuple([pair for pair in pairs if pair[0] in only]))
        return encode_labels(tuple([pair for pair in pairs if pair[0] not in ignored]))


def _share(layout: Layout, kept: list[int]) -> Choice | bool | None:
    if len(kept) == len(layout):
        return True
    return Choice.of(layout, tuple(kept)) if kept else None


def _hash(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


def _mixed(number: int) -> int:
    number &= _MASK
    number = (number ^ number >> 30) * _MIX_1 & _MASK
    number = (number ^ number >> 27) * _MIX_2 & _MASK
    return number ^ number >> 31
