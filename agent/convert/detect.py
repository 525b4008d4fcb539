"""What a file is, and its conversion.

Takes the name and bytes of a file; gives an Outcome. Raises ConfigErrors with file and line.
Invariant: what is recognised is told by content, not by the file's name.
"""

import re
from collections.abc import Sequence

from agent.config.errors import ConfigErrors
from agent.convert import collector, command_line, grafana
from agent.convert.accept import accept_made, accept_verbatim
from agent.convert.command import Command
from agent.convert.containers import of_compose, of_kubernetes
from agent.convert.outcome import Outcome
from agent.convert.reading import EMPTY, Node, documents, fail, held_text, read_text
from agent.convert.units import of_systemd
from agent.convert.words import of_shell

KINDS = ("collector", "vmagent", "prometheus", "grafana-agent")
KNOWN = (
    "an OpenTelemetry Collector's, Prometheus' or Grafana Agent's YAML, or a shell line, systemd "
    "unit, docker-compose or Kubernetes manifest that runs vmagent or Prometheus"
)
_UNIT = re.compile(r"^\[(Unit|Service)\]\s*$", re.MULTILINE)
_MAPPING = re.compile(r"^[\"']?[A-Za-z_][\w.-]*[\"']?:(\s|$)", re.MULTILINE)


def convert(name: str, content: bytes, *, only: str = "") -> Outcome:
    """`only`: the service, pod or program to take, where a file has several."""
    text = read_text(name, content)
    outcome = Outcome(source=name)
    if _UNIT.search(text):
        return _of_command(_one(of_systemd(name, text), only, name), outcome)
    if not _MAPPING.search(text):
        return _of_command(_one(of_shell(name, text), only, name), outcome)
    roots = [Node(root) for root in documents(name, text) if not root.is_null]
    if not roots:
        raise fail(name, 0, EMPTY)
    return _of_yaml(roots, text, only, outcome)


def convert_words(argv: Sequence[str]) -> Outcome:
    """A command line that was given itself."""
    import shlex  # late: only for this

    outcome = Outcome(source="command line")
    found = of_shell("command line", shlex.join(argv))
    return _of_command(_one(found, "", "command line"), outcome)


def _of_yaml(roots: Sequence[Node], text: str, only: str, outcome: Outcome) -> Outcome:
    root = roots[0]
    if not root.is_mapping:
        raise root.wrong(f"is a {root.node.kind}, not a configuration")
    if any(each.get("kind") and each.get("apiVersion") for each in roots):
        return _of_command(_one(of_kubernetes(roots), only, outcome.source), outcome)
    if root.get("services"):
        return _of_command(_one(of_compose(root), only, outcome.source), outcome)
    return _of_configuration(root, text, outcome)


def _of_configuration(root: Node, text: str, outcome: Outcome) -> Outcome:
    if root.get("service") or root.get("receivers"):
        accept_made(outcome, collector.convert(root, outcome))
    elif root.get("metrics") or (root.get("prometheus") and not root.get("scrape_configs")):
        accept_made(outcome, grafana.convert(root, outcome))
    elif any(root.get(key) for key in ("scrape_configs", "global", "remote_write",
                                       "scrape_config_files")):  # fmt: skip
        accept_verbatim(outcome, root.node.source.name, text, root)
    else:
        raise root.wrong(f"nothing known in it; it must be {KNOWN}")
    return outcome


def _one(found: Sequence[Command], only: str, file: str) -> Command:
    chosen = [each for each in found if not only or only in (each.name, each.program)]
    names = sorted({each.name or each.program for each in found})
    if len(chosen) == 1:
        return chosen[0]
    if len(chosen) > 1:
        hint = f"choose one by -only=NAME: {', '.join(names)[:200]}"
        raise fail(file, 0, "several agents run there", hint=hint)
    hint = f"it has {', '.join(names)[:200]}" if names else f"it must be {KNOWN}"
    raise fail(file, 0, "no agent that is known runs there", hint=hint)


def _of_command(command: Command, outcome: Outcome) -> Outcome:
    command = command.filled()
    held = command.around.files.get(command_line.config_of(command).rpartition("/")[2])
    if command.program in ("grafana", "otelcol"):
        if held is not None:
            return _of_held(held, outcome)
        place = command.words[0].place if command.words else outcome.source
        file, _, line = place.rpartition(":")
        raise fail(file, int(line) if line.isdigit() else 0,
                   "convert the configuration that it names, not its command line")  # fmt: skip
    if held is not None:
        _of_held(held, outcome)
    command_line.convert(command, outcome)
    return outcome


def _of_held(held: Node, outcome: Outcome) -> Outcome:
    """A configuration that stands as a text in the file, with the lines of the file."""
    text = held_text(held)
    roots = [Node(root) for root in documents(held.node.source.name, text) if not root.is_null]
    if not roots or not roots[0].is_mapping:
        raise held.wrong("holds no configuration")
    return _of_configuration(roots[0], text, outcome)


__all__ = ["KNOWN", "ConfigErrors", "convert", "convert_words"]
