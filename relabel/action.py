"""What a compiled rule is: a step over a private dict of labels, and what it depends on.

A step may change the dict that it gets and says whether the series stays. It never raises, and
never leaves an empty value or an empty name in the dict.

An action also says what it depends on, so that label sets that differ only in labels which no
rule looks at can share one result (DESIGN section 2):

- `reads`: labels whose *value* decides something or becomes part of a value. Whether a label is
  there at all is not read: it is known without its value.
- `copies`: (source, target) where a whole value goes unchanged into another label.
- `renames`: for labelmap and its kin, the target of a copy from a label of the given name; None
  where it has none. `copies` holds those too, if the names that match can be listed.
- `changes`: labels that may be set or removed; None where the names cannot be listed.
"""

from collections.abc import Callable, Mapping

import attrs

Labels = dict[str, str]
Step = Callable[[Labels], bool]
Rename = Callable[[str], str | None]

NOTHING: frozenset[str] = frozenset()


def put(labels: Labels, name: str, value: str) -> None:
    """Write a label; an empty value means that it is not there."""
    if value:
        labels[name] = value
    else:
        labels.pop(name, None)


@attrs.frozen
class Probe:
    """What a rule looked at, for `explain`: the text, and whether it matched."""

    text: str
    matched: bool


@attrs.frozen(kw_only=True, eq=False)
class Action:
    """One compiled rule. `probe` is asked before `run` and changes nothing."""

    run: Step
    probe: Callable[[Mapping[str, str]], Probe]
    reads: frozenset[str] = NOTHING
    copies: tuple[tuple[str, str], ...] = ()
    renames: Rename | None = None
    changes: frozenset[str] | None = NOTHING
