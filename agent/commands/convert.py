"""`promferry convert`: what another agent has, as promferry's configuration, with a report.

Takes a file or a command line; writes `prometheus.yml` and `promferry.sh`, or prints them.
Exit codes: 0 nothing is lost, 3 something has no counterpart, 1 it cannot be read, 2 usage.
Invariant: both files are written whole or not at all, never over existing ones without -force.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.commands.own_options import OwnOptions, split_options
from agent.config.errors import ConfigErrors
from agent.config.source import MAX_FILE_BYTES
from agent.convert.detect import convert, convert_words
from agent.convert.note import Kind, counts
from agent.convert.outcome import Outcome
from agent.flags.errors import FlagErrors

CANNOT_READ, USAGE_ERROR = 1, 2
CONFIG_NAME, COMMAND_NAME = "prometheus.yml", "promferry.sh"

SCRIPT_HEAD = """\
#!/bin/sh
# Starts promferry; with other words runs a command with the same flags: sh promferry.sh check -lint
"""

HELP = """\
promferry convert FILE [-to=DIR [-force]] [-only=NAME] [-quiet]
promferry convert -- vmagent -remoteWrite.url=... [-to=... before the --]

Reads what another agent has and writes a configuration that does the same: an OpenTelemetry
Collector's YAML, a prometheus.yml, Grafana Agent's static mode, or a shell line, systemd unit,
docker-compose file or Kubernetes manifest that runs vmagent or Prometheus. The report on stderr
says what is the same, what differs, what is lost and where to read on. Variables that the file sets
are filled in; others become %{NAME}.

  -to=DIR     write DIR/promferry.sh, and DIR/prometheus.yml unless a command line names its own;
              without it both are printed. `sh DIR/promferry.sh` starts promferry, and
              `sh DIR/promferry.sh check` (compare, queue import, ...) gives the flags to a command
  -force      also over files that are there
  -only=NAME  the service, pod or program to take where a file has several
  -quiet      report only what differs and what is lost

Exit code: 0 nothing is lost, 3 something is, 1 the file cannot be converted.
"""


def run(argv: Sequence[str]) -> int:
    own, words = _parted(argv)
    try:
        options = split_options(own, switches={"force", "quiet"}, texts={"to", "only"})
    except FlagErrors as exc:
        return _complain([str(error) for error in exc.errors], USAGE_ERROR)
    if options.wants_help:
        sys.stdout.write(HELP)
        return 0
    if options.flags or len(options.words) + bool(words) != 1:
        reason = f"what is {options.flags[0][:80]}?" if options.flags else "name one FILE"
        return _complain([f"{reason}; promferry convert -help"], USAGE_ERROR)
    try:
        outcome = _converted(options, words)
        _tell(outcome, quiet="quiet" in options.switches)
        _write(outcome, options)
    except ConfigErrors as exc:
        return _complain([str(error) for error in exc.errors], CANNOT_READ)
    except OSError as exc:
        return _complain([f"{exc.filename}: {exc.strerror or exc}"], CANNOT_READ)
    return outcome.exit_code


def _parted(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    if "--" not in argv:
        return argv, ()
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _converted(options: OwnOptions, words: Sequence[str]) -> Outcome:
    if words:
        return convert_words(words)
    path = options.words[0]
    # One byte more than any file may have: who reads on says that it is too large.
    if path == "-":
        content = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    else:
        with open(path, "rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    name = "stdin" if path == "-" else path
    return convert(name, content, only=options.texts.get("only", ""))


def _tell(outcome: Outcome, *, quiet: bool) -> None:
    for note in outcome.notes:
        if not quiet or note.kind is not Kind.SAME:
            sys.stderr.write(f"{note}\n")
    sys.stderr.write(f"{outcome.source}: {counts(outcome.notes)}\n")


def _write(outcome: Outcome, options: OwnOptions) -> None:
    config, folder = outcome.config_text(), options.texts.get("to")
    if folder is None:
        separator = "\n" if config else ""
        command = outcome.script(CONFIG_NAME).replace("\n", "\n# ").removesuffix("# ")
        sys.stdout.write(f"# {command}{separator}{config}")
        return
    directory = Path(folder)
    script = with_words(outcome.script(str(directory.absolute() / CONFIG_NAME)))
    # The script comes last: where it stands, all stands.
    texts = {directory / CONFIG_NAME: config} if config else {}
    texts[directory / COMMAND_NAME] = f"{SCRIPT_HEAD}{script}"
    if "force" not in options.switches:
        for path in texts:
            if os.path.lexists(path):
                raise FileExistsError(17, "is there already; -force writes over it", str(path))
    directory.mkdir(parents=True, exist_ok=True)
    _replace(texts)


def with_words(script: str) -> str:
    """The words of whoever runs the script stand first, so that they may name a command."""
    return script.replace("exec promferry", 'exec promferry "$@"', 1)


def _replace(texts: dict[Path, str]) -> None:
    """All files or none: they get their names only when every text is on the disk."""
    made: list[tuple[Path, Path]] = []
    try:
        for path, text in texts.items():
            new = path.with_name(f".{path.name}.{os.getpid()}.new")
            mode = 0o700 if path.suffix == ".sh" else 0o600  # either may hold passwords
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            made.append((new, path))
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for new, path in made:
            new.replace(path)
            sys.stderr.write(f"written: {path}\n")
    finally:
        for new, _ in made:
            new.unlink(missing_ok=True)


def _complain(lines: Sequence[str], code: int) -> int:
    for line in lines:
        sys.stderr.write(f"promferry convert: {line}\n")
    return code
