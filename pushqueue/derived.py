"""What a layout becomes by a remote's rules: once for all targets whose labels that are read agree.

Takes a batch's layout and chunks; gives the derived layout with holes, which samples are kept, and
the chunks that fill it. The rules run with a marker standing for each value in a hole that they do
not read (`relabel.flow` has the promise that makes this right).
Invariant: a derived template, filled, is what the rules make of the filled original.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import attrs

from relabel.obfuscate import obfuscate
from series.labels import Labels, canonical
from series.layout import Layout
from series.template import Template
from series.wire import decode_labels, encode_label

# Half of a UTF-16 pair, which no label can hold.
MARK = "\ud800"


class Steps(Protocol):
    """A compiled rule list."""

    def apply(self, labels: Mapping[str, str], /) -> dict[str, str] | None: ...

    def reads_among(self, names: Collection[str], /) -> frozenset[str]: ...


@attrs.frozen(eq=False)
class Derived:
    """`kept`: the positions that are left, None if all are. `copies`: holes behind the batch's own
    `own_count`, each a label's new name, the hole whose value it has, and whether that is hashed.
    """

    layout: Layout
    kept: tuple[int, ...] | None
    own_count: int = 0
    copies: tuple[tuple[str, int, bool], ...] = ()

    def chunks(self, own: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """What fills the derived layout for a batch with these chunks."""
        if not self.layout.has_holes:
            return ()
        # Fast path: labels stay what they are.
        if not self.copies:
            return own
        own = own[: self.own_count]
        return (
            *own,
            *[_copy_of(own[hole], name, is_hashed) for name, hole, is_hashed in self.copies],
        )


def _copy_of(chunk: bytes, name: str, is_hashed: bool) -> bytes:
    value = value_of(chunk)
    return encode_label(name, obfuscate(value) if is_hashed else value)


def name_of(chunk: bytes) -> str:
    ((name, _),) = decode_labels(chunk)
    return name


def value_of(chunk: bytes) -> str:
    ((_, value),) = decode_labels(chunk)
    return value


def derived_of(
    finals: Sequence[Template | None],
    *,
    own_count: int = 0,
    copies: tuple[tuple[str, int, bool], ...] = (),
) -> Derived:
    """Of what became of each template of a layout; None where it was dropped."""
    kept = tuple([at for at, final in enumerate(finals) if final is not None])
    return Derived(
        layout=Layout(tuple([final for final in finals if final is not None])),
        kept=None if len(kept) == len(finals) else kept,
        own_count=own_count,
        copies=copies,
    )


class Derivation:
    """One layout made into another. `read`: holes whose values the rules see as they are."""

    def __init__(
        self,
        steps: Steps | None,
        extra_labels: Mapping[str, str],
        chunks: Sequence[bytes],
        read: Collection[int],
        obfuscated: Collection[str] = (),
    ) -> None:
        self._steps = steps
        self._obfuscated = obfuscated
        self._extra = extra_labels
        names = [name_of(chunk) for chunk in chunks]
        # A marker names its hole: its label is read or not, whatever value it has.
        self._labels = [
            (name, value_of(chunks[hole]) if hole in read else f"{MARK}{hole}")
            for hole, name in enumerate(names)
        ]
        self._hole_of = {(name, hole, False): hole for hole, name in enumerate(names)}
        self._copies: list[tuple[str, int, bool]] = []

    def derive(self, layout: Layout) -> Derived:
        finals = [self.derived(template) for template in layout.templates]
        return derived_of(finals, own_count=len(self._labels), copies=tuple(self._copies))

    def derived(self, template: Template) -> Template | None:
        """One series; None if it is dropped."""
        labels: Mapping[str, str] | None = self._marked(template)
        if self._steps is not None and labels is not None:
            labels = self._steps.apply(labels)
        if labels is None:
            return None
        final = canonical({**labels, **self._extra})
        return self._template(final) if final else None

    def _marked(self, template: Template) -> dict[str, str]:
        labels = {name: value for piece in template.pieces for name, value in decode_labels(piece)}
        labels.update([self._labels[hole] for hole in template.holes])
        return labels

    def _template(self, labels: Labels) -> Template:
        pieces: list[bytes] = []
        holes: list[int] = []
        run: list[bytes] = []
        for name, value in labels:
            is_hashed = name in self._obfuscated
            if value[0] == MARK:
                pieces.append(b"".join(run))
                run = []
                holes.append(self._hole(name, int(value[1:]), is_hashed))
            else:
                run.append(encode_label(name, obfuscate(value) if is_hashed else value))
        return Template((*pieces, b"".join(run)), holes)

    def _hole(self, name: str, source: int, is_hashed: bool) -> int:
        key = (name, source, is_hashed)
        hole = self._hole_of.get(key)
        if hole is None:
            hole = self._hole_of[key] = len(self._hole_of)
            self._copies.append(key)
        return hole
