"""Grafana Agent's static mode: several small Prometheus agents in one file.

Takes its root node; gives an Outcome with one configuration.
Source: its documented keys; the jobs and remotes are Prometheus' own sections.
"""

from collections.abc import Mapping
from typing import Any

from agent.convert.note import Kind
from agent.convert.outcome import Outcome, Tree
from agent.convert.reading import Node
from agent.convert.table import Differs, Lost, Rules, Same, Walk

LOOK = "docs/migrate-from-prometheus.md"
_HOST_FILTER = Lost("targets of this host only: a relabel rule on __address__ can do it")
INSTANCE: Rules = {
    "host_filter_relabel_configs": Lost("see host_filter"),
    "wal_truncate_frequency": Differs("what was delivered is removed at once"),
    "min_wal_time": Differs("what was delivered is removed at once"),
    "max_wal_time": Differs("-remoteWrite.maxAge gives up what is older"),
    "remote_flush_deadline": Differs("what is left goes to disk"),
    "write_stale_on_shutdown": Differs("no markers on shutdown"),
}
SECTIONS: Rules = {
    "logs": Lost("only metrics are handled here"),
    "loki": Lost("only metrics are handled here"),
    "traces": Lost("only metrics are handled here"),
    "tempo": Lost("only metrics are handled here"),
    "integrations": Lost("run the exporters by themselves and scrape them"),
}


def convert(root: Node, outcome: Outcome) -> dict[str, list[Node]]:
    """Gives where the entries of lists stood."""
    origins: dict[str, list[Node]] = {"scrape_configs": [], "remote_write": []}
    walk = Walk(outcome, {}, LOOK)
    rules: Rules = {
        **SECTIONS,
        "server": lambda node: walk.over(node, server_rules(node, walk)),
        "metrics": lambda node: _metrics(node, outcome, walk, origins),
        "prometheus": lambda node: _metrics(node, outcome, walk, origins),
    }
    walk.over(root, rules)
    return origins


def server_rules(node: Node | None, walk: Walk) -> Rules:
    """The keys of `server`."""

    def level(value: Node) -> None:
        name = value.text().upper()
        walk.outcome.add_flag(
            "loggerLevel", "INFO" if name == "DEBUG" else name, value.place, value.path
        )

    def form(value: Node) -> None:
        name = "json" if value.text() == "json" else "default"
        walk.outcome.add_flag("loggerFormat", name, value.place, value.path)

    def port(value: Node) -> None:
        host = node.get("http_listen_address") if node else None
        address = f"{walk.text(host) if host else ''}:{walk.text(value)}"
        walk.outcome.add_flag("httpListenAddr", address, value.place, value.path)

    return {
        "log_level": level,
        "log_format": form,
        "http_listen_port": port,
        "http_listen_address": Same("-httpListenAddr, with the port"),
        "grpc_listen_address": Differs("nothing is served by gRPC for this"),
        "grpc_listen_port": Differs("nothing is served by gRPC for this"),
    }


def metrics_rules(
    outcome: Outcome, walk: Walk, shared: dict[str, Any], origins: dict[str, list[Node]]
) -> Rules:
    """The keys of `metrics`."""

    def keep_alive(value: Node) -> None:
        if value.is_true():
            walk.outcome.add_flag("promscrape.disableKeepAlive", "true", value.place, value.path)

    def directory(value: Node) -> None:
        path = walk.text(value)
        outcome.flags.append(f"-remoteWrite.tmpDataPath={path}")
        text = (
            "-remoteWrite.tmpDataPath; what is unsent there, by the names of configs: "
            f"promferry queue import -from=prometheus {path}/NAME"
        )
        outcome.note(Kind.DIFFERS, value.place, value.path, text)

    return {
        "wal_directory": directory,
        "wal_cleanup_age": Differs("queues are always kept"),
        "wal_cleanup_period": Differs("queues are always kept"),
        "http_disabled": Differs("the pages are always there; -httpListenAddr says where"),
        "scraping_service": Lost("targets are not shared out among agents"),
        "instance_mode": Differs("all jobs run together"),
        "disable_keepalives": keep_alive,
        "idle_conn_timeout": Differs("one kept connection for each target"),
        "global": lambda value: shared.update(_global(value, outcome, walk, origins)),
        "configs": lambda value: _configs(value, outcome, walk, shared, origins),
    }


