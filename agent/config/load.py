"""Loads a configuration: all its files, all its mistakes.

Takes a path and how to read files, gives the parts of the agent's Settings; raises ConfigErrors
with everything that is wrong in all files.
Invariant: pure over the injected readers and environment: the same input gives the same result.
Never: opens a file that a setting names (certificates, credentials): `promferry check` does.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

import attrs

from agent.config.compose import parse
from agent.config.cursor import Cursor, Reading
from agent.config.decode import decode
from agent.config.errors import ConfigError, Problems
from agent.config.general import (
    DEFAULT_INTERVAL_S,
    DEFAULT_TIMEOUT_S,
    GlobalSection,
    expand_variables,
)
from agent.config.jobs import ScrapeSection, resolve_job
from agent.config.otlp import OtlpSection
from agent.config.queue_section import RemoteDefaults
from agent.config.remotes import resolve_remotes
from agent.config.root import RootSection
from agent.config.scalars import Wrong
from agent.config.source import Source, decode_source
from agent.config.tree import Mapping as MappingNode
from agent.config.tree import Node
from agent.config_files import list_files, read_file
from agent.settings import GlobalSettings
from pushqueue.settings import RemoteSettings
from scraper.settings import ScrapeJob


@attrs.frozen(kw_only=True)
class LoadOptions:
    """What flags and surroundings say about reading a configuration."""

    strict: bool = True  # -promscrape.config.strictParse
    remote_defaults: RemoteDefaults = RemoteDefaults()
    environment: Mapping[str, str] = attrs.field(factory=lambda: dict(os.environ), repr=False)
    read_file: Callable[[str], bytes] = read_file
    list_files: Callable[[str], Sequence[str]] = list_files


@attrs.frozen(kw_only=True)
class Loaded:
    """The parts of Settings that files give."""

    global_: GlobalSettings = GlobalSettings()
    jobs: tuple[ScrapeJob, ...] = ()
    remotes: tuple[RemoteSettings, ...] = ()
    otlp: OtlpSection | None = None
    warnings: tuple[ConfigError, ...] = ()
    files_read: tuple[str, ...] = ()


def load(path: str, *, options: LoadOptions | None = None) -> Loaded:
    """Everything that the file at `path` and the files that it names say. Raises ConfigErrors."""
    loader = _Loader(options or LoadOptions())
    loaded = loader.load(path)
    loader.problems.raise_if_any()
    assert loaded is not None
    return attrs.evolve(loaded, warnings=tuple(loader.problems.warnings))


class _Loader:
    def __init__(self, options: LoadOptions) -> None:
        self._options = options
        self._files: list[str] = []
        self.problems = Problems()

    def load(self, path: str) -> Loaded | None:
        node = self._parse(path)
        if node is None:
            if not self.problems.errors:
                return Loaded(files_read=tuple(self._files))  # an empty file
            return None
        cursor = self._cursor(path, node)
        try:
            root = decode(cursor, RootSection)
        except Wrong as wrong:
            cursor.wrong(wrong)
            return None
        return self._resolve(root)

    def _resolve(self, root: RootSection) -> Loaded:
        sections = list(root.scrape_configs)
        for index, pattern in enumerate(root.scrape_config_files):
            sections += self._included(pattern, root.here.at("scrape_config_files"), index)
        _check_job_names(sections)
        jobs = [resolve_job(section, root.global_) for section in sections]
        return Loaded(
            global_=self._global(root.global_),
            jobs=tuple(jobs),
            remotes=resolve_remotes(root.remote_write, self._options.remote_defaults),
            otlp=root.otlp,
            files_read=tuple(self._files),
        )

    def _global(self, section: GlobalSection) -> GlobalSettings:
        interval_s = section.scrape_interval or DEFAULT_INTERVAL_S
        environment = self._options.environment
        labels = {
            name: expand_variables(value, environment)
            for name, value in section.external_labels.items()
        }
        return GlobalSettings(
            scrape_interval_s=interval_s,
            scrape_timeout_s=section.scrape_timeout or min(DEFAULT_TIMEOUT_S, interval_s),
            external_labels={name: value for name, value in labels.items() if value},
        )

    def _included(self, pattern: str, cursor: Cursor, index: int) -> list[ScrapeSection]:
        """The jobs of `scrape_config_files`: bare lists (vmagent) or below `scrape_configs`."""
        files = self._options.list_files(pattern)
        if not files:
            cursor.item(index).warning("no file matches", pattern)
        sections: list[ScrapeSection] = []
        for file in files:
            node = self._parse(file)
            if node is not None:
                sections += self._jobs_of(self._cursor(file, node))
        return sections

    def _jobs_of(self, cursor: Cursor) -> Sequence[ScrapeSection]:
        from agent.config.decode import decoder_for

        if isinstance(cursor.node, MappingNode):
            return self._decoded(cursor, _IncludedSection).scrape_configs
        try:
            jobs: tuple[ScrapeSection, ...] = decoder_for(tuple[ScrapeSection, ...])(cursor)
        except Wrong as wrong:
            cursor.wrong(wrong)
            return ()
        return jobs

    def _decoded(self, cursor: Cursor, cls: type["_IncludedSection"]) -> "_IncludedSection":
        try:
            return decode(cursor, cls)
        except Wrong as wrong:
            cursor.wrong(wrong)
            return cls()

    def _parse(self, path: str) -> Node | None:
        source = self._read(path)
        return None if source is None else parse(source, self.problems)

    def _read(self, path: str) -> Source | None:
        self._files.append(path)
        try:
            content = self._options.read_file(path)
        except OSError as error:
            reason = error.strerror or str(error)
            message = f"cannot be read: {reason}"
            self.problems.error(ConfigError(file=path, message=message))
            return None
        return decode_source(path, content, self._options.environment, self.problems)

    def _cursor(self, path: str, node: Node) -> Cursor:
        reading = Reading(
            problems=self.problems,
            directory=path.rpartition("/")[0] if "://" in path else str(PurePosixPath(path).parent),
            environment=self._options.environment,
            strict=self._options.strict,
        )
        return Cursor(node, (), reading)


@attrs.frozen(kw_only=True)
class _IncludedSection:
    """A file of `scrape_config_files` in Prometheus' form."""

    scrape_configs: tuple[ScrapeSection, ...] = ()


def _check_job_names(sections: Sequence[ScrapeSection]) -> None:
    first: dict[str, Cursor] = {}
    for section in sections:
        here = section.here.at("job_name")
        before = first.setdefault(section.job_name, here)
        if section.job_name and before is not here:
            node = before.node
            hint = f"first at {node.source.name}:{node.line}:{node.column}"
            name = section.job_name[:80]
            here.error(f'found multiple scrape configs with job name "{name}"', name, hint)
