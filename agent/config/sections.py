"""Reads the files of a configuration into sections: what was written, with places.

Takes a path and how to read files, gives Sections and reports what is wrong with them.
Invariant: a mistake in one file or section does not hide those in others.
"""

import os
from collections.abc import Sequence

import attrs

from agent.config.compose import parse
from agent.config.cursor import Cursor, Reading, Seen
from agent.config.decode import decode, decoder_for
from agent.config.errors import ConfigError, Problems
from agent.config.jobs import ScrapeSection
from agent.config.options import LoadOptions
from agent.config.root import RootSection
from agent.config.scalars import Wrong
from agent.config.source import decode_source, shown_name
from agent.config.tree import Mapping, Node


@attrs.frozen(kw_only=True)
class Sections:
    """The main file's section, the jobs of all files, and what they name besides.

    Holds the trees of all files: for the time of a load or a check, not longer.
    """

    root: RootSection
    jobs: tuple[ScrapeSection, ...]
    files_read: tuple[str, ...]
    seen: Seen


@attrs.frozen(kw_only=True)
class IncludedSection:
    """A file of `scrape_config_files` in Prometheus' form."""

    scrape_configs: tuple[ScrapeSection, ...] = ()


class FileReader:
    """Reads and parses files; `read` are those that it was asked for, in order."""

    def __init__(self, options: LoadOptions, problems: Problems) -> None:
        self._options = options
        self._problems = problems
        self.seen = Seen()
        self.read: list[str] = []

    def parse(self, path: str) -> Cursor | None:
        """The file's root; None where it cannot be read (reported) or is empty."""
        self.read.append(path)
        name = shown_name(path)
        try:
            content = self._options.read_file(path)
        except OSError as error:
            message = f"cannot be read: {error.strerror or error}"
            self._problems.error(ConfigError(file=name, message=message))
            return None
        source = decode_source(name, content, self._options.environment, self._problems)
        node = parse(source, self._problems) if source else None
        return self._cursor(path, node) if node else None

    def _cursor(self, path: str, node: Node) -> Cursor:
        is_url = "://" in path
        reading = Reading(
            problems=self._problems,
            directory=path.rpartition("/")[0] if is_url else os.path.dirname(os.path.abspath(path)),
            environment=self._options.environment,
            strict=self._options.strict,
            seen=self.seen,
        )
        return Cursor(node, (), reading)


def read_sections(path: str, options: LoadOptions, problems: Problems) -> Sections | None:
    """What the file at `path` and the files that it includes say; None if nothing can be told."""
    files = FileReader(options, problems)
    cursor = files.parse(path)
    if cursor is None:
        return None
    try:
        root = decode(cursor, RootSection)
    except Wrong as wrong:
        cursor.wrong(wrong)
        return None
    jobs = list(root.scrape_configs)
    place = cursor.at("scrape_config_files")
    for index, pattern in enumerate(root.scrape_config_files):
        names = options.list_files(pattern)
        if not names:
            place.item(index).warning("no file matches", pattern)
        for name in names:
            included = files.parse(name)
            jobs += _jobs_of(included) if included else ()
    return Sections(root=root, jobs=tuple(jobs), files_read=tuple(files.read), seen=files.seen)


def _jobs_of(cursor: Cursor) -> Sequence[ScrapeSection]:
    """The jobs of an included file: a bare list (vmagent) or below `scrape_configs`."""
    try:
        if isinstance(cursor.node, Mapping):
            return decode(cursor, IncludedSection).scrape_configs
        jobs: tuple[ScrapeSection, ...] = decoder_for(tuple[ScrapeSection, ...])(cursor)
    except Wrong as wrong:
        cursor.wrong(wrong)
        return ()
    return jobs
