"""`promferry relabel`: what relabel rules do to given series, rule by rule.

Takes the agent's own flags, which rules to apply, and series (arguments, or a page on stdin);
prints an explanation of each, or counts per rule. Exit codes: 0, 1 a configuration or a series
that cannot be read, 2 wrong flags.
Invariant: the rules are those that the agent would apply, compiled by the same code.
"""

import os
import sys
from collections.abc import Iterator, Sequence

import attrs

from agent.flags.errors import FlagError, FlagErrors
from agent.flags.parser import parse

ERRORS, USAGE_ERROR = 1, 2

HELP = """\
promferry relabel [-job=NAME [-target] | -remote=NAME | -rules=FILE] [-summary]
                  [-label=NAME=VALUE]... [flags of the agent] [SERIES]...

Shows, rule by rule, what becomes of each SERIES, such as 'up{job="node"}'. Without SERIES, series
are read from stdin, one a line; a whole page of a target will do.

  -job=NAME           metric_relabel_configs of this job (needed if there are several jobs)
  -target             the job's relabel_configs; SERIES are labels of discovered targets, such as
                      '{__address__="10.0.0.1:9100"}'; without SERIES the job's static targets
  -remote=NAME        what this remote applies: the rules for all remotes, then its own
  -rules=FILE         a file with a bare list of rules
  -label=NAME=VALUE   a label of the target, that each series gets as in a scrape
  -summary            count per rule what it matched, changed and dropped

promferry relabel -promscrape.config=prometheus.yml -job=node 'node_cpu_seconds_total{cpu="0"}'
curl -s localhost:9100/metrics | promferry relabel -promscrape.config=prometheus.yml -job=node \\
    -label=job=node -label=instance=localhost:9100 -summary
"""


@attrs.define(kw_only=True)
class Options:
    """The command's own options, as given."""

    job: str = ""
    remote: str = ""
    rules: str = ""
    is_target: bool = False
    is_summary: bool = False
    labels: dict[str, str] = attrs.field(factory=dict)
    series: list[str] = attrs.field(factory=list)
    flags: list[str] = attrs.field(factory=list)


def run(argv: Sequence[str]) -> int:
    if any(argument.lstrip("-") in ("help", "h") for argument in argv if argument[:1] == "-"):
        sys.stdout.write(HELP)
        return 0
    try:
        options = read_options(argv)
        values = parse(options.flags, os.environ)
        from agent.commands.relabel_subject import subject  # late: YAML, RE2

        chosen = subject(options, values)
    except FlagErrors as exc:
        return _complain([str(error) for error in exc.errors], USAGE_ERROR)
    except ValueError as exc:  # SettingsError, ConfigErrors, RuleError: a line for each mistake
        lines = exc.quoted if sys.stderr.isatty() and hasattr(exc, "quoted") else [str(exc)]
        return _complain(lines, ERRORS)
    from agent.commands.relabel_report import report  # late, as above

    try:
        return ERRORS if report(chosen, _lines(options), options.is_summary) else 0
    except BrokenPipeError:  # `| head` has seen enough; nothing may be written at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _lines(options: Options) -> Iterator[str] | None:
    if options.series:
        return iter(options.series)
    return None if options.is_target else iter(sys.stdin)


def read_options(argv: Sequence[str]) -> Options:
    """Raises FlagErrors."""
    options = Options()
    errors: list[FlagError] = []
    for argument in argv:
        name, equals, text = argument.lstrip("-").partition("=")
        if not argument.startswith("-"):
            options.series.append(argument)
        elif name in ("target", "summary") and not equals:
            setattr(options, f"is_{name}", True)
        elif name in ("job", "remote", "rules"):
            setattr(options, name, text)
            if not text:
                reason = f"write it with a value, as -{name}=NAME"
                errors.append(FlagError(name=name, reason=reason))
        elif name == "label":
            label, has_value, value = text.partition("=")
            options.labels[label] = value
            if not label or not has_value:
                reason = "must be a name and a value, as -label=instance=host:9100"
                errors.append(FlagError(name=name, reason=reason, text=text))
        else:
            options.flags.append(argument)
    _check_together(options, errors)
    if errors:
        raise FlagErrors(errors)
    return options


def _check_together(options: Options, errors: list[FlagError]) -> None:
    chosen = [name for name in ("job", "remote", "rules") if getattr(options, name)]
    if len(chosen) > 1:
        reason = f"-{chosen[0]} and -{chosen[1]} exclude each other"
        errors.append(FlagError(name=chosen[1], reason=reason))
    if options.is_target and (options.remote or options.rules or options.labels):
        reason = "goes with -job only: it is about the labels of the job's targets"
        errors.append(FlagError(name="target", reason=reason))


def _complain(lines: Sequence[str], code: int) -> int:
    for line in lines:
        sys.stderr.write(f"promferry relabel: {line}\n")
    return code
