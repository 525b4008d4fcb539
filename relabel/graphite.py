"""vmagent's action `graphite`: parts of a dotted metric name become labels.

Takes a glob (`*` stands for anything without a dot) and templates (`$1`, `${2}`, `$0` the whole
name); gives an Action. The name is taken apart from left to right, each `*` ending at the first
place where the text behind it follows: no backtracking, so `*a*` style globs do as vmagent does.
"""

import re
from collections.abc import Mapping, Sequence

from relabel.action import Action, Labels, Probe, put
from relabel.rule import RelabelRule
from series.labels import METRIC_NAME

_REFERENCE = re.compile(r"\$(?:\{(\d+)\}|(\d+))", re.ASCII)


class Glob:
    """The glob's texts and stars in order."""

    __slots__ = ("parts",)

    def __init__(self, glob: str) -> None:
        self.parts = [part for part in re.split(r"(\*)", glob) if part]

    def match(self, name: str) -> list[str] | None:
        """The whole name and what each star stands for; None if it does not match."""
        captured = [name]
        rest = name
        parts = iter(self.parts)
        for part in parts:
            if part != "*":
                if not rest.startswith(part):
                    return None
                rest = rest[len(part) :]
                continue
            following = next(parts, None)
            if following is None:
                star, rest = rest, ""
            else:
                star, found, rest = rest.partition(following)
                if not found:
                    return None
            if "." in star:
                return None
            captured.append(star)
        return None if rest else captured


class GlobTemplate:
    """A text with references; one that the match does not have stays as it is written."""

    __slots__ = ("template",)

    def __init__(self, template: str) -> None:
        self.template = template

    def expand(self, captured: Sequence[str]) -> str:
        def value(found: "re.Match[str]") -> str:
            digits = found[1] or found[2]
            # Nobody names more than a handful of parts; a huge number must not be parsed at all.
            number = int(digits) if len(digits) < 10 else len(captured)
            return captured[number] if number < len(captured) else found[0]

        return _REFERENCE.sub(value, self.template)


def graphite(rule: RelabelRule) -> Action:
    glob = Glob(rule.match)
    templates = [(name, GlobTemplate(template)) for name, template in rule.labels.items()]

    def run(labels: Labels) -> bool:
        captured = glob.match(labels.get(METRIC_NAME, ""))
        if captured is None:
            return True
        for name, template in templates:
            put(labels, name, template.expand(captured))
        return True

    def probe(labels: Mapping[str, str]) -> Probe:
        name = labels.get(METRIC_NAME, "")
        return Probe(name, glob.match(name) is not None)

    return Action(
        run=run, probe=probe, reads=frozenset((METRIC_NAME,)), changes=frozenset(rule.labels)
    )
