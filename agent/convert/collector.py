"""An OpenTelemetry Collector's configuration.

Takes its root node; gives an Outcome with `scrape_configs`, `remote_write`, `otlp` and flags.
Source: the Collector's documented keys, reference/peers.md.
Invariant: only what a metrics pipeline uses is converted; the rest is named.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import attrs

from agent.convert.collector_auth import LOOK
from agent.convert.collector_receivers import read_receivers
from agent.convert.collector_remote import RemoteReader
from agent.convert.note import Kind
from agent.convert.outcome import Outcome, Tree
from agent.convert.reading import Node
from agent.convert.table import Differs, Lost, Rules, To, Walk, seconds

SECTIONS = ("receivers", "processors", "exporters", "connectors", "extensions", "service")
_QUIET_EXTENSIONS = {
    "health_check": "/-/healthy and /-/ready of the agent's own pages",
    "healthcheckv2": "/-/healthy and /-/ready of the agent's own pages",
    "pprof": "promferry bundle collects what helps",
    "zpages": "the agent's own pages",
    "file_storage": "the queue is on disk anyway",
    "memory_ballast": "there is no garbage collector to tune",
}


@attrs.frozen
class Pipeline:
    name: str
    node: Node
    receivers: tuple[str, ...]
    processors: tuple[str, ...]
    exporters: tuple[str, ...]


def convert(root: Node, outcome: Outcome) -> dict[str, list[Node]]:
    """Gives where the entries of lists stood. Raises ConfigErrors where the file contradicts
    itself."""
    origins: dict[str, list[Node]] = {"scrape_configs": [], "remote_write": []}
    for key, value in root.entries():
        if key not in SECTIONS:
            outcome.note(Kind.LOST, value.place, key, "unknown section", LOOK)
    pipelines = list(_pipelines(root, outcome))
    if not pipelines:
        raise (root.get("service") or root).wrong("there is no pipeline of metrics to convert")
    named = {section: _named(root, section) for section in SECTIONS[:-1]}
    otlp: Tree = {}
    for pipeline in pipelines:
        _check_names(pipeline, named)
    if not any(_is_remote(name) for name in _used(pipelines, "exporters")):
        where = root.get("exporters") or root
        raise where.wrong(
            "no pipeline of metrics has a prometheusremotewrite exporter: nothing would be sent"
        )
    jobs = origins["scrape_configs"]
    read_receivers(_used(pipelines, "receivers"), named["receivers"], outcome, jobs)
    _exporters(_used(pipelines, "exporters"), named, outcome, otlp)
    if any(name.partition("/")[0] == "otlp" for name in _used(pipelines, "receivers")):
        _as_the_collector(outcome, otlp, named["exporters"])
    _processors(_used(pipelines, "processors"), named["processors"], outcome)
    _routes(pipelines, outcome)
    _unused(pipelines, named, outcome)
    _service(root, outcome)
    if otlp:
        outcome.config["otlp"] = otlp
    exporters = named["exporters"]
    origins["remote_write"] = [
        node
        for name in _used(pipelines, "exporters")
        if _is_remote(name) and (node := exporters.get(name))
    ]
    return origins


def _as_the_collector(outcome: Outcome, otlp: Tree, exporters: Mapping[str, Node]) -> None:
    """What its translation does otherwise than Prometheus', whose defaults ours are."""
    otlp["label_name_preserve_multiple_underscores"] = False
    if "promote_scope_metadata" not in otlp:
        otlp["promote_scope_metadata"] = True
        for name, node in exporters.items():
            if _is_remote(name):
                text = (
                    "otlp.promote_scope_metadata adds otel_scope_* labels as later collectors do; "
                    "earlier ones send a series otel_scope_info: switch it off there"
                )
                outcome.note(Kind.DIFFERS, node.place, node.path, text)


def _is_remote(name: str) -> bool:
    return name.partition("/")[0] == "prometheusremotewrite"


def _named(root: Node, section: str) -> dict[str, Node]:
    found = root.get(section)
    return dict(found.entries()) if found else {}


def _used(pipelines: list[Pipeline], section: str) -> list[str]:
    return list(dict.fromkeys(name for each in pipelines for name in getattr(each, section)))


def _pipelines(root: Node, outcome: Outcome) -> Iterator[Pipeline]:
    found = root.get("service", "pipelines")
    for name, node in found.entries() if found else ():
        signal = name.partition("/")[0]
        if signal != "metrics":
            text = f"{signal} are not handled here: keep a collector for them"
            outcome.note(Kind.LOST, node.place, node.path, text, LOOK)
            continue
        parts = [
            tuple(item.text() for item in each.items()) if (each := node.get(section)) else ()
            for section in ("receivers", "processors", "exporters")
        ]
        outcome.note(Kind.SAME, node.place, node.path, "scrapes and pushes go to all remotes")
        yield Pipeline(name, node, *parts)


def _check_names(pipeline: Pipeline, named: Mapping[str, Mapping[str, Node]]) -> None:
    connectors = named["connectors"]
    for section in ("receivers", "processors", "exporters"):
        for name in getattr(pipeline, section):
            if name not in named[section] and name not in connectors:
                where = pipeline.node.get(section) or pipeline.node
                raise where.wrong(f"pipeline {pipeline.name} names {name[:80]!r}, not in {section}")


