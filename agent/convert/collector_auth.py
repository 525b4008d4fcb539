"""The extensions that an exporter authenticates by, and its TLS.

Takes an extension's node and a walk over its exporter; writes into the walk's tree.
Source: the extensions' documented keys, reference/peers.md.
"""

from agent.convert.note import Kind
from agent.convert.outcome import Tree
from agent.convert.reading import Node
from agent.convert.table import Differs, Lost, Rules, To, Walk

LOOK = "docs/migrate-from-otel-collector.md"

_VERSIONS = {"1.0": "TLS10", "1.1": "TLS11", "1.2": "TLS12", "1.3": "TLS13"}


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


def _files_first(tree: Tree) -> None:
    """A file is read where both are given, as there; here both are an error."""
    for name in [name for name in tree if f"{name}_file" in tree]:
        del tree[name]


def _basic(walk: Walk, node: Node) -> None:
    inner: Rules = {
        "username": To("basic_auth.username", walk.text),
        "password": To("basic_auth.password", walk.text),
        "username_file": To("basic_auth.username_file"),
        "password_file": To("basic_auth.password_file"),
    }
    server = Lost("htpasswd is for receivers: --web.config.file has users for the agent's pages")
    walk.over(node, {"client_auth": lambda each: walk.over(each, inner), "htpasswd": server})
    _files_first(walk.tree.get("basic_auth", {}))


def _bearer(walk: Walk, node: Node) -> None:
    rules: Rules = {
        "scheme": To("authorization.type", walk.text),
        "token": To("authorization.credentials", walk.text),
        "filename": To("authorization.credentials_file"),
        "tokens": Lost("several tokens are for receivers"),
        "header": Lost("the header is Authorization; another one can stand in headers"),
    }
    walk.over(node, rules)
    _files_first(walk.tree.get("authorization", {}))


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
    _files_first(inner.tree)


def _sigv4(walk: Walk, node: Node) -> None:
    role: Rules = {
        "arn": To("sigv4.role_arn"),
        "sts_region": Differs("the region of sigv4 is asked"),
        "session_name": Differs("a session has promferry's name"),
    }
    rules: Rules = {
        "region": To("sigv4.region"),
        "service": To("sigv4.service"),
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
