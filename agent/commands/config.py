"""`promferry config`: what a configuration means, once everything is merged.

Takes the agent's own flags, or the path of a configuration; prints the effective configuration as
YAML, secrets masked, or a JSON Schema. Exit codes: 0, 1 a configuration that cannot be used, 2
wrong flags.
Invariant: nothing is started or changed.
"""

import os
import sys
from collections.abc import Sequence

from agent.flags.errors import FlagErrors
from agent.flags.parser import parse
from agent.flags.values import Values

ERRORS, USAGE_ERROR = 1, 2

HELP = """\
promferry config [FILE] [-defaults] [flags of the agent]
promferry config -schema

Prints the effective configuration: the file and what it includes, with the flags, as one YAML
document. Secrets are masked.

  -defaults   also what has its default
  -schema     a JSON Schema of configurations, for editors
"""


def run(argv: Sequence[str]) -> int:
    own = {argument.lstrip("-") for argument in argv if argument.startswith("-")}
    rest = [argument for argument in argv if argument.lstrip("-") not in ("defaults", "schema")]
    if own & {"help", "h"}:
        sys.stdout.write(HELP)
        return 0
    if "schema" in own:
        return _print_schema()
    if rest and not rest[0].startswith("-"):
        rest[0] = f"-promscrape.config={rest[0]}"
    try:
        return _print_configuration(parse(rest, os.environ), "defaults" in own)
    except FlagErrors as exc:
        for error in exc.errors:
            sys.stderr.write(f"promferry config: {error}\n")
        return USAGE_ERROR


def _print_schema() -> int:
    import json

    from agent.config.schema import render_schema  # late: YAML and the settings of all rooms

    json.dump(render_schema(), sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0


def _print_configuration(values: Values, with_defaults: bool) -> int:
    from agent.commands.loading import load_all  # late, as above
    from agent.config.render import render
    from agent.config.writer import Writer
    from agent.start import SettingsError

    try:
        settings = load_all(values).settings
    except SettingsError as exc:
        for line in exc.quoted if sys.stderr.isatty() else exc.errors:
            sys.stderr.write(f"promferry config: {line}\n")
        return ERRORS
    writer = Writer(with_defaults=with_defaults)
    sys.stdout.write(render(settings.global_, settings.jobs, settings.remotes, writer=writer))
    return 0
