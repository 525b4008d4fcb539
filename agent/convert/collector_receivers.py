"""The otlp and prometheus receivers of a Collector.

Takes their nodes; gives flags of listeners, and jobs with where they stood.
Source: the receivers' documented keys, reference/peers.md.
"""

from collections.abc import Callable, Mapping

from agent.convert.collector_auth import LOOK
from agent.convert.note import Kind
from agent.convert.outcome import Outcome, Tree
from agent.convert.reading import Node
from agent.convert.table import Differs, Lost, Rules, Same, Walk
from agent.flags.units import parse_size


def read_receivers(
    names: list[str], nodes: Mapping[str, Node], outcome: Outcome, jobs: list[Node]
) -> None:
    for name in names:
        kind, node = name.partition("/")[0], nodes.get(name)
        if node is None:
            continue
        if kind == "otlp":
            _otlp(node, outcome)
        elif kind == "prometheus":
            _prometheus(node, outcome, jobs)
        else:
            text = f"there is no receiver {kind[:80]} here"
            outcome.note(Kind.LOST, node.place, node.path, text, LOOK)


def _otlp(node: Node, outcome: Outcome) -> None:
    protocols = node.get("protocols")
    if protocols is None:
        raise node.wrong("has no protocols")
    walk = Walk(outcome, {}, LOOK)
    for key, value in protocols.entries():
        if key not in ("grpc", "http"):
            outcome.note(Kind.LOST, value.place, value.path, "unknown protocol", LOOK)
            continue
        endpoint = value.get("endpoint")
        port = 4317 if key == "grpc" else 4318
        address = walk.text(endpoint) if endpoint else f"localhost:{port}"
        outcome.add_flag(f"otlp.{key}ListenAddr", address, value.place, value.path)
        walk.over(value, server_rules(outcome))
    walk.over(node, {"protocols": lambda _: None})


def server_rules(outcome: Outcome) -> Rules:
    """The keys of a protocol of an otlp receiver."""

    def flag(name: str) -> Callable[[Node], None]:
        def add(node: Node) -> None:
            outcome.add_flag(name, node.text(), node.place, node.path)

        return add

    def size(suffix: str) -> Callable[[Node], None]:
        """Of both protocols the larger one: it is one bound here."""

        def add(node: Node) -> None:
            name = "opentelemetry.maxRequestSize"
            before = [each for each in outcome.flags if each.startswith(f"-{name}=")]
            outcome.add_flag(name, node.text() + suffix, node.place, node.path)
            texts = {each: each.partition("=")[2] for each in outcome.flags if name in each}
            if before and len(texts) > 1:
                smaller = min(texts, key=lambda each: parse_size(texts[each]))
                outcome.flags.remove(smaller)
                told = f"-{name} is for both protocols: the larger one is taken"
                outcome.note(Kind.DIFFERS, node.place, node.path, told)

        return add

    def switch(name: str, then: Callable[[Node], None]) -> Callable[[Node], None]:
        """A file that means something only where its switch is on."""

        def add(node: Node) -> None:
            outcome.add_flag(name, "true", node.place, node.path)
            then(node)

        return add

    tls: Rules = {
        "cert_file": switch("otlp.tls", flag("otlp.tlsCertFile")),
        "key_file": flag("otlp.tlsKeyFile"),
        "client_ca_file": switch("otlp.mtls", flag("otlp.mtlsCAFile")),
        "min_version": Lost("-tlsMinVersion is for all listeners"),
        "reload_interval": Differs("files are read again when they change"),
    }
    return {
        "endpoint": lambda _: None,
        "transport": Same("tcp"),
        "tls": lambda node: Walk(outcome, {}, LOOK).over(node, tls),
        "auth": Lost("-otlp.httpAuth.* or -otlp.bearerToken: one user or token for what is pushed"),
        "max_recv_msg_size_mib": size("MiB"),
        "max_request_body_size": size(""),
        "max_concurrent_streams": Differs("the server has its own bounds"),
        "read_buffer_size": Differs("the server has its own bounds"),
        "write_buffer_size": Differs("the server has its own bounds"),
        "keepalive": Differs("the server has its own bounds"),
        "include_metadata": Differs("headers of pushes are not kept"),
        "compression_algorithms": Differs("gzip, and what the format has"),
        "cors": Lost("browsers cannot push here"),
        "metrics_url_path": Differs("/v1/metrics"),
        "traces_url_path": Differs("only metrics are taken"),
        "logs_url_path": Differs("only metrics are taken"),
    }


def prometheus_rules(outcome: Outcome, jobs: list[Node]) -> Rules:
    """The keys of a prometheus receiver; `jobs` gets where its jobs stand."""
    return {
        "config": lambda each: _scrape_config(each, outcome, jobs),
        "trim_metric_suffixes": Differs("names are sent as they were scraped"),
        "use_start_time_metric": Differs("start_timestamps of a job reads `_created` lines"),
        "start_time_metric_regex": Differs("start_timestamps of a job reads `_created` lines"),
        "report_extra_scrape_metrics": Differs("-promscrape.vmagentReportSeries adds some"),
        "target_allocator": Lost("targets are not shared out among agents"),
        "api_server": Differs("the agent's own pages have /api/v1/targets"),
    }


def _prometheus(node: Node, outcome: Outcome, jobs: list[Node]) -> None:
    Walk(outcome, {}, LOOK).over(node, prometheus_rules(outcome, jobs))
    text = "no target_info is made of scraped targets: job and instance are labels of each series"
    outcome.note(Kind.DIFFERS, node.place, node.path, text)


def _scrape_config(node: Node, outcome: Outcome, jobs: list[Node]) -> None:
    """A prometheus.yml within the file; `$$` stands for `$`."""
    walk = Walk(outcome, {}, LOOK)
    for key, value in node.entries():
        if key == "scrape_configs":
            _add_jobs(walk.value(value), value, outcome, jobs)
        elif key == "global":
            before = outcome.config.setdefault("global", {})
            found = walk.value(value)
            if before and before != found:
                raise value.wrong("two prometheus receivers have different global sections")
            before.update(found)
            outcome.note(Kind.SAME, value.place, value.path, "global")
        elif key == "scrape_config_files":
            outcome.config.setdefault(key, []).extend(walk.value(value))
            outcome.note(Kind.SAME, value.place, value.path, key)
        else:
            outcome.note(Kind.LOST, value.place, value.path, "of no use to an agent", LOOK)


def _add_jobs(jobs: object, node: Node, outcome: Outcome, origins: list[Node]) -> None:
    kept: list[Tree] = outcome.config.setdefault("scrape_configs", [])
    names = {job["job_name"] for job in kept}
    for job, each in zip(jobs if isinstance(jobs, list) else (), node.items(), strict=False):
        name = job.get("job_name") if isinstance(job, dict) else None
        if name is None:
            raise each.wrong("a job without job_name")
        if name in names:
            raise each.wrong(f"job {str(name)[:80]!r} stands in two receivers: rename one")
        names.add(name)
        kept.append(job)
        origins.append(each)
        outcome.note(Kind.SAME, each.place, f"job {name}", "scrape_configs")
