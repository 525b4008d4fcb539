"""From flag values to the agent's settings: the configuration's files and the flags, merged.

Takes flag values, reads the files that they name; gives `Loaded`, or raises SettingsError with
every mistake, FlagErrors where a flag itself is wrong.
Invariant: called again after files changed, it gives what a new start would.
"""

import attrs

from agent.config.errors import ConfigErrors
from agent.config.load import Loaded as LoadedFiles
from agent.config.load import LoadOptions, load
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.merge import merge_remotes
from agent.flags.remotes import remotes_from_flags
from agent.flags.values import Values
from agent.logs import LogSettings, clock_of, parse_fields
from agent.settings import Settings
from agent.start import Loaded, SettingsError
from scraper.settings import ScrapeJob


def load_all(values: Values) -> Loaded:
    """Everything that flags and files say. Reads files, so it may block."""
    from_flags = remotes_from_flags(values)
    files = _load_files(values)
    remotes, warnings = merge_remotes(from_flags, files.remotes)
    settings = Settings(
        global_=files.global_,
        jobs=tuple(_with_flag_defaults(job, values) for job in files.jobs),
        remotes=remotes,
        data_path=values["remoteWrite.tmpDataPath"],
        listen_addresses=tuple(filter(None, values["httpListenAddr"])),
    )
    return Loaded(
        settings=settings,
        warnings=(*map(str, files.warnings), *warnings),
        files=files.files_read,
    )


def _load_files(values: Values) -> LoadedFiles:
    path = values["promscrape.config"]
    if not path:
        return LoadedFiles()
    try:
        return load(path, options=LoadOptions(strict=values["promscrape.config.strictParse"]))
    except ConfigErrors as exc:
        raise SettingsError([str(error) for error in exc.errors]) from exc


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
    try:
        clock_of(values["loggerTimezone"])
    except ValueError as exc:
        raise _flag_errors("loggerTimezone", exc, values) from exc
    try:
        fields = parse_fields(values["loggerJSONFields"])
    except ValueError as exc:
        raise _flag_errors("loggerJSONFields", exc, values) from exc
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


def _flag_errors(name: str, exc: ValueError, values: Values) -> FlagErrors:
    return FlagErrors([FlagError(name=name, reason=str(exc), text=values[name])])
