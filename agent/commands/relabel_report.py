"""What rules did to series, as text: each explained, or counted per rule.

Takes a Subject and lines with series; writes to stdout, complaints to stderr; gives how many
lines could not be read.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping

import attrs

from agent.commands.relabel_subject import Subject
from relabel.explain import Explanation, Outcome, explain
from relabel.explain_text import explanation_lines, rule_text
from relabel.rule import RelabelRule
from relabel.series_text import parse_series


@attrs.define
class Counts:
    """Of one rule."""

    matched: int = 0
    changed: int = 0
    dropped: int = 0


class Summary:
    """Counts per rule, and of all series."""

    def __init__(self, rules: tuple[RelabelRule, ...]) -> None:
        self._rules = rules
        self._counts = [Counts() for _ in rules]
        self._series = Counts()

    def add(self, explanation: Explanation, before: Mapping[str, str]) -> None:
        for step in explanation.steps:
            counts = self._counts[step.index]
            counts.matched += step.matched
            counts.changed += step.outcome is Outcome.CHANGED
            counts.dropped += step.outcome is Outcome.DROPPED
        self._series.matched += 1
        self._series.dropped += explanation.labels is None
        self._series.changed += explanation.labels not in (None, before)

    def lines(self) -> Iterator[str]:
        yield f"{'rule':>4} {'matched':>9} {'changed':>9} {'dropped':>9}"
        for number, (rule, counts) in enumerate(zip(self._rules, self._counts, strict=True), 1):
            figures = f"{counts.matched:>9} {counts.changed:>9} {counts.dropped:>9}"
            yield f"{number:>4} {figures}  {rule_text(rule)}"
        total = self._series
        yield f"{total.matched} series: {total.dropped} dropped, {total.changed} changed"


def report(subject: Subject, lines: Iterable[str] | None, is_summary: bool) -> int:
    """`lines` None: the subject's own series."""
    summary = Summary(subject.pipeline.rules)
    failures: list[str] = []
    for labels in subject.own_series if lines is None else _parsed(lines, failures):
        before = subject.prepare(labels)
        explanation = explain(subject.pipeline, before)
        if is_summary:
            summary.add(explanation, before)
        else:
            _show(subject, explanation, before)
    if is_summary:
        _write(summary.lines())
    return len(failures)


def _parsed(lines: Iterable[str], failures: list[str]) -> Iterator[dict[str, str]]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            yield parse_series(text)
        except ValueError as exc:
            failures.append(text)
            sys.stderr.write(f"promferry relabel: series {number}: {exc}\n")


def _show(subject: Subject, explanation: Explanation, before: Mapping[str, str]) -> None:
    _write(explanation_lines(explanation, before))
    conclusion = subject.conclude(before) if explanation.labels is not None else ""
    if conclusion:
        _write([f"  => {conclusion}"])


def _write(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
