"""One line of the report of a conversion: what became of a key or flag.

Invariant: whatever was read has a note; LOST is what decides the exit code.
Never: holds the text of a secret.
"""

import enum
from collections.abc import Iterable

import attrs

from agent.config.errors import cut


class Kind(enum.Enum):
    """What became of it; the texts are those of the report."""

    SAME = "same"
    DIFFERS = "differs"
    LOST = "lost"


@attrs.frozen
class Note:
    """`place` is `file:line` or `command line`, `what` the key or flag, `look` where to read on."""

    kind: Kind
    place: str
    what: str
    text: str
    look: str = ""

    def __str__(self) -> str:
        look = f" (see {self.look})" if self.look else ""
        return f"{self.kind.value:<8} {self.place}: {cut(self.what)}: {self.text}{look}"


def counts(notes: Iterable[Note]) -> str:
    """`12 same, 3 differ, 1 lost`."""
    kinds = [note.kind for note in notes]
    same, differs, lost = (kinds.count(kind) for kind in Kind)
    return f"{same} same, {differs} differ{'s' * (differs == 1)}, {lost} lost"
