"""Configurations of other agents, made from the tables, so that every flag and key occurs.

Takes nothing; gives (id, text) pairs: at least thirty of each kind.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from agent.convert.collector import BATCH
from agent.convert.collector_auth import TLS
from agent.convert.collector_receivers import prometheus_rules, server_rules
from agent.convert.collector_remote import RETRY, WAL, RemoteReader
from agent.convert.outcome import Outcome
from agent.flags.flag import Flag, Kind
from agent.flags.table import TABLE

_VALUES = {
    Kind.STRING: "text", Kind.BOOL: "true", Kind.INT: "3", Kind.FLOAT: "2.5",
    Kind.DURATION: "7s", Kind.SIZE: "2MiB", Kind.PERCENT: "7%", Kind.PASSWORD: "secret",
}  # fmt: skip
_OWN = {
    "loggerLevel": "WARN", "loggerFormat": "json", "loggerOutput": "stdout", "log.level": "warn",
    "log.format": "json", "push.ack": "durable", "remoteWrite.url": "http://a.example/api/v1/write",
}  # fmt: skip
_EACH = 5


def value_of(flag: Flag) -> str:
    return _OWN.get(flag.name) or (flag.choices[-1] if flag.choices else _VALUES[flag.kind])


def _chunks(flags: list[Flag]) -> Iterator[list[Flag]]:
    for at in range(0, len(flags), _EACH):
        yield flags[at : at + _EACH]


def vmagent() -> Iterator[tuple[str, str]]:
    """Shell lines, units, compose files and manifests by turns."""
    flags = [f for f in TABLE.flags if not f.is_foreign and f.name not in ("help", "version")]
    shapes = (_shell, _unit, _compose, _manifest)
    for number, several in enumerate(_chunks(flags)):
        words = [f"-{flag.name}={value_of(flag)}" for flag in several]
        yield f"vmagent {several[0].name}", shapes[number % len(shapes)]("vmagent", words)


def prometheus() -> Iterator[tuple[str, str]]:
    flags = [flag for flag in TABLE.flags if flag.is_foreign]
    shapes = (_shell, _unit, _compose, _manifest)
    for number in range(max(30, len(flags))):
        pair = {flags[number % len(flags)].name: flags[number % len(flags)]}
        words = [f"--{name}={value_of(flag)}" for name, flag in pair.items()]
        yield f"prometheus {words[0]}", shapes[number % len(shapes)]("prometheus", words)


def _shell(program: str, words: list[str]) -> str:
    return f"#!/bin/sh\nexec /usr/bin/{program} \\\n  " + " \\\n  ".join(words) + "\n"


def _unit(program: str, words: list[str]) -> str:
    line = " \\\n  ".join([f"/usr/bin/{program}", *words])
    return f"[Unit]\nDescription=x\n\n[Service]\nExecStart={line}\nRestart=always\n"


def _compose(program: str, words: list[str]) -> str:
    service = {"image": f"docker.example/{program}:v1", "command": words}
    return yaml.safe_dump({"services": {"agent": service, "db": {"image": "db:1"}}})


def _manifest(program: str, words: list[str]) -> str:
    container = {"name": "c", "image": f"docker.example/{program}:v1", "args": words}
    pod = {"template": {"spec": {"containers": [container]}}}
    return "---\n" + yaml.safe_dump(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": pod}
    )


_TEXTS: dict[str, Any] = {
    "endpoint": "http://r.example/api/v1/write", "headers": {"X-Scope-OrgID": "t"},
    "proxy_url": "http://proxy.example:3128", "external_labels": {"dc": "a"},
    "min_version": "1.2", "max_version": "1.3", "insecure_skip_verify": True, "namespace": "ns",
    "protobuf_message": "prometheus.WriteRequest", "add_metric_suffixes": False,
    "translation_strategy": "NoTranslation", "send_metadata": True, "force_attempt_http2": False,
    "resource_to_telemetry_conversion": {"enabled": True}, "target_info": {"enabled": False},
    "ca_pem": "x", "cert_pem": "x", "key_pem": "x", "enabled": True, "timeout": "5s",
    "initial_interval": "1s", "max_interval": "30s", "num_consumers": 4, "directory": "./wal",
    "max_batch_size_bytes": 3000000, "max_batch_request_parallelism": 2, "send_batch_size": 1000,
    "max_recv_msg_size_mib": 8, "max_request_body_size": 1000000,
}  # fmt: skip
_SKIP = {"auth", "tls", "wal", "remote_write_queue", "sending_queue", "retry_on_failure", "config"}


def collector() -> Iterator[tuple[str, str]]:
    outcome = Outcome(source="")
    reader = RemoteReader(outcome, {}, {})
    exporter = [{key: _TEXTS.get(key, "x")} for key in reader.rules() if key not in _SKIP]
    for section, rules in (("tls", TLS), ("retry_on_failure", RETRY), ("wal", WAL),
                           ("remote_write_queue", reader.queue_rules())):  # fmt: skip
        exporter += [{section: {key: _TEXTS.get(key, "x")}} for key in rules]
    for keys in exporter:
        yield f"exporter {keys}", _collector(exporter=keys)
    for key in server_rules(outcome):
        if key not in _SKIP:
            otlp = {"protocols": {"grpc": {key: _TEXTS.get(key, "localhost:1")}}}
            yield f"otlp {key}", _collector(otlp=otlp)
    for key in prometheus_rules(outcome, []):
        if key != "config":
            yield f"prometheus {key}", _collector(scrapes={key: "x"})
    for key in BATCH:
        yield f"batch {key}", _collector(batch={key: _TEXTS.get(key, "x")})


def _collector(
    *,
    exporter: dict[str, Any] | None = None,
    otlp: dict[str, Any] | None = None,
    scrapes: dict[str, Any] | None = None,
    batch: dict[str, Any] | None = None,
) -> str:
    job = {"job_name": "a", "static_configs": [{"targets": ["localhost:1"]}]}
    parts = {
        "receivers": {
            "otlp": otlp or {"protocols": {"grpc": None}},
            "prometheus": {"config": {"scrape_configs": [job]}, **(scrapes or {})},
        },
        "processors": {"batch": batch},
        "exporters": {
            "prometheusremotewrite": {"endpoint": _TEXTS["endpoint"], **(exporter or {})}
        },
        "service": {
            "pipelines": {
                "metrics": {
                    "receivers": ["otlp", "prometheus"],
                    "processors": ["batch"],
                    "exporters": ["prometheusremotewrite"],
                }
            }
        },
    }
    return yaml.safe_dump(parts, sort_keys=False)
