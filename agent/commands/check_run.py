"""Runs the checks of `promferry check`, from what a configuration says to what the host offers.

Takes flag values; gives a Report.
Invariant: each check runs as far as what it needs is sound, so that one run tells all mistakes.
"""

from collections.abc import Sequence

from agent.commands.check_files import check_files
from agent.commands.check_flags import check_flags
from agent.commands.check_report import COMMAND_LINE, Options, Report
from agent.commands.check_targets import check_targets
from agent.config.errors import ConfigError, ConfigErrors, Problems
from agent.config.lint import lint
from agent.config.load import Loaded, resolve
from agent.config.options import LoadOptions
from agent.config.sections import Sections, read_sections
from agent.convert.differences import differences
from agent.flags.remotes import section_defaults
from agent.flags.values import Values


def check(values: Values, options: Options) -> Report:
    """Everything that can be said about these flags and the configuration that they name."""
    problems = Problems()
    path = values["promscrape.config"]
    load_with = LoadOptions(
        strict=values["promscrape.config.strictParse"], remote_defaults=section_defaults(values)
    )
    sections = read_sections(path, load_with, problems) if path else None
    loaded = resolve(sections, load_with) if sections else Loaded(files_read=(path,))
    program = options.program
    told = differences(program, values, sections, loaded) if program else ()
    findings: Sequence[ConfigError] = ()
    if sections is not None:
        findings = _look_closer(sections, loaded, load_with, options, problems)
    if not options.is_file_only:
        check_flags(values, loaded, problems, needs_remote=options.needs_remote)
    warnings = [ConfigError(file=COMMAND_LINE, message=text) for text in values.warnings]
    return Report(
        errors=_errors_of(problems),
        warnings=(*warnings, *problems.warnings),
        findings=tuple(findings),
        differences=tuple(told),
        files=tuple(filter(None, loaded.files_read)),
    )


def _look_closer(
    sections: Sections,
    loaded: Loaded,
    load_with: LoadOptions,
    options: Options,
    problems: Problems,
) -> Sequence[ConfigError]:
    """What a configuration names, and what is suspicious in it; gives the findings.

    Files and targets are looked at beside whatever mistakes; findings need a sound configuration.
    """
    is_sound = not problems.errors
    if not options.syntax_only:
        check_files(sections, load_with, problems)
        check_targets(sections, loaded)
    return lint(sections, loaded) if options.lint and is_sound else ()


def _errors_of(problems: Problems) -> tuple[ConfigError, ...]:
    try:
        problems.raise_if_any()
    except ConfigErrors as exc:
        return exc.errors
    return ()
