"""From flag values to the agent's settings: the configuration's files and the flags, merged.

Takes flag values, reads the files that they name; gives `Loaded`, or raises SettingsError with
every mistake, FlagErrors if the mistakes are all in flags.
Invariant: called again after files changed, it gives what a new start would.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import attrs

from agent.commands.mistakes import Mistakes
from agent.config.load import Loaded as LoadedFiles
from agent.config.load import LoadOptions, load
from agent.config.rule_file import load_rules
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.front import front_from_flags
from agent.flags.groups.prometheus import START_TIMESTAMP_FEATURES
from agent.flags.merge import merge_remotes
from agent.flags.remotes import (
    label_limits_from_flags,
    labels_from_flags,
    remotes_from_flags,
    section_defaults,
    unheard_flags,
)
from agent.flags.values import Values
from agent.logs import LogSettings, clock_of, parse_fields
from agent.memory import allowed_bytes, remote_share_bytes
from agent.otlp_settings import translation_of
from agent.settings import Settings
from agent.start import Loaded, SettingsError, Start
from pushqueue.settings import CommonSteps, RemoteSettings
from relabel.limits import LabelLimits
from relabel.rule import RelabelRule
from scraper.settings import DiscoverySettings, FileDiscovery, HttpDiscovery, ScrapeJob

T = TypeVar("T")

NO_REMOTE = "nowhere to push; give it, or a remote_write section in -promscrape.config"


def build_start(values: Values) -> Start:
    """The first reading of the configuration, and the way to read it again."""
    loaded = load_all(values)
    return Start(
        settings=loaded.settings,
        flags=values,
        reload=lambda: _loaded_again(values),
        warnings=(*values.warnings, *loaded.warnings),
        files=loaded.files,
    )


def _loaded_again(values: Values) -> Loaded:
    loaded = load_all(values)
    if not loaded.settings.remotes:
        # A start refuses this too; going on would scrape for nobody.
        raise SettingsError([f"-remoteWrite.url: {NO_REMOTE}"])
    return loaded


def load_all(values: Values) -> Loaded:
    """Everything that flags and files say. It may block on files."""
    mistakes = Mistakes()
    rule_files = _RuleFiles(mistakes)
    files = LoadedFiles()
    from_flags: tuple[RemoteSettings, ...] = ()
    labels: dict[str, str] = {}
    limits = LabelLimits()
    with mistakes.collected():
        from_flags = remotes_from_flags(values, rule_files.read)
    with mistakes.collected():
        labels = labels_from_flags(values)
    with mistakes.collected():
        limits = label_limits_from_flags(values)
    with mistakes.collected():
        files = _load_config(values)
    path = values["remoteWrite.relabelConfig"]
    common = CommonSteps(
        relabel_configs=rule_files.read(path) if path else (),
        limits=limits,
        is_compatible_naming=values["usePromCompatibleNaming"],
    )
    mistakes.raise_if_any()
    remotes, warnings = _merge(from_flags, files.remotes)
    check_acknowledgement(values["push.ack"], remotes)
    with mistakes.collected():
        front = front_from_flags(values, len(remotes))
    mistakes.raise_if_any()
    settings = Settings(
        global_=files.global_,
        jobs=tuple(_with_flag_defaults(job, values) for job in files.jobs),
        remotes=_with_memory(
            [_with_common_steps(remote, common, labels) for remote in remotes], values
        ),
        otlp=files.otlp,
        translation=translation_of(files.otlp, values, files.global_.external_labels),
        front=front,
        data_path=values["remoteWrite.tmpDataPath"],
        listen_addresses=tuple(filter(None, values["httpListenAddr"])),
    )
    return Loaded(
        settings=settings,
        warnings=(*map(str, files.warnings), *unheard_flags(values), *warnings),
        files=(*files.files_read, *rule_files.paths),
    )


class _RuleFiles:
    """Reads files of relabel rules, each once; what is wrong in them is collected."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._rules: dict[str, tuple[RelabelRule, ...]] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self._rules)

    def read(self, path: str) -> tuple[RelabelRule, ...]:
        if path not in self._rules:
            self._rules[path] = ()
            with self._mistakes.collected():
                self._rules[path] = load_rules(path)
        return self._rules[path]


def _load_config(values: Values) -> LoadedFiles:
    path = values["promscrape.config"]
    if not path:
        return LoadedFiles()
    options = LoadOptions(
        strict=values["promscrape.config.strictParse"], remote_defaults=section_defaults(values)
    )
    return load(path, options=options)


