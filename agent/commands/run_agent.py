"""`promferry [flags]`: from argv to a running agent.

Takes flags; reads the configuration that they name, tells every mistake in one line each, and
hands the rest to `agent.app`.
Exit codes: 0 a clean end, 1 a configuration or environment that does not do, 2 wrong flags.
"""

import logging
import os
import sys
from collections.abc import Iterable, Sequence

import attrs

from agent.flags.errors import FlagError, FlagErrors
from agent.flags.parser import parse
from agent.flags.table import TABLE
from agent.flags.values import Values
from agent.logs import set_up
from agent.version import VERSION
from series.kernel import described, kernel

CONFIG_ERROR = 1
USAGE_ERROR = 2

log = logging.getLogger("promferry.agent")


def run(argv: Sequence[str]) -> int:
    try:
        values = parse(argv, os.environ)
        if values["version"]:
            print(f"promferry {VERSION}, kernel {kernel().name}")
            return 0
        if values["help"]:
            return _show_help(values["help"])
        return _run(values)
    except FlagErrors as exc:
        _tell(map(str, exc.errors))
        return USAGE_ERROR


def _show_help(topic: str) -> int:
    from agent.flags.help import render_help  # late: a running agent never needs it

    text = render_help(topic)
    if text is None:
        groups = ", ".join(group.name for group in TABLE.groups)
        reason = f"no flag mentions it; the groups are {groups}"
        raise FlagErrors([FlagError(name="help", reason=reason, text=topic)])
    print(text, end="")
    return 0


def _run(values: Values) -> int:
    # Late: YAML and the settings of all rooms; `-version`, `-help` and mistakes do without.
    from agent.commands.loading import NO_REMOTE, build_start, log_settings
    from agent.garbage import forget_sources
    from agent.push_settings import push_settings
    from agent.start import SettingsError
    from agent.web_settings import web_settings

    kernel()  # one that was asked for and is not there is told before anything else
    logger_settings = log_settings(values)
    web_settings(values)  # mistakes in these flags are told like all others
    push_settings(values)
    if values["dryRun"] or values["promscrape.config.dryRun"]:
        return _dry_run(values)
    try:
        start = build_start(values)
    except SettingsError as exc:
        is_terminal = sys.stderr is not None and sys.stderr.isatty()
        _tell(exc.quoted if is_terminal else exc.errors)
        return CONFIG_ERROR
    if not start.settings.remotes:
        raise FlagErrors([FlagError(name="remoteWrite.url", reason=NO_REMOTE)])
    handler = set_up(logger_settings)
    _log_start(start.warnings, values)
    forget_sources()
    from agent.app import serve  # late: trio and the whole pipeline

    looked = attrs.evolve(start, log_statistics=handler.statistics, log_tail=handler.tail)
    return serve(looked)


def _dry_run(values: Values) -> int:
    """What `promferry check` does; as in vmagent a configuration may be checked by itself."""
    from agent.commands.check_report import Options, write_text
    from agent.commands.check_run import check

    report = check(values, Options(needs_remote=False))
    write_text(report, sys.stdout)
    return report.exit_code


def _log_start(warnings: Iterable[str], values: Values) -> None:
    log.info("promferry %s", VERSION)
    log.log(logging.WARNING if kernel().why_not_c else logging.INFO, "%s", described())
    for name, value, is_set in values.listing():
        if is_set:
            log.info('flag "%s"="%s"', name, value)
    for warning in warnings:
        log.warning("%s", warning)


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"promferry: {line}", file=sys.stderr)
