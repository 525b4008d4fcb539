"""A `prometheusremotewrite` exporter and the extensions that it authenticates by.

Takes the exporter's node and those of the extensions; gives an entry of `remote_write`.
Source: the exporter's and the extensions' documented keys, reference/peers.md.
"""

import re
from collections.abc import Mapping

import attrs

from agent.convert.collector_auth import AUTHENTICATORS, LOOK, TLS, flag
from agent.convert.note import Kind
from agent.convert.outcome import Outcome, Tree
from agent.convert.reading import Node
from agent.convert.table import Differs, Lost, Rules, Same, To, Walk, put, seconds

_SERVICE_ATTRIBUTES = ("service.name", "service.namespace", "service.instance.id")
_NO_LABEL = re.compile(r"[^a-zA-Z0-9_]")
_CONNECTIONS = "one kept connection for each lane"
_QUEUE = "the queue is on disk, bounded in bytes by max_disk_usage_per_url"


RETRY: Rules = {
    "enabled": Differs("what is not delivered is always kept and tried again"),
    "initial_interval": To("queue_config.min_backoff", seconds),
    "max_interval": To("queue_config.max_backoff", seconds),
    "max_elapsed_time": Differs(
        "nothing is given up by the time of trying; sample_age_limit of queue_config does by age"
    ),
    "multiplier": Differs("the pause doubles"),
    "randomization_factor": Differs("the pause has a jitter of its own"),
}
WAL: Rules = {
    "buffer_size": Differs("no counterpart is needed: " + _QUEUE),
    "truncate_frequency": Differs("what was delivered is removed at once"),
    "lag_record_frequency": Differs("the age of the oldest sample is always a metric"),
}


