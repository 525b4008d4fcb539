"""From flag values to the agent's settings: the configuration's files and the flags, merged.

Takes flag values, reads the files that they name; gives `Loaded`, or raises SettingsError with
every mistake, FlagErrors if the mistakes are all in flags.
Invariant: called again after files changed, it gives what a new start would.
"""

from collections.abc import Callable
from typing import TypeVar

import attrs

from agent.config.errors import ConfigErrors
from agent.config.load import Loaded as LoadedFiles
from agent.config.load import LoadOptions, load
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.merge import merge_remotes
from agent.flags.remotes import remotes_from_flags, section_defaults, unheard_flags
from agent.flags.values import Values
from agent.logs import LogSettings, clock_of, parse_fields
from agent.settings import Settings
from agent.start import Loaded, SettingsError, Start
from pushqueue.settings import RemoteSettings
from scraper.settings import ScrapeJob

T = TypeVar("T")


def build_start(values: Values) -> Start:
    """The first reading of the configuration, and the way to read it again."""
    loaded = load_all(values)
    return Start(
        settings=loaded.settings,
        flags=values,
        reload=lambda: load_all(values).settings,
        warnings=(*values.warnings, *loaded.warnings),
        files=loaded.files,
    )


def load_all(values: Values) -> Loaded:
    """Everything that flags and files say. It may block on files."""
    from_flags: tuple[RemoteSettings, ...] = ()
    files = LoadedFiles()
    wrong_flags: FlagErrors | None = None
    try:
        from_flags = remotes_from_flags(values)
    except FlagErrors as exc:
        wrong_flags = exc
    try:
        files = _load_files(values)
    except ConfigErrors as exc:
        told = [str(error) for error in wrong_flags.errors] if wrong_flags else []
        lines = [*told, *map(str, exc.errors)]
        raise SettingsError(lines, [*told, *(e.with_caret() for e in exc.errors)]) from exc
    if wrong_flags:
        raise wrong_flags
    return _merge(values, from_flags, files)


def _load_files(values: Values) -> LoadedFiles:
    path = values["promscrape.config"]
    if not path:
        return LoadedFiles()
    options = LoadOptions(
        strict=values["promscrape.config.strictParse"], remote_defaults=section_defaults(values)
    )
    return load(path, options=options)


def _merge(values: Values, from_flags: tuple[RemoteSettings, ...], files: LoadedFiles) -> Loaded:
    try:
        remotes, warnings = merge_remotes(from_flags, files.remotes)
    except FlagErrors as exc:
        raise SettingsError([str(error) for error in exc.errors]) from exc
    settings = Settings(
        global_=files.global_,
        jobs=tuple(_with_flag_defaults(job, values) for job in files.jobs),
        remotes=remotes,
        data_path=values["remoteWrite.tmpDataPath"],
        listen_addresses=tuple(filter(None, values["httpListenAddr"])),
    )
    return Loaded(
        settings=settings,
        warnings=(*map(str, files.warnings), *unheard_flags(values), *warnings),
        files=files.files_read,
    )


def _with_flag_defaults(job: ScrapeJob, values: Values) -> ScrapeJob:
    """The job with what it leaves to flags filled in."""
    size_bytes, no_markers = job.max_scrape_size_bytes, job.no_stale_markers
    if size_bytes is None:
        size_bytes = values["promscrape.maxScrapeSize"]
    if no_markers is None:
        no_markers = values["promscrape.noStaleMarkers"]
    return attrs.evolve(job, max_scrape_size_bytes=size_bytes, no_stale_markers=no_markers)


def log_settings(values: Values) -> LogSettings:
    """What `-logger*` says; raises FlagErrors."""
    errors: list[FlagError] = []
    fields = _checked(values, "loggerJSONFields", parse_fields, errors)
    _checked(values, "loggerTimezone", clock_of, errors)
    if fields is None or errors:
        raise FlagErrors(errors)
    return LogSettings(
        level=values["loggerLevel"],
        is_json=values["loggerFormat"] == "json",
        to_stdout=values["loggerOutput"] == "stdout",
        timezone=values["loggerTimezone"],
        timestamps=not values["loggerDisableTimestamps"],
        fields=fields,
        max_argument_length=values["loggerMaxArgLen"],
        errors_per_second=values["loggerErrorsPerSecondLimit"],
        warnings_per_second=values["loggerWarnsPerSecondLimit"],
    )


def _checked(
    values: Values, name: str, read: Callable[[str], T], errors: list[FlagError]
) -> T | None:
    try:
        return read(values[name])
    except ValueError as exc:
        errors.append(FlagError(name=name, reason=str(exc), text=values[name]))
        return None
