"""Two agents side by side: which targets, labels and series are the same, and which differ.

Takes what each has, by target; gives lines for people and counts.
Invariant: pure. The order of labels and of targets means nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

import attrs

Labels = Mapping[str, str]
Key = tuple[tuple[str, str], ...]
_SHOWN = 10


def key_of(labels: Labels) -> Key:
    return tuple(sorted(labels.items()))


def printable(text: str, limit: int) -> str:
    """Cut, and without what would move about on a terminal."""
    return "".join(each if each.isprintable() else "?" for each in text[:limit])


def spell(labels: Labels | Key) -> str:
    """As in a selector, cut to what a line bears."""
    pairs = labels.items() if isinstance(labels, Mapping) else labels
    text = (
        "{"
        + ", ".join(
            f'{printable(name, 60)}="{printable(value, 60)}"' for name, value in sorted(pairs)
        )
        + "}"
    )
    return text if len(text) <= 300 else text[:297] + "..."


@attrs.frozen
class Seen:
    """A target: job and URL name it."""

    job: str
    url: str
    labels: Labels = attrs.field(hash=False)

    @property
    def name(self) -> tuple[str, str]:
        return self.job, self.url


def without_external(theirs: Sequence[Seen], external: Labels, ours: Sequence[Seen]) -> list[Seen]:
    """Targets without external labels, as they are here, unless the target has one itself."""
    own = {each.name: each.labels for each in ours}
    return [
        attrs.evolve(
            each,
            labels={
                name: value
                for name, value in each.labels.items()
                if external.get(name) != value or name in own.get(each.name, {})
            },
        )
        for each in theirs
    ]


@attrs.define
class Comparison:
    """`lines` say what differs; the counts what is the same."""

    lines: list[str] = attrs.field(factory=list)
    same_targets: int = 0
    same_series: int = 0

    def targets(self, theirs: Sequence[Seen], ours: Sequence[Seen]) -> Iterator[tuple[Seen, Seen]]:
        """Gives the pairs that are there on both sides; tells the others."""
        there = {each.name: each for each in theirs}
        here = {each.name: each for each in ours}
        for name in sorted(there.keys() | here.keys()):
            old, new = there.get(name), here.get(name)
            told = f"target {printable(name[1], 200)} of job {printable(name[0], 80)}"
            if old is None or new is None:
                self.lines.append(f"{told}: only {'here' if old is None else 'there'}")
                continue
            differing = _differing(old.labels, new.labels)
            self.lines += [f"{told}: {each}" for each in differing]
            self.same_targets += not differing
            yield old, new

    def series(self, where: str, theirs: set[Key], ours: set[Key]) -> None:
        """Series of one target, as the rules of both leave them."""
        self.same_series += len(theirs & ours)
        for keys, side in ((theirs - ours, "there"), (ours - theirs, "here")):
            shown = sorted(keys)[:_SHOWN]
            self.lines += [f"{where}: only {side}: {spell(key)}" for key in shown]
            if len(keys) > _SHOWN:
                self.lines.append(f"{where}: and {len(keys) - _SHOWN} more only {side}")


def _differing(old: Labels, new: Labels) -> list[str]:
    return [
        f"label {printable(name, 60)}: "
        f"{old.get(name, '')[:80]!r} there, {new.get(name, '')[:80]!r} here"
        for name in sorted(old.keys() | new.keys())
        if old.get(name, "") != new.get(name, "")
    ]
