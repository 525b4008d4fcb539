"""Subcommands: which there are, and the choice among them.

Takes argv without the program's name; gives the exit code. A first argument without a dash names
a subcommand, otherwise the agent runs.
Invariant: only the module of the chosen command is imported.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

from series.kernel import KernelError

# Name, module with `run(argv) -> int`, and what help says.
COMMANDS = {
    "receive": ("agent.commands.receive", "receive pushed metrics and show them: for trying out"),
    "check": ("agent.commands.check", "check configuration and flags, all mistakes at once"),
    "config": ("agent.commands.config", "print the effective configuration"),
    "relabel": ("agent.commands.relabel", "show what relabel rules do to given series"),
    "scrape": ("agent.commands.scrape", "scrape once and show what would be pushed"),
    "targets": ("agent.commands.targets", "show what would be scraped, and what was dropped"),
    "whynot": ("agent.commands.whynot", "ask a running agent why a metric is not there"),
    "tap": ("agent.commands.tap", "show samples as they pass through a running agent"),
    "top": ("agent.commands.top", "a live table of a running agent's remotes and targets"),
    "test": ("agent.commands.test_rules", "run tests of relabel rules"),
    "bundle": ("agent.commands.bundle", "collect what somebody needs to help, in one archive"),
    "lint": ("agent.commands.lint", "check exposition text and the names of its metrics"),
    "queue": ("agent.commands.queue", "look into queues on disk; repair, export or drop them"),
    "convert": (
        "agent.commands.convert",
        "turn another agent's configuration into promferry's",
    ),
    "compare": ("agent.commands.compare", "compare a running vmagent or Prometheus with this one"),
    "demo": ("agent.commands.demo", "start an agent and a receiver together, to look at"),
}

CANNOT_RUN = 1
USAGE_ERROR = 2


def run(argv: Sequence[str]) -> int:
    """Run the command that `argv` names, the agent if none."""
    if not argv or argv[0].startswith("-"):
        return _run_module("agent.commands.run_agent", argv)
    name, *rest = argv
    if name == "help":
        return _help(rest)
    if name not in COMMANDS:
        return _unknown(name)
    return _run_module(COMMANDS[name][0], rest)


def _run_module(module: str, argv: Sequence[str]) -> int:
    try:
        code = import_module(module).run(list(argv))
    except KernelError as exc:
        print(f"promferry: {exc}", file=sys.stderr)
        return CANNOT_RUN
    assert isinstance(code, int)
    return code


def _help(rest: Sequence[str]) -> int:
    """`help` lists the commands, `help NAME` asks that command."""
    if rest and rest[0] in COMMANDS:
        return run([rest[0], "-help"])
    if rest:
        return _unknown(rest[0])
    print(usage(), end="")
    return 0


def usage() -> str:
    lines = [f"  {name:<9} {text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(
        (
            "promferry [flags]          run the agent; promferry -help lists the flags",
            "promferry COMMAND [...]    one of these, each with -help:",
            "",
            *lines,
            "",
        )
    )


def _unknown(name: str) -> int:
    from agent.flags.suggest import nearest  # late: only a mistake needs it

    meant = nearest(name, COMMANDS)
    hint = f"did you mean {meant}?" if meant else "promferry help lists the commands"
    print(f"promferry: unknown command {name[:80]!r}; {hint}", file=sys.stderr)
    return USAGE_ERROR
