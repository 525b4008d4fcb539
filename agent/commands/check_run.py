"""Runs the checks of `promferry check`, from what a configuration says to what the host offers.

Takes flag values; gives a Report.
Invariant: each check runs as far as what it needs is sound, so that one run tells all mistakes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agent.commands.check_files import check_files, check_flag_files
from agent.commands.check_host import check_host
from agent.commands.check_report import COMMAND_LINE, Options, Report
from agent.commands.check_targets import check_targets
from agent.commands.loading import log_settings
from agent.config.errors import ConfigError, ConfigErrors, Problems
from agent.config.lint import lint
from agent.config.load import Loaded, resolve
from agent.config.options import LoadOptions
from agent.config.rule_file import load_rules
from agent.config.sections import Sections, read_sections
from agent.flags.errors import FlagErrors
from agent.flags.merge import merge_remotes
from agent.flags.remotes import (
    labels_from_flags,
    remotes_from_flags,
    section_defaults,
    unheard_flags,
)
from agent.flags.values import Values
from agent.settings import Settings
from pushqueue.settings import RemoteSettings


def check(values: Values, options: Options) -> Report:
    """Everything that can be said about these flags and the configuration that they name."""
    problems = Problems()
    path = values["promscrape.config"]
    load_with = LoadOptions(
        strict=values["promscrape.config.strictParse"], remote_defaults=section_defaults(values)
    )
    sections = read_sections(path, load_with, problems) if path else None
    loaded = resolve(sections, load_with) if sections else Loaded(files_read=(path,))
    findings: Sequence[ConfigError] = ()
    if sections is not None and not problems.errors:
        findings = _look_closer(sections, loaded, load_with, options, problems)
    if not options.is_file_only:
        _check_flags(values, loaded, problems)
    warnings = [ConfigError(file=COMMAND_LINE, message=text) for text in values.warnings]
    return Report(
        errors=_errors_of(problems),
        warnings=(*warnings, *problems.warnings),
        findings=tuple(findings),
        files=tuple(filter(None, loaded.files_read)),
    )


def _look_closer(
    sections: Sections,
    loaded: Loaded,
    load_with: LoadOptions,
    options: Options,
    problems: Problems,
) -> Sequence[ConfigError]:
    """What a configuration names, and what is suspicious in it; gives the findings."""
    if not options.syntax_only:
        check_files(sections, load_with, problems)
        check_targets(sections, loaded)
    return lint(sections, loaded) if options.lint else ()


def _check_flags(values: Values, loaded: Loaded, problems: Problems) -> None:
    """What only flags say: remotes, rules, the data path, addresses, logging."""
    from_flags: tuple[RemoteSettings, ...] = ()
    with _told(problems):
        log_settings(values)
    with _told(problems):
        labels_from_flags(values)
    with _told(problems):
        from_flags = remotes_from_flags(values, load_rules)
    with _told(problems):
        if path := values["remoteWrite.relabelConfig"]:
            load_rules(path)
    remotes: tuple[RemoteSettings, ...] = ()
    with _told(problems):
        remotes, warnings = merge_remotes(from_flags, loaded.remotes)
        for text in (*unheard_flags(values), *warnings):
            problems.warning(ConfigError(file=COMMAND_LINE, message=text))
    if not remotes and not problems.errors:
        problems.error(_of_flag("-remoteWrite.url", "nowhere to push: give it or remote_write"))
    check_flag_files(from_flags, problems)
    settings = Settings(
        remotes=remotes,
        data_path=values["remoteWrite.tmpDataPath"],
        listen_addresses=tuple(filter(None, values["httpListenAddr"])),
    )
    check_host(settings, problems)


@contextmanager
def _told(problems: Problems) -> Iterator[None]:
    """Reports what a step raises, so that the next one has its turn."""
    try:
        yield
    except FlagErrors as exc:
        for error in exc.errors:
            problems.error(_of_flag(f"-{error.name}", error.reason, error.text))
    except ConfigErrors as exc:
        for mistake in exc.errors:
            problems.error(mistake)


def _of_flag(name: str, message: str, text: str = "") -> ConfigError:
    return ConfigError(file=COMMAND_LINE, path=name, message=message, text=text)


def _errors_of(problems: Problems) -> tuple[ConfigError, ...]:
    try:
        problems.raise_if_any()
    except ConfigErrors as exc:
        return exc.errors
    return ()
