"""Actions on label names: labelmap, labelmap_all, labeldrop, labelkeep. They read no value.

Each function takes a valid rule and gives an Action. Labels are looked at in the order of their
names, so that the result does not hang on the order in which they came: where two labels are
mapped to one name, the one whose own name sorts last wins.
"""

from collections.abc import Callable, Mapping

from relabel.action import Action, Labels, Probe, Rename
from relabel.expand import bind
from relabel.pattern import Pattern, compile_pattern
from relabel.rule import DEFAULT_REGEX, DEFAULT_REPLACEMENT, RelabelRule
from relabel.substitute import substitution


def labelmap(rule: RelabelRule) -> Action:
    """Copy each label whose name matches to the name that the replacement makes of it."""
    pattern = _pattern(rule)
    template = DEFAULT_REPLACEMENT if rule.replacement is None else rule.replacement
    expansion = bind(template, pattern.group_count, pattern.group_names)
    groups_of, expand = pattern.groups, expansion.expand

    def rename(name: str) -> str | None:
        groups = groups_of(name)
        return None if groups is None else expand(groups, {})

    return _renaming(rename, pattern, expansion.constant)


def _renaming(rename: Rename, pattern: Pattern, constant: str | None) -> Action:
    matches = pattern.matches

    def run(labels: Labels) -> bool:
        found = [name for name in labels if matches(name)]
        if not found:
            return True
        copied: Labels = {}
        for name in sorted(found):
            new_name = rename(name)
            if new_name:  # an empty name is no name
                copied[new_name] = labels[name]
        labels.update(copied)
        return True

    def probe(labels: Mapping[str, str]) -> Probe:
        return _names(labels, matches)

    copies: tuple[tuple[str, str], ...] = ()
    changes = None if constant is None else frozenset((constant,))
    if pattern.literals is not None:
        named = [(name, rename(name)) for name in sorted(pattern.literals)]
        copies = tuple((name, new_name) for name, new_name in named if new_name)
        changes = frozenset(new_name for _, new_name in copies)
    return Action(run=run, probe=probe, copies=copies, renames=rename, changes=changes)


def labelmap_all(rule: RelabelRule) -> Action:
    """vmagent: rename labels, every occurrence of the regex in the name replaced."""
    substitute = substitution(rule)

    def rename(name: str) -> str | None:
        new_name = substitute(name)
        return None if new_name == name else new_name

    def run(labels: Labels) -> bool:
        renamed = [
            (name, new_name) for name in sorted(labels) if (new_name := rename(name)) is not None
        ]
        if renamed:
            values = [labels.pop(name) for name, _ in renamed]
            labels.update(
                (new_name, value)
                for (_, new_name), value in zip(renamed, values, strict=True)
                if new_name
            )
        return True

    def probe(labels: Mapping[str, str]) -> Probe:
        return _names(labels, lambda name: rename(name) is not None)

    return Action(run=run, probe=probe, renames=rename, changes=None)


def labeldrop(rule: RelabelRule) -> Action:
    pattern = _pattern(rule)
    matches = pattern.matches

    def run(labels: Labels) -> bool:
        for name in [name for name in labels if matches(name)]:
            del labels[name]
        return True

    return Action(run=run, probe=lambda labels: _names(labels, matches), changes=pattern.literals)


def labelkeep(rule: RelabelRule) -> Action:
    matches = _pattern(rule).matches

    def run(labels: Labels) -> bool:
        for name in [name for name in labels if not matches(name)]:
            del labels[name]
        return True

    return Action(run=run, probe=lambda labels: _names(labels, matches), changes=None)


def _pattern(rule: RelabelRule) -> Pattern:
    return compile_pattern(DEFAULT_REGEX if rule.regex is None else rule.regex)


def _names(labels: Mapping[str, str], matches: Callable[[str], bool]) -> Probe:
    found = sorted(name for name in labels if matches(name))
    return Probe(", ".join(found), bool(found))