def _metrics(node: Node, outcome: Outcome, walk: Walk, origins: dict[str, list[Node]]) -> None:
    shared: dict[str, Any] = {}
    rules = metrics_rules(outcome, walk, shared, origins)
    # `global` first, whatever the file's order: the others need it.
    for wanted in (True, False):
        for key, value in node.entries():
            if (key == "global") is wanted:
                _one(walk, rules, key, value)
    if remotes := shared.get("remote_write"):
        known = outcome.config.setdefault("remote_write", [])
        known += [each for each in remotes if each not in known]


def _one(walk: Walk, rules: Rules, key: str, value: Node) -> None:
    rule = rules.get(key)
    if rule is None:
        walk.outcome.note(Kind.LOST, value.place, value.path, "unknown key", LOOK)
    else:
        walk.apply(rule, value)


def _global(
    node: Node, outcome: Outcome, walk: Walk, origins: dict[str, list[Node]]
) -> Mapping[str, Any]:
    tree = _mapping(node, walk)
    remotes = tree.pop("remote_write", None) or []
    if found := node.get("remote_write"):
        origins["remote_write"] += found.items()
    if tree:
        outcome.config = {"global": tree, **outcome.config}
    outcome.note(Kind.SAME, node.place, node.path, "global, and remote_write")
    return {"remote_write": remotes}


def _mapping(node: Node, walk: Walk) -> Tree:
    return {key: _expanded(value, walk) for key, value in node.entries()}


def _expanded(node: Node, walk: Walk) -> Any:
    """`${NAME}` as -config.expand-env reads it; in rules it is a group of the regex."""
    if node.is_mapping:
        return {
            key: value.plain() if key.endswith("relabel_configs") else _expanded(value, walk)
            for key, value in node.entries()
        }
    plain = node.plain()
    if isinstance(plain, list):
        return [_expanded(each, walk) for each in node.items()]
    return walk.value(node) if isinstance(plain, str) and "${" in plain else plain


def _configs(
    node: Node,
    outcome: Outcome,
    walk: Walk,
    shared: Mapping[str, Any],
    origins: dict[str, list[Node]],
) -> None:
    instances = list(node.items())
    jobs: list[Tree] = outcome.config.setdefault("scrape_configs", [])
    remotes: list[Tree] = outcome.config.setdefault("remote_write", [])
    for each in instances:
        name = each.get("name")
        label = name.text() if name else "default"
        tree = _mapping(each, walk)
        _add_jobs(tree.get("scrape_configs") or [], label, jobs, each, outcome)
        found = each.get("scrape_configs")
        origins["scrape_configs"] += found.items() if found else ()
        own = tree.get("remote_write") or shared.get("remote_write", [])
        remotes += [remote for remote in own if remote not in remotes]
        if tree.get("remote_write") and (own_nodes := each.get("remote_write")):
            origins["remote_write"] += own_nodes.items()
        if len(instances) > 1 and tree.get("remote_write"):
            text = "every remote gets all jobs here; write_relabel_configs can keep some from one"
            outcome.note(Kind.LOST, each.place, each.path, text, LOOK)
        done = {"name", "scrape_configs", "remote_write"}
        for key, value in each.entries():
            if key == "host_filter":
                _host_filter(value, walk)
            elif key not in done:
                _one(walk, INSTANCE, key, value)


def _host_filter(node: Node, walk: Walk) -> None:
    if node.is_true():
        walk.apply(_HOST_FILTER, node)


def _add_jobs(
    found: list[Tree], label: str, jobs: list[Tree], node: Node, outcome: Outcome
) -> None:
    names = {job.get("job_name") for job in jobs}
    for job in found:
        if not isinstance(job, dict) or "job_name" not in job:
            raise node.wrong("a job without job_name")
        if job["job_name"] in names:
            renamed = f"{label}/{job['job_name']}"
            rule = {"target_label": "job", "replacement": str(job["job_name"])}
            text = f"the name stands twice: it is called {renamed}, its label job stays"
            outcome.note(Kind.DIFFERS, node.place, str(job["job_name"]), text)
            rules = [rule, *(job.get("relabel_configs") or [])]
            job = {**job, "job_name": renamed, "relabel_configs": rules}
        else:
            outcome.note(Kind.SAME, node.place, f"job {job['job_name']}", "scrape_configs")
        names.add(job["job_name"])
        jobs.append(job)
