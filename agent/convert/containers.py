"""Command lines out of docker-compose files and Kubernetes manifests.

Takes root nodes; gives `Command`s, with the variables and files that the same file gives them.
Source: the Compose specification; Kubernetes' reference of Container, EnvVar, ConfigMap.
"""

import re
from collections.abc import Iterator, Sequence

import attrs

from agent.convert.command import Around, Command, Word, fill, program_of
from agent.convert.environment import KUBERNETES, SHELL, rewritten
from agent.convert.reading import Node
from agent.convert.words import END, commands, shell_words, word_of

# Custom resources that make an operator run an agent, and what it makes of them.
OPERATED = ("VMAgent", "Prometheus", "PrometheusAgent", "OpenTelemetryCollector", "GrafanaAgent",
            "Alloy")  # fmt: skip
_MAX_DEPTH = 12


def of_compose(root: Node) -> list[Command]:
    """The services that run a known agent."""
    found = []
    services = root.get("services")
    files = _compose_files(root)
    for name, node in services.entries() if services else ():
        image = node.get("image")
        words = list(_container_words(node, ("entrypoint", "command"), SHELL))
        around = Around(_compose_variables(node), _sources(node, "env_file"), files)
        found += _called(words, image, name, around)
    return found


def _called(words: list[Word], image: Node | None, name: str, around: Around) -> list[Command]:
    if called := list(commands(words, name, around)):
        return called
    program = program_of(image.text()) if image else ""
    return [Command(program, tuple(words), name, around)] if program else []


def _compose_files(root: Node) -> dict[str, Node]:
    """Configurations that stand in the file itself, by the names they are given."""
    found = {}
    for section in ("configs", "secrets"):
        entries = root.get(section)
        for name, node in entries.entries() if entries else ():
            if content := node.get("content"):
                found[name] = content
    services = root.get("services")
    for _, service in services.entries() if services else ():
        for each in items.items() if (items := service.get("configs")) else ():
            source, target = each.get("source"), each.get("target")
            if source and target and source.text() in found:
                found[target.text().rpartition("/")[2]] = found[source.text()]
    return found


def _compose_variables(node: Node) -> dict[str, Word]:
    found = node.get("environment")
    if found is None:
        return {}
    pairs = (
        [(name, value) for name, value in found.entries() if not value.is_null]
        if found.is_mapping
        else [
            (text.partition("=")[0], item) for item in found.items() if "=" in (text := item.text())
        ]
    )
    known = {}
    for name, value in pairs:
        text = value.text() if found.is_mapping else value.text().partition("=")[2]
        filled, lost, defaults = rewritten(text, SHELL)
        if not lost:
            known[name] = Word(filled, value.place, (), defaults)
    return known


def _sources(node: Node, key: str) -> tuple[str, ...]:
    found = node.get(key)
    if found is None:
        return ()
    items = [found] if found.is_mapping else list(found.items())
    return tuple(
        f"{key} {(each.get('path') or each).text()}"[:80]
        for each in items
        if not each.is_mapping or each.get("path")
    )


def _container_words(
    node: Node, keys: Sequence[str], references: re.Pattern[str]
) -> Iterator[Word]:
    for key in keys:
        value = node.get(key)
        if value is None:
            continue
        is_line = not value.is_mapping and next(value.items(), value).node is value.node
        for item in value.items():
            if is_line:
                file, _, line = item.place.rpartition(":")
                words = shell_words(file, item.text().splitlines(), int(line))
                yield from (word for word in words if word.text != END)
            else:
                yield word_of(item.text(), item.place, references)


def of_kubernetes(roots: Sequence[Node]) -> list[Command]:
    """The containers that run a known agent, in manifests of any kind."""
    found: list[Command] = []
    objects = [each for root in roots for each in _objects(root, 0)]
    files = {name: node for each in objects for name, node in _files_of(each)}
    for each in objects:
        name = each.get("metadata", "name")
        for container in _containers(each, 0):
            words = list(_container_words(container, ("command", "args"), KUBERNETES))
            around = attrs.evolve(_kubernetes_variables(container), files=files)
            image = container.get("image")
            found += _called(words, image, name.text() if name else "", around)
    if not found:
        _refuse_operated(objects)
    return found


def _refuse_operated(objects: Sequence[Node]) -> None:
    for each in objects:
        kind = each.get("kind")
        if kind is not None and kind.text() in OPERATED:
            raise kind.wrong(
                f"{kind.text()} is a custom resource, which an operator turns into what runs: "
                "convert the Deployment or StatefulSet, and the configuration, that it made "
                "(kubectl get deployment,statefulset,configmap -o yaml)"
            )


def _objects(node: Node, depth: int) -> Iterator[Node]:
    """Those of a List, too."""
    items = node.get("items")
    if items is None or items.is_mapping or depth > _MAX_DEPTH:
        yield node
        return
    for each in items.items():
        yield from _objects(each, depth + 1)


def _files_of(node: Node) -> Iterator[tuple[str, Node]]:
    kind = node.get("kind")
    wanted = {"ConfigMap": "data", "Secret": "stringData"}.get(kind.text() if kind else "", "")
    held = node.get(wanted) if wanted else None
    if held is not None and held.is_mapping:
        yield from held.entries()


def _kubernetes_variables(container: Node) -> Around:
    known: dict[str, Word] = {}
    sources: list[str] = []
    for each in items.items() if (items := container.get("env")) else ():
        name, value = each.get("name"), each.get("value")
        if name is None:
            continue
        if value is not None:
            text, lost, _ = rewritten(value.text(), KUBERNETES)
            if not lost and not value.is_null:
                known[name.text()] = Word(fill(text, known), value.place)
        elif (of := each.get("valueFrom")) is not None and of.is_mapping:
            sources += [f"{kind} of {name.text()}" for kind, _ in of.entries()]
    if container.get("envFrom") is not None:
        sources.append("envFrom")
    return Around(known, tuple(sources))


def _containers(node: Node, depth: int) -> Iterator[Node]:
    """Those below any `containers`, wherever a kind has its pods."""
    if depth > _MAX_DEPTH or not node.is_mapping:
        return
    for key, value in node.entries():
        if key == "containers":
            yield from (item for item in value.items() if item.is_mapping)
        else:
            yield from _containers(value, depth + 1)
