"""What a list of rules depends on, and where whole values go.

Takes the actions in order; answers which labels' *values* the rules read, so that label sets
which differ only in other values can share one result (DESIGN section 2: shapes, and the memo of
a remote's rules).

The promise. Let `unread` be labels of an input that are not in `reads_among(actions, names)`.
Give each of them a marker instead of its value, a different non-empty text each, and apply the
rules: the same rules drop it or keep it, the same names come out, and a value that comes out is
either a marker, whole (then the real result has the marked label's value there), or the same as
for the real input. So the rules need to run once per set of names and of read values.
What follows values:
- a rule that decides by a value, or makes it a part of another, reads the label;
- a rule that copies a whole value does not read it, but a later rule that reads the copy does;
- whether a label is there is no value: names are part of the key. So `keep` with `.+`, a constant
  replacement for `(.*)`, and an `if` of `{a!=""}` read nothing.
"""

from collections.abc import Collection, Sequence

from relabel.action import NOTHING, Action


def reads_among(
    actions: Sequence[Action], names: Collection[str], *, results: Collection[str] = ()
) -> frozenset[str]:
    """Which of the input labels `names` are read, directly or by way of copies.

    `results`: labels of the result whose values are looked at by whoever gets it.
    """
    held_by = {name: frozenset((name,)) for name in names}
    read: set[str] = set()
    for action in actions:
        for name in action.reads:
            read |= held_by.get(name, NOTHING)
        copies = list(action.copies)
        if action.renames is not None:
            renamed = [(name, action.renames(name)) for name in held_by]
            copies += [(name, new_name) for name, new_name in renamed if new_name]
        # All of a rule's copies see the labels before it.
        arriving = [(target, held_by.get(source, NOTHING)) for source, target in copies]
        for target, held in arriving:
            # The older contents may stay: rules match or not, and this is asked of names only.
            held_by[target] = held_by.get(target, NOTHING) | held
    for name in results:
        read |= held_by.get(name, NOTHING)
    return frozenset(read)


def reads(actions: Sequence[Action]) -> frozenset[str] | None:
    """The labels read, of any input; None if a renaming of unlisted names comes before a read."""
    held_by: dict[str, frozenset[str]] = {}
    read: set[str] = set()
    is_anywhere = False
    for action in actions:
        if is_anywhere and action.reads:
            return None
        for name in action.reads:
            read |= held_by.get(name, frozenset((name,)))
        arriving = [
            (target, held_by.get(source, frozenset((source,)))) for source, target in action.copies
        ]
        for target, held in arriving:
            held_by[target] = held_by.get(target, frozenset((target,))) | held
        is_anywhere = is_anywhere or _renames_anything(action)
    return frozenset(read)


def copies(actions: Sequence[Action]) -> frozenset[str] | None:
    """The labels whose whole value may go into another label; None if they cannot be listed."""
    if any(_renames_anything(action) for action in actions):
        return None
    return frozenset(source for action in actions for source, target in action.copies)


def changes(actions: Sequence[Action]) -> frozenset[str] | None:
    """The labels that may be set, overwritten or removed; None if they cannot be listed."""
    changed: set[str] = set()
    for action in actions:
        if action.changes is None:
            return None
        changed |= action.changes
    return frozenset(changed)


def _renames_anything(action: Action) -> bool:
    return action.renames is not None and not action.copies
