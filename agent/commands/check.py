"""`promferry check`: everything that is wrong with a configuration, in one run.

Takes the agent's own flags, or the path of a configuration; prints errors, warnings and findings.
Exit codes: 0 clean, 1 errors, 2 wrong flags, 3 only findings of `-lint`.
Invariant: nothing is started, sent or changed.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.commands.check_report import Options, write_json, write_text
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.parser import parse

USAGE_ERROR = 2

HELP = """\
promferry check [FILE] [-lint] [-syntax-only] [-format=text|json] [flags of the agent]
promferry check vmagent|prometheus [flags of that agent]

Checks a configuration and tells all mistakes at once: syntax, relabel rules, target files,
certificates, credential files; with the agent's flags also the data path, its free space, the
addresses to listen on, and the certificates and passwords of its pages. With FILE only the
configuration and what it names is looked at. -dryRun is the same, and needs no remote.

With the command line of vmagent or Prometheus (its name first; Prometheus is known by its flags)
it also tells what will be different, by flag and key: identity of series, timestamps, defaults.

  -lint           also what is legal but suspicious
  -syntax-only    only what the files say; nothing that they name is looked at
  -format=json    one JSON object with `errors`, `warnings` and `findings`

What -lint finds:
"""


def run(argv: Sequence[str]) -> int:
    try:
        options, rest = _read_options(argv)
        if any(argument.lstrip("-") in ("help", "h") for argument in rest):
            sys.stdout.write(_help())
            return 0
        values = parse(rest, os.environ)
        from agent.commands.check_run import check  # late: YAML, RE2, the settings of all rooms

        report = check(values, options)
    except FlagErrors as exc:
        for error in exc.errors:
            sys.stderr.write(f"promferry check: {error}\n")
        return USAGE_ERROR
    write = write_json if options.as_json else write_text
    write(report, sys.stdout)
    return report.exit_code


def _help() -> str:
    from agent.config.lint import RULES  # late: only help needs it here

    return HELP + "".join(f"  {name:<15} {text}\n" for name, text in RULES.items())


def _read_options(argv: Sequence[str]) -> tuple[Options, list[str]]:
    """The check's own options, and the arguments that are the agent's."""
    from agent.convert.command import program_of
    from agent.convert.differences import PROGRAMS, is_of_prometheus  # late, as above

    chosen: dict[str, bool] = {}
    program = ""
    rest: list[str] = []
    own = {"lint": "lint", "syntax-only": "syntax_only", "format=json": "as_json"}
    for number, argument in enumerate(argv):
        name = argument.lstrip("-") if argument.startswith("-") else ""
        if name in own:
            chosen[own[name]] = True
        elif name.startswith("format") and name.partition("=")[0] == "format":
            if name != "format=text":
                reason = "must be -format=text or -format=json"
                raise FlagErrors([FlagError(name="format", reason=reason, text=argument)])
        elif not rest and not program and program_of(argument) in PROGRAMS and argument[0] != "-":
            program = program_of(argument)
        elif not rest and number == len(chosen) and argument and argument[0] != "-":
            chosen["is_file_only"] = True
            rest.append(f"-promscrape.config={argument}")
        elif program and not rest and Path(argument).is_file():
            reason = (
                "give its flags; `promferry convert FILE -to=new` reads a file, and then "
                f"`sh new/promferry.sh check {program}` gives them"
            )
            raise FlagErrors([FlagError(name=program, reason=reason, text=argument)])
        else:
            rest.append(argument)
    if not program and any(map(is_of_prometheus, rest)):
        program = "prometheus"
    return Options(**chosen, program=program), rest
