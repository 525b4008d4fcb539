"""Tests of relabel rules, as people write them in YAML (format: docs/relabelling.md).

Takes the path of a file; gives its tests, ready to run, or raises ConfigErrors with everything that
is wrong in it and in the configuration that it names.
"""

from collections.abc import Mapping

import attrs

from agent.commands.relabel_subject import (
    Subject,
    find_job,
    find_remote,
    of_job,
    of_remote,
    of_rules,
    of_targets,
)
from agent.config.cursor import Cursor
from agent.config.decode import decode, decoder_for, key
from agent.config.errors import Problems
from agent.config.load import Loaded, LoadOptions, load
from agent.config.rules import Rules
from agent.config.scalars import FilePath, Wrong
from agent.config.sections import FileReader
from agent.config.tree import Sequence as ListNode
from agent.settings import Settings
from relabel.series_text import parse_series

DROPPED = "dropped"


@attrs.frozen(kw_only=True)
class CaseSection:
    """One test as written: whose rules, and what they make of each series."""

    here: Cursor = attrs.field(metadata=key(None), eq=False, repr=False)
    series: Mapping[str, str]
    says: str = ""
    rules: Rules | None = None
    job: str = ""
    target: bool = False
    remote: str = ""


@attrs.frozen(kw_only=True)
class FileSection:
    """A file of tests. `config`: the configuration whose jobs and remotes are tested."""

    tests: tuple[CaseSection, ...]
    config: FilePath = FilePath("")


@attrs.frozen(kw_only=True)
class Expectation:
    """One series and what shall come of it; None: dropped."""

    place: str
    before: Mapping[str, str]
    after: Mapping[str, str] | None


@attrs.frozen(kw_only=True)
class RuleTest:
    says: str
    subject: Subject
    expectations: tuple[Expectation, ...]


def load_tests(path: str) -> list[RuleTest]:
    """Raises ConfigErrors."""
    problems = Problems()
    section = _read(path, problems)
    problems.raise_if_any()
    loaded = load(section.config) if section.config else Loaded()
    tests = [_resolve(test, loaded) for test in section.tests]
    problems.raise_if_any()
    return [test for test in tests if test]


def _read(path: str, problems: Problems) -> FileSection:
    """A mapping with `tests`, or a bare list of tests."""
    cursor = FileReader(LoadOptions(), problems).parse(path)
    if cursor is None:
        return FileSection(tests=())
    try:
        if isinstance(cursor.node, ListNode):
            return FileSection(tests=decoder_for(tuple[CaseSection, ...])(cursor))
        return decode(cursor, FileSection)
    except Wrong as wrong:
        cursor.wrong(wrong)
        return FileSection(tests=())


def _resolve(section: CaseSection, loaded: Loaded) -> RuleTest | None:
    """The test, or None where something is wrong (reported)."""
    try:
        subject = _subject(section, loaded)
    except ValueError as exc:
        section.here.error(str(exc))
        return None
    expectations = [_expectation(section, *pair) for pair in section.series.items()]
    return RuleTest(
        says=section.says or f"test {section.here.path[-1]}",
        subject=subject,
        expectations=tuple(filter(None, expectations)),
    )


def _subject(section: CaseSection, loaded: Loaded) -> Subject:
    given = [
        name for name in ("rules", "job", "remote") if getattr(section, name) not in (None, "")
    ]
    if len(given) != 1:
        raise ValueError("give exactly one of rules, job and remote")
    if section.target and not section.job:
        raise ValueError("target goes with job: it means the job's relabel_configs")
    if section.rules is not None:
        return of_rules(section.rules, {})
    if section.remote:
        return of_remote(find_remote(loaded.remotes, section.remote), {})
    job = find_job(loaded.jobs, section.job)
    return of_targets(job) if section.target else of_job(job, Settings(), {})


def _expectation(section: CaseSection, before: str, after: str) -> Expectation | None:
    place = section.here.at("series").key_of(before)
    text = before
    try:
        labels = parse_series(before)
        text = after
        expected = None if after.strip() == DROPPED else parse_series(after)
    except ValueError as exc:
        place.error(f"{exc} (a series, or `{DROPPED}` behind the colon)", text)
        return None
    node = place.node
    return Expectation(place=f"{node.source.name}:{node.line}", before=labels, after=expected)