@attrs.frozen
class RemoteReader:
    """Reads one exporter into `tree`."""

    outcome: Outcome
    extensions: Mapping[str, Node]
    otlp: Tree
    tree: Tree = attrs.field(factory=dict)
    external: dict[str, str] = attrs.field(factory=dict)

    @property
    def walk(self) -> Walk:
        return Walk(self.outcome, self.tree, LOOK)

    def read(self, name: str, node: Node) -> Tree:
        kind, _, label = name.partition("/")
        put(self.tree, "name", label or kind)
        self.walk.over(node, self.rules())
        if "url" not in self.tree:
            raise node.wrong(f"exporter {name} has no endpoint")
        if not self._says(node, "send_metadata"):
            put(self.tree, "metadata_config.send", False)
        return self.tree

    def _says(self, node: Node, *keys: str) -> bool:
        found = node.get(*keys)
        return found is not None and found.is_true()

    def rules(self) -> Rules:
        walk = self.walk
        return {
            "endpoint": To("url", walk.text),
            "headers": To("headers"),
            "timeout": To("remote_timeout", seconds),
            "proxy_url": To("proxy_url"),
            "tls": lambda node: walk.over(node, TLS),
            "auth": self._auth,
            "external_labels": self._external_labels,
            "resource_to_telemetry_conversion": self._resource,
            "target_info": self._target_info,
            "namespace": self._namespace,
            "add_metric_suffixes": self._suffixes,
            "translation_strategy": self._strategy,
            "send_metadata": To("metadata_config.send", flag),
            "protobuf_message": To("protobuf_message"),
            "max_batch_size_bytes": To("max_block_size"),
            "max_batch_request_parallelism": To("queues"),
            "wal": self._wal,
            "remote_write_queue": lambda node: walk.over(node, self.queue_rules()),
            "sending_queue": lambda node: walk.over(node, self.queue_rules()),
            "retry_on_failure": lambda node: walk.over(node, RETRY),
            "compression": Same("snappy, as remote write has it"),
            "compression_params": Differs("snappy has no levels"),
            "export_created_metric": Differs("start timestamps are sent by remote write 2.0"),
            "disable_scope_info": self._scopes,
            "read_buffer_size": Same(_CONNECTIONS),
            "write_buffer_size": Same(_CONNECTIONS),
            "max_idle_conns": Same(_CONNECTIONS),
            "max_idle_conns_per_host": Same(_CONNECTIONS),
            "max_conns_per_host": Same(_CONNECTIONS),
            "idle_conn_timeout": Same(_CONNECTIONS),
            "disable_keep_alives": Differs(_CONNECTIONS),
            "force_attempt_http2": To("enable_http2", flag),
            "http2_read_idle_timeout": Differs(_CONNECTIONS),
            "http2_ping_timeout": Differs(_CONNECTIONS),
            "cookies": Lost("cookies are not kept"),
            "middlewares": Lost("there are no extensions"),
        }

    def queue_rules(self) -> Rules:
        """The keys of its queue."""
        return {
            "enabled": Differs("always on"),
            "queue_size": Differs("no counterpart is needed: " + _QUEUE),
            "num_consumers": To("queues"),
            "storage": Same("the queue is on disk anyway"),
            "sizer": Differs(_QUEUE),
            "block_on_overflow": Differs("the oldest goes first when a bound is hit"),
            "wait_for_result": Differs("-push.ack=durable answers when data is on disk"),
            "batch": Differs("queue_config says how large requests get"),
        }

    def _wal(self, node: Node) -> None:
        rules: Rules = {**WAL, "directory": self._directory}
        self.walk.over(node, rules)

    def _directory(self, node: Node) -> None:
        path = self.walk.text(node)
        flag_text = f"-remoteWrite.tmpDataPath={path}"
        if flag_text not in self.outcome.flags:
            self.outcome.flags.append(flag_text)
        told = f"{flag_text}; the queue gets a folder of its own there, the old WAL is not sent"
        self.outcome.note(Kind.DIFFERS, node.place, node.path, told)

    def _resource(self, node: Node) -> None:
        rules: Rules = {
            "enabled": self._promote,
            "clear_after_copy": Differs("target_info is made of identifying attributes only"),
            "exclude_service_attributes": self._exclude,
        }
        self.walk.over(node, rules)
        if not self.otlp.get("promote_all_resource_attributes"):
            self.otlp.pop("ignore_resource_attributes", None)

    def _exclude(self, node: Node) -> None:
        if node.is_true():
            self.otlp["ignore_resource_attributes"] = list(_SERVICE_ATTRIBUTES)
        text = "otlp.ignore_resource_attributes, which is for all remotes"
        self.outcome.note(Kind.SAME, node.place, node.path, text)

    def _scopes(self, node: Node) -> None:
        self.otlp["promote_scope_metadata"] = not node.is_true()
        text = "otlp.promote_scope_metadata, which is for all remotes"
        self.outcome.note(Kind.SAME, node.place, node.path, text)

    def _external_labels(self, node: Node) -> None:
        for key, value in node.entries():
            self.external[_NO_LABEL.sub("_", key)] = self.walk.text(value)
        text = "labels that a series does not have get these values"
        self.outcome.note(Kind.SAME, node.place, node.path, text)

    def add_external_labels(self) -> None:
        """As rules of this remote, where the configuration's own labels cannot do it."""
        for name, value in self.external.items():
            self._add_rule({"source_labels": [name], "regex": "^$", "target_label": name,
                            "replacement": value.replace("$", "$$")})  # fmt: skip

    def _promote(self, node: Node) -> None:
        if node.is_true():
            self.otlp["promote_all_resource_attributes"] = True
        text = (
            "otlp.promote_all_resource_attributes, which is for all remotes; where a point has "
            "the label already, its own value stays"
        )
        self.outcome.note(Kind.DIFFERS, node.place, node.path, text)

    def _target_info(self, node: Node) -> None:
        def enabled(value: Node) -> None:
            if value.is_true():
                self.outcome.note(Kind.SAME, value.place, value.path, "target_info is sent")
                return
            rules = self.tree.setdefault("write_relabel_configs", [])
            # First: a namespace would rename it.
            rules.insert(0, {"source_labels": ["__name__"], "regex": "target_info",
                             "action": "drop"})  # fmt: skip
            text = "write_relabel_configs drop target_info"
            self.outcome.note(Kind.SAME, value.place, value.path, text)

        self.walk.over(node, {"enabled": enabled})

    def _add_rule(self, rule: Tree) -> None:
        self.tree.setdefault("write_relabel_configs", []).append(rule)

    def _namespace(self, node: Node) -> None:
        prefix = self.walk.text(node)
        self._add_rule({"source_labels": ["__name__"], "regex": "(.+)",
                        "target_label": "__name__", "replacement": f"{prefix}_$1"})  # fmt: skip
        text = "a rule of write_relabel_configs prefixes every name, those of scrapes too"
        self.outcome.note(Kind.DIFFERS, node.place, node.path, text)

    def _suffixes(self, node: Node) -> None:
        if not node.is_true():
            self.otlp["translation_strategy"] = "UnderscoreEscapingWithoutSuffixes"
        text = "otlp.translation_strategy, which is for all remotes"
        self.outcome.note(Kind.SAME, node.place, node.path, text)

    def _strategy(self, node: Node) -> None:
        self.otlp["translation_strategy"] = self.walk.text(node)
        text = "otlp.translation_strategy, which is for all remotes"
        self.outcome.note(Kind.SAME, node.place, node.path, text)

    def _auth(self, node: Node) -> None:
        for key, value in node.entries():
            if key != "authenticator":
                self.outcome.note(Kind.LOST, value.place, value.path, "unknown key", LOOK)
                continue
            name = value.text()
            extension = self.extensions.get(name)
            kind = name.partition("/")[0]
            if extension is None:
                raise value.wrong(f"there is no extension {name[:80]!r}")
            if kind not in AUTHENTICATORS:
                text = f"there is no counterpart of the extension {kind[:80]}"
                self.outcome.note(Kind.LOST, value.place, value.path, text, LOOK)
                continue
            self.outcome.note(Kind.SAME, value.place, value.path, f"{kind}: see its keys")
            AUTHENTICATORS[kind](self.walk, extension)
