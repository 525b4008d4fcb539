"""`promferry queue`: what is stored for remotes, shown, checked, copied, rescued, dropped.

Takes the name of an action and a path; prints what it found or did. Exit codes: 0, 1 damage found
or something not done, 2 wrong usage.
Invariant: all but `drop` work on the directory of a running agent and change nothing in it.
"""

import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import attrs

from agent.flags.errors import FlagError, FlagErrors
from pushqueue.view import find_queues

ERRORS, USAGE_ERROR = 1, 2

HELP = """\
promferry queue list    -path=DIR                   each queue: segments, Blocks, samples, times
promferry queue inspect -path=DIR [-blocks]         by segment and lane; each Block with -blocks
promferry queue verify  -path=DIR                   every checksum; exit code 1 if one is wrong
promferry queue repair  -path=DIR -to=NEW           copy the good records, say what was lost
promferry queue export  -path=DIR [-all]            what is to be sent, as JSON lines
promferry queue export  -path=DIR [-all] -url=URL [-remoteWrite.*...]    ... pushed to URL instead
promferry queue rejected -path=DIR [-json] [SELECTOR]   what remotes refused, in their words
promferry queue import  -from=vmagent|prometheus DIR [-since=TIME|-all] [-remote=NAME] [-yes]
                        [-force] [flags of the agent]   another agent's unsent data, before newer
promferry queue drop    -path=DIR [-before=TIME] -yes    give up what is older, or everything

DIR is an agent's data path (all its queues), or the directory of one queue. All but `drop` and
`import` read only, also while an agent runs. TIME is a date (2026-01-31, 2026-01-31T12:00:00Z) or
an age (36h).

`repair` writes a directory that can take the place of the damaged one: stop the agent first, then
copy, and move the copy there. -to is a new directory.
`import` needs both agents stopped; without -yes it only says what is there (queue import -help).
`export` is for a dead box: JSON lines are what VictoriaMetrics takes at /api/v1/import; what was
sent stays in the directory. -all: also what was acknowledged and is still there. Authentication
for -url is told as for the agent: -remoteWrite.bearerToken, -remoteWrite.tlsCAFile, ...
"""

IMPORT_HELP = """\
promferry queue import -from=vmagent|prometheus DIR [-since=TIME|-all] [-remote=NAME] [-yes]
                       [-force] [flags of the agent]

Brings what another agent has not delivered into the queue of a remote, to be sent before anything
newer. DIR is vmagent's -remoteWrite.tmpDataPath (or one queue below it) or the data path of a
Prometheus agent; it is only read. Both agents must be stopped. The agent's flags say where to: its
-remoteWrite.url or -promscrape.config, and -remoteWrite.tmpDataPath.

Without -yes nothing is written: it says how many samples there are, and from when to when.

  -since=TIME   from Prometheus, whose log does not say what was sent: only what is newer. A date
                (2026-01-31T12:00:00Z), Unix seconds, or an age (36h). While Prometheus runs, its
                metric prometheus_remote_storage_queue_highest_sent_timestamp_seconds tells it
  -all          everything that Prometheus' log has
  -remote=NAME  the remote, where there are several
  -yes          do it
  -force        also if it was imported already, or if the queue holds something newer; an import
                that was cut off goes on where it was without it

promferry queue import -from=vmagent /var/lib/vmagent -yes \\
  -remoteWrite.url=http://127.0.0.1:8428/api/v1/write -remoteWrite.tmpDataPath=/var/lib/promferry
sh promferry.sh queue import -from=vmagent /var/lib/vmagent -yes    # with the script of `convert`

Exit code: 0 done, or all is well; 1 something is damaged or could not be done; 2 wrong flags.
"""

_PLAIN = ("path", "to", "url", "before", "from", "since", "remote")
_SWITCHES = ("blocks", "all", "yes", "json", "force")
_FIELDS = {"from": "source"}  # where an option's name is a word of Python


@attrs.define(kw_only=True)
class Options:
    """As given; `flags` are the agent's own, for `export -url` and `import`."""

    path: str = ""
    to: str = ""
    url: str = ""
    before: str = ""
    source: str = ""
    since: str = ""
    remote: str = ""
    force: bool = False
    blocks: bool = False
    all: bool = False
    yes: bool = False
    json: bool = False
    selector: str = ""
    flags: list[str] = attrs.field(factory=list)

    def queues(self) -> list[Path]:
        return find_queues(Path(self.path))


Action = Callable[[Options], int]

# The module and function of each action, and the options that go with it.
ACTIONS = {
    "list": ("agent.commands.queue_report", "list_queues", ()),
    "inspect": ("agent.commands.queue_report", "inspect", ("blocks",)),
    "verify": ("agent.commands.queue_report", "verify_queues", ()),
    "repair": ("agent.commands.queue_change", "repair_queue", ("to",)),
    "export": ("agent.commands.queue_export", "export", ("all", "url")),
    "rejected": ("agent.commands.queue_rejected", "rejected", ("json", "selector")),
    "import": (
        "agent.commands.queue_import",
        "import_queue",
        ("from", "since", "all", "remote", "yes", "force", "directory"),
    ),
    "drop": ("agent.commands.queue_change", "drop", ("before", "yes")),
}


def run(argv: Sequence[str]) -> int:
    if not argv or any(re.fullmatch(r"-+(help|h)", argument) for argument in argv):
        sys.stdout.write(IMPORT_HELP if argv[:1] == ["import"] else HELP)
        return 0 if argv else USAGE_ERROR
    try:
        action, options = read_options(argv)
        return action(options)
    except FlagErrors as exc:
        return _complain([str(error) for error in exc.errors], USAGE_ERROR)
    except BrokenPipeError:
        raise
    except OSError as exc:
        return _complain([f"{exc.filename or options.path}: {exc.strerror or exc}"], ERRORS)


def read_options(argv: Sequence[str]) -> tuple[Action, Options]:
    """Raises FlagErrors."""
    name, *rest = argv
    if name not in ACTIONS:
        raise FlagErrors([_mistake(name, f"is no action; known: {', '.join(ACTIONS)}")])
    module, function, extra = ACTIONS[name]
    options, errors = Options(), []
    for argument in rest:
        word, equals, text = argument.lstrip("-").partition("=")
        is_known = word == "path" or word in extra
        if not argument.startswith("-") and "selector" in extra and not options.selector:
            options.selector = argument
        elif not argument.startswith("-") and "directory" in extra and not options.path:
            options.path = argument
        elif not argument.startswith("-"):
            errors.append(_mistake(argument, "what is it? write the directory as -path=DIR"))
        elif is_known and word in _SWITCHES and not equals:
            setattr(options, word, True)
        elif is_known and word in _PLAIN and text:
            setattr(options, _FIELDS.get(word, word), text)
        elif name == "import" or (word.startswith("remoteWrite.") and name == "export"):
            options.flags.append(argument)
        else:
            errors.append(_mistake(word, f"is no option of queue {name}, or lacks its value"))
    if not options.path:
        errors.append(_mistake("path", "is missing: -path=DIR names the directory"))
    if errors:
        raise FlagErrors(errors)
    action: Action = getattr(import_module(module), function)
    return action, options


def _mistake(name: str, reason: str) -> FlagError:
    return FlagError(name=name[:80], reason=reason)


def _complain(lines: Sequence[str], code: int) -> int:
    for line in lines:
        sys.stderr.write(f"promferry queue: {line}\n")
    return code
