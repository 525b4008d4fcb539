"""A `prometheusremotewrite` exporter and the extensions that it authenticates by.

Takes the exporter's node and those of the extensions; gives an entry of `remote_write`.
Source: the exporter's and the extensions' documented keys, reference/peers.md.
"""

from collections.abc import Mapping

import attrs

from agent.convert.note import Kind
from agent.convert.outcome import Outcome, Tree
from agent.convert.reading import Node
from agent.convert.table import Differs, Lost, Rules, Same, To, Walk, put, seconds

LOOK = "docs/migrate-from-otel-collector.md"

_VERSIONS = {"1.0": "TLS10", "1.1": "TLS11", "1.2": "TLS12", "1.3": "TLS13"}
_CONNECTIONS = "one kept connection for each lane"
_QUEUE = "the queue is on disk, bounded in bytes by max_disk_usage_per_url"


def version(node: Node) -> str:
    return _VERSIONS.get(node.text(), node.text())


def flag(node: Node) -> bool:
    return node.is_true()


TLS: Rules = {
    "ca_file": To("tls_config.ca_file"),
    "cert_file": To("tls_config.cert_file"),
    "key_file": To("tls_config.key_file"),
    "ca_pem": To("tls_config.ca"),
    "cert_pem": To("tls_config.cert"),
    "key_pem": To("tls_config.key"),
    "server_name_override": To("tls_config.server_name"),
    "insecure_skip_verify": To("tls_config.insecure_skip_verify", flag),
    "min_version": To("tls_config.min_version", version),
    "max_version": To("tls_config.max_version", version),
    "insecure": Differs("http or https in the URL decides"),
    "reload_interval": Differs("files are read again when they change"),
    "include_system_ca_certs_pool": Lost("ca_file is the only pool where it is given"),
    "cipher_suites": Lost("the system's OpenSSL decides"),
    "curve_preferences": Lost("the system's OpenSSL decides"),
    "tpm": Lost("keys in a TPM are not read"),
}
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
            "external_labels": To(
                "label", differs="where a series has the label already, this value wins"
            ),
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
            "disable_scope_info": Differs("scopes are told by otlp.promote_scope_metadata"),
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
            "exclude_service_attributes": Differs("otlp.ignore_resource_attributes can do it"),
        }
        self.walk.over(node, rules)

    def _promote(self, node: Node) -> None:
        if node.is_true():
            self.otlp["promote_all_resource_attributes"] = True
        text = "otlp.promote_all_resource_attributes, which is for all remotes"
        self.outcome.note(Kind.SAME, node.place, node.path, text)

    def _target_info(self, node: Node) -> None:
        def enabled(value: Node) -> None:
            if value.is_true():
                self.outcome.note(Kind.SAME, value.place, value.path, "target_info is sent")
                return
            self._add_rule({"source_labels": ["__name__"], "regex": "target_info",
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


def _basic(walk: Walk, node: Node) -> None:
    inner: Rules = {
        "username": To("basic_auth.username", walk.text),
        "password": To("basic_auth.password", walk.text),
        "username_file": To("basic_auth.username_file"),
        "password_file": To("basic_auth.password_file"),
    }
    server = Lost("htpasswd is for receivers: --web.config.file has users for the agent's pages")
    walk.over(node, {"client_auth": lambda each: walk.over(each, inner), "htpasswd": server})


def _bearer(walk: Walk, node: Node) -> None:
    rules: Rules = {
        "scheme": To("authorization.type", walk.text),
        "token": To("authorization.credentials", walk.text),
        "filename": To("authorization.credentials_file"),
        "tokens": Lost("several tokens are for receivers"),
        "header": Lost("the header is Authorization; another one can stand in headers"),
    }
    walk.over(node, rules)


def _oauth2(walk: Walk, node: Node) -> None:
    inner = Walk(walk.outcome, walk.tree.setdefault("oauth2", {}), LOOK)
    rules: Rules = {
        "client_id": To("client_id", walk.text),
        "client_secret": To("client_secret", walk.text),
        "client_secret_file": To("client_secret_file"),
        "client_id_file": Lost("write client_id itself, or %{NAME}"),
        "token_url": To("token_url"),
        "scopes": To("scopes"),
        "endpoint_params": To("endpoint_params"),
        "tls": lambda each: inner.over(each, TLS),
        "timeout": Differs("remote_timeout bounds it"),
        "expiry_buffer": Differs("tokens are renewed in time"),
    }
    inner.over(node, rules)


def _sigv4(walk: Walk, node: Node) -> None:
    role: Rules = {
        "arn": To("sigv4.role_arn"),
        "sts_region": Differs("the region of sigv4 is asked"),
        "session_name": Differs("a session has promferry's name"),
    }
    rules: Rules = {
        "region": To("sigv4.region"),
        "service": To("sigv4.service_name"),
        "assume_role": lambda each: walk.over(each, role),
    }
    walk.over(node, rules)


def _headers(walk: Walk, node: Node) -> None:
    for header in found.items() if (found := node.get("headers")) else ():
        key, value = header.get("key"), header.get("value")
        if key is None or value is None:
            text = "only headers with a constant value can be sent"
            walk.outcome.note(Kind.LOST, header.place, header.path, text, LOOK)
            continue
        walk.tree.setdefault("headers", {})[key.text()] = walk.text(value)
        walk.outcome.note(Kind.SAME, header.place, header.path, "headers")


AUTHENTICATORS = {
    "basicauth": _basic,
    "bearertokenauth": _bearer,
    "oauth2client": _oauth2,
    "sigv4auth": _sigv4,
    "headers_setter": _headers,
}