def _merge(
    from_flags: Sequence[RemoteSettings], from_section: Sequence[RemoteSettings]
) -> tuple[tuple[RemoteSettings, ...], tuple[str, ...]]:
    try:
        return merge_remotes(from_flags, from_section)
    except FlagErrors as exc:
        # A reload may bring this about, so it is a mistake of the files.
        raise SettingsError([str(error) for error in exc.errors]) from exc


def check_acknowledgement(ack: str, remotes: Sequence[RemoteSettings]) -> None:
    """Nothing is durable without a disk (DESIGN section 8, 6). Raises SettingsError."""
    without = [remote.name or remote.key for remote in remotes if remote.queue.disable_disk]
    if ack == "durable" and without:
        told = f"remote {without[0][:80]} keeps its queue in memory only (disableOnDiskQueue)"
        raise SettingsError([f"-push.ack=durable: {told}, so nothing is ever durable there"])


def _with_common_steps(
    remote: RemoteSettings, common: CommonSteps, labels: Mapping[str, str]
) -> RemoteSettings:
    """What flags ask of all remotes, before each one's own rules and after them."""
    return attrs.evolve(remote, common=common, extra_labels={**labels, **remote.extra_labels})


def _with_memory(remotes: Sequence[RemoteSettings], values: Values) -> tuple[RemoteSettings, ...]:
    """The queues' share of the memory, in equal parts, and what to do when it is full."""
    allowed = allowed_bytes(
        percent=values["memory.allowedPercent"], explicit_bytes=values["memory.allowedBytes"]
    )
    return tuple(
        attrs.evolve(
            remote,
            queue=attrs.evolve(
                remote.queue,
                max_memory_bytes=remote_share_bytes(
                    allowed, len(remotes), has_disk=not remote.queue.disable_disk
                ),
                drop_on_overload=values["remoteWrite.dropSamplesOnOverload"],
            ),
        )
        for remote in remotes
    )


def _with_flag_defaults(job: ScrapeJob, values: Values) -> ScrapeJob:
    """The job with what it leaves to flags filled in."""
    size_bytes, no_markers = job.max_scrape_size_bytes, job.no_stale_markers
    if size_bytes is None:
        size_bytes = values["promscrape.maxScrapeSize"]
    if no_markers is None:
        no_markers = values["promscrape.noStaleMarkers"]
    series_limit = job.series_limit
    if series_limit is None:
        series_limit = values["promscrape.seriesLimitPerTarget"]
    lenient = job.lenient_parse
    if lenient is None:
        lenient = values["promscrape.lenientParse"]
    default_port = job.instance_default_port
    if default_port is None:
        default_port = values["promscrape.instanceDefaultPort"]
    starts = job.start_timestamps
    if starts is None:
        starts = values["promscrape.startTimestamps"] or any(
            feature in values["enable-feature"] for feature in START_TIMESTAMP_FEATURES
        )
    return attrs.evolve(
        job,
        max_scrape_size_bytes=size_bytes,
        no_stale_markers=no_markers,
        series_limit=series_limit,
        lenient_parse=lenient,
        start_timestamps=starts,
        instance_default_port=default_port,
        enable_compression=job.enable_compression and not values["promscrape.disableCompression"],
        disable_keepalive=job.disable_keepalive or values["promscrape.disableKeepAlive"],
        max_dropped_targets=values["promscrape.maxDroppedTargets"],
        drop_original_labels=values["promscrape.dropOriginalLabels"],
        suppress_scrape_errors=values["promscrape.suppressScrapeErrors"],
        vmagent_report_series=values["promscrape.vmagentReportSeries"],
        max_header_bytes=values["promscrape.maxResponseHeadersSize"],
        discoveries=tuple(_with_interval(each, values) for each in job.discoveries),
    )


def _with_interval(discovery: DiscoverySettings, values: Values) -> DiscoverySettings:
    """A `refresh_interval` of its own beats the flag of its kind."""
    if isinstance(discovery, FileDiscovery):
        name = "promscrape.fileSDCheckInterval"
    elif isinstance(discovery, HttpDiscovery):
        name = "promscrape.httpSDCheckInterval"
    else:
        return discovery
    if discovery.refresh_interval_s is not None:
        return discovery
    return attrs.evolve(discovery, refresh_interval_s=float(values[name]))


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
