"""Loads a configuration: all its files, all its mistakes.

Takes a path and how to read files, gives the parts of the agent's Settings; raises ConfigErrors
with everything that is wrong in all files.
Invariant: pure over the injected readers and environment: the same input gives the same result.
Never: opens a file that a setting names (certificates, credentials): `promferry check` does.
"""

from collections.abc import Mapping, Sequence

import attrs

from agent.config.cursor import Cursor
from agent.config.errors import ConfigError, Problems
from agent.config.general import (
    DEFAULT_INTERVAL_S,
    DEFAULT_TIMEOUT_S,
    GlobalSection,
    expand_variables,
)
from agent.config.jobs import ScrapeSection, resolve_job
from agent.config.options import LoadOptions as LoadOptions
from agent.config.otlp import OtlpSection
from agent.config.remotes import resolve_remotes
from agent.config.sections import Sections, read_sections
from agent.settings import GlobalSettings
from pushqueue.settings import RemoteSettings
from scraper.settings import ScrapeJob


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
    options = options or LoadOptions()
    problems = Problems()
    sections = read_sections(path, options, problems)
    loaded = resolve(sections, options) if sections else Loaded(files_read=(path,))
    problems.raise_if_any()
    return attrs.evolve(loaded, warnings=tuple(problems.warnings))


def resolve(sections: Sections, options: LoadOptions) -> Loaded:
    """The settings that the sections mean; what contradicts itself is reported at its place."""
    root = sections.root
    _check_job_names(sections.jobs)
    return Loaded(
        global_=_resolve_global(root.global_, options.environment),
        jobs=tuple([resolve_job(job, root.global_) for job in sections.jobs]),
        remotes=resolve_remotes(root.remote_write, options.remote_defaults),
        otlp=root.otlp,
        files_read=sections.files_read,
    )


def _resolve_global(section: GlobalSection, environment: Mapping[str, str]) -> GlobalSettings:
    interval_s = section.scrape_interval or DEFAULT_INTERVAL_S
    labels = {
        name: expand_variables(value, environment)
        for name, value in section.external_labels.items()
    }
    return GlobalSettings(
        scrape_interval_s=interval_s,
        scrape_timeout_s=section.scrape_timeout or min(DEFAULT_TIMEOUT_S, interval_s),
        # As in Prometheus, a label that ends up empty is none.
        external_labels={name: value for name, value in labels.items() if value},
    )


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