def _exporters(
    names: list[str], named: Mapping[str, Mapping[str, Node]], outcome: Outcome, otlp: Tree
) -> None:
    readers: list[RemoteReader] = []
    for name in names:
        node = named["exporters"].get(name)
        kind = name.partition("/")[0]
        if node is None:
            continue
        if _is_remote(name):
            readers.append(RemoteReader(outcome, named["extensions"], otlp))
            outcome.config.setdefault("remote_write", []).append(readers[-1].read(name, node))
        elif kind in ("debug", "logging", "nop"):
            text = "promferry tap shows samples as they pass"
            outcome.note(Kind.DIFFERS, node.place, node.path, text)
        else:
            text = f"there is no exporter {kind[:80]} here; only remote write is sent"
            outcome.note(Kind.LOST, node.place, node.path, text, LOOK)
    _external_labels(readers, outcome)


def _external_labels(readers: list[RemoteReader], outcome: Outcome) -> None:
    """Those of the configuration where it has one remote and none of its own; else by rules."""
    of_scrapes = outcome.config.get("global", {}).get("external_labels")
    if len(readers) == 1 and readers[0].external and not of_scrapes:
        written = {name: text.replace("$", "$$") for name, text in readers[0].external.items()}
        shared = {**outcome.config.pop("global", {}), "external_labels": written}
        outcome.config = {"global": shared, **outcome.config}
        return
    for reader in readers:
        reader.add_external_labels()


def _processors(names: list[str], nodes: Mapping[str, Node], outcome: Outcome) -> None:
    for name in names:
        kind, node = name.partition("/")[0], nodes.get(name)
        if node is None:
            continue
        if kind == "batch":
            _batch(node, outcome)
        elif kind == "memory_limiter":
            _memory(node, outcome)
        else:
            text = f"there is no processor {kind[:80]}: relabelling can do much of it"
            outcome.note(Kind.LOST, node.place, node.path, text, "docs/relabelling.md")


BATCH: Rules = {
    "timeout": To("batch_send_deadline", seconds, "also for what is scraped"),
    "send_batch_size": To("max_samples_per_send", differs="samples, not data points"),
    "send_batch_max_size": Differs("max_samples_per_send is the bound"),
    "metadata_keys": Lost("headers of pushes are not kept"),
    "metadata_cardinality_limit": Lost("headers of pushes are not kept"),
}


def _batch(node: Node, outcome: Outcome) -> None:
    tree: Tree = {}
    Walk(outcome, tree, LOOK).over(node, BATCH)
    outcome.note(Kind.SAME, node.place, node.path, "queue_config of each remote")
    for remote in outcome.config.get("remote_write", ()):
        for key, value in tree.items():
            remote.setdefault("queue_config", {}).setdefault(key, value)


def _limit(name: str, suffix: str) -> Callable[[Outcome, Node], None]:
    def add(outcome: Outcome, value: Node) -> None:
        outcome.flags.append(f"-{name}={value.text()}{suffix}")
        text = f"-{name}; pushers wait or are answered 503, scrapes go on"
        outcome.note(Kind.DIFFERS, value.place, value.path, text)

    return add


_BOUNDED = "bounded memory is always kept to"
MEMORY = {
    "limit_mib": _limit("memory.allowedBytes", "MiB"),
    "limit_percentage": _limit("memory.allowedPercent", ""),
    "check_interval": None,
    "spike_limit_mib": None,
    "spike_limit_percentage": None,
    "min_gc_interval_when_soft_limited": None,
    "min_gc_interval_when_hard_limited": None,
}


def _memory(node: Node, outcome: Outcome) -> None:
    rules: Rules = {
        key: partial(add, outcome) if add else Differs(_BOUNDED) for key, add in MEMORY.items()
    }
    Walk(outcome, {}, LOOK).over(node, rules)
    outcome.note(Kind.SAME, node.place, node.path, _BOUNDED)


def _routes(pipelines: list[Pipeline], outcome: Outcome) -> None:
    """Every remote gets everything: pipelines that keep sources apart lose that."""
    remotes = {name for name in _used(pipelines, "exporters") if _is_remote(name)}
    for each in pipelines:
        if not remotes.issubset(each.exporters):
            text = "every remote gets all series here; write_relabel_configs can keep some from one"
            outcome.note(Kind.LOST, each.node.place, each.node.path, text, LOOK)


def _unused(
    pipelines: list[Pipeline], named: Mapping[str, Mapping[str, Node]], outcome: Outcome
) -> None:
    for section in ("receivers", "processors", "exporters"):
        used = set(_used(pipelines, section))
        for name, node in named[section].items():
            if name not in used:
                text = "no pipeline of metrics uses it: left out"
                outcome.note(Kind.DIFFERS, node.place, node.path, text)
    for node in named["connectors"].values():
        outcome.note(Kind.LOST, node.place, node.path, "there are no connectors", LOOK)
    for name, node in named["extensions"].items():
        if text := _QUIET_EXTENSIONS.get(name.partition("/")[0], ""):
            outcome.note(Kind.DIFFERS, node.place, node.path, text)


def _service(root: Node, outcome: Outcome) -> None:
    telemetry = Differs("the agent's own pages and /metrics, -logger* flags")
    rules: Rules = {
        "pipelines": lambda _: None,
        "extensions": lambda _: None,
        "telemetry": telemetry,
    }
    if service := root.get("service"):
        Walk(outcome, {}, LOOK).over(service, rules)
