"""Remotes: one entry of `remote_write`, from its keys to a RemoteSettings.

Source: reference/prometheus.md 3.5 (error texts too), DESIGN section 8, 3 and 4.
Invariant: a remote from the section has Prometheus' defaults; two remotes never share a key.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import attrs

from agent.config.decode import Cursor, check, other_names, refused
from agent.config.http import HttpSection, check_http, check_url, http_settings
from agent.config.queue_section import (
    QueueSection,
    RemoteDefaults,
    parse_percent,
    queue_settings,
)
from agent.config.rules import Rules
from agent.config.scalars import Bytes, Count, Duration
from pushqueue.settings import RW1, RW2, MetadataSettings, RemoteSettings
from transport.secret import Secret
from transport.settings import BasicAuth, HeaderValues, HttpSettings

RESERVED_HEADERS = frozenset(
    (
        "content-encoding",
        "content-type",
        "content-length",
        "host",
        "user-agent",
        "connection",
        "keep-alive",
        "accept-encoding",
        "x-prometheus-remote-write-version",
        "x-prometheus-remote-read-version",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
    )
)
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@attrs.frozen(kw_only=True)
class MetadataSection:
    """`metadata_config`."""

    send: bool = True
    send_interval: Duration = Duration(60)
    max_samples_per_send: int = 2000


@attrs.frozen(kw_only=True)
class RemoteSection(HttpSection):
    """One entry of `remote_write` as written."""

    url: str = ""
    name: str = ""
    remote_timeout: Duration = Duration(30)
    protobuf_message: str = RW1
    headers: Mapping[str, Secret] = attrs.field(factory=dict)
    write_relabel_configs: Rules = ()
    send_exemplars: bool = False
    send_native_histograms: bool = False
    round_robin_dns: bool = False
    failed_request_logging: bool = False
    enable_http2: bool = False
    queue_config: QueueSection = QueueSection()
    metadata_config: MetadataSection = MetadataSection()
    # Per-URL flags of vmagent and of promferry that Prometheus has no key for.
    label: Mapping[str, str] = attrs.field(factory=dict)
    queues: Count | None = None
    max_block_size: Bytes | None = None
    max_disk_usage_per_url: Bytes | None = None
    min_free_disk_space: str | None = None
    spill_after: Duration | None = None
    disable_on_disk_queue: bool | None = None
    force_prom_proto: bool = False
    backlog_window: object = refused()
    data_budget: object = refused()
    force_vm_proto: object = refused()
    fresh_first: object = refused()
    inmemory_queues: object = refused()
    obfuscate_labels: object = refused()
    rate_limit: object = refused()
    round_digits: object = refused()
    significant_figures: object = refused()
    tls_handshake_timeout: object = refused()
    # Ways to authenticate that are not built yet.
    sigv4: object = refused()
    azuread: object = refused()
    google_iam: object = refused()


# What the per-URL flags are called where Prometheus has a key for the same.
other_names(
    RemoteSection,
    {
        "send_timeout": "remote_timeout",
        "flush_interval": "queue_config.batch_send_deadline",
        "max_rows_per_block": "queue_config.max_samples_per_send",
        "retry_min_interval": "queue_config.min_backoff",
        "retry_max_interval": "queue_config.max_backoff",
        "max_age": "queue_config.sample_age_limit",
        "disable_metadata": "metadata_config.send",
        "url_relabel_config": "write_relabel_configs",
        "relabel_configs": "write_relabel_configs",
        "labels": "label",
        "tls_insecure_skip_verify": "tls_config.insecure_skip_verify",
        "tls_ca_file": "tls_config.ca_file",
        "tls_cert_file": "tls_config.cert_file",
        "tls_key_file": "tls_config.key_file",
        "tls_server_name": "tls_config.server_name",
    },
)


@check(RemoteSection)
def _check_remote(section: RemoteSection, cursor: Cursor) -> None:
    check_http(section)
    if section.url:
        check_url(section.url, cursor.at("url"))
    elif cursor.is_sound("url"):
        cursor.error("url for remote_write is empty")
    if section.protobuf_message not in (RW1, RW2):
        message = "invalid protobuf_message value: unknown type for remote write protobuf message"
        text = section.protobuf_message[:80]
        place = cursor.at("protobuf_message")
        place.error(f"{message} {text}, supported: {RW1}, {RW2}", text)
    for name in section.headers:
        _check_header(name, cursor.at("headers"))
    free = section.min_free_disk_space
    if free is not None and parse_percent(free) is None:
        place = cursor.at("min_free_disk_space")
        place.error(f"must be a percentage from 0% to 100%, not {free[:80]!r}", free)
    if section.failed_request_logging:
        message = "no effect here: refused requests are always logged, with the remote's answer"
        cursor.key_of("failed_request_logging").warning(message)


def _check_header(name: str, cursor: Cursor) -> None:
    lower = name.lower()
    if lower == "authorization":
        ways = "basic_auth, authorization, oauth2, sigv4, azuread or google_iam"
        cursor.key_of(name).error(f"authorization header must be changed via the {ways} parameter")
    else:
        check_reserved_header(name, cursor)


def check_reserved_header(name: str, cursor: Cursor) -> None:
    lower = name.lower()
    if lower in RESERVED_HEADERS:
        cursor.key_of(name).error(f"{lower} is a reserved header. It must not be changed")


def remote_key(name: str, url: str) -> str:
    """What a remote's queue directory is called: its name, else host and hash of the URL.

    The hash covers the query (tenants) and not the userinfo, which may change and is secret.
    """
    if _SAFE_NAME.fullmatch(name):
        return name
    if name:
        readable = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:60].strip("._") or "remote"
        return f"{readable}-{_digest(name)}"
    bare, _ = split_userinfo(url)
    host = re.sub(r"[^A-Za-z0-9_.-]+", "_", urlsplit(bare).netloc)[:60].strip("._") or "remote"
    return f"{host}-{_digest(bare)}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()


def split_userinfo(url: str) -> tuple[str, BasicAuth | None]:
    """The URL without `user:password@` and fragment, and what stood there."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    bare = urlunsplit(parts._replace(netloc=host if at else parts.netloc, fragment=""))
    if not at:
        return bare, None
    username, _, password = userinfo.partition(":")
    return bare, BasicAuth(username=unquote(username), password=Secret(unquote(password)))


def resolve_remote(section: RemoteSection, defaults: RemoteDefaults) -> RemoteSettings:
    """The settings of one entry. Raises ValueError if the URL is none."""
    url, userinfo = split_userinfo(section.url)
    timeout_s: float = section.remote_timeout
    if defaults.send_timeout_s is not None and not section.here.has("remote_timeout"):
        timeout_s = defaults.send_timeout_s
    return RemoteSettings(
        url=url,
        key=remote_key(section.name, url),
        name=section.name,
        send_timeout_s=timeout_s,
        protobuf_message=section.protobuf_message,
        send_exemplars=section.send_exemplars,
        send_native_histograms=section.send_native_histograms,
        http=_http_of(section, userinfo),
        write_relabel_configs=section.write_relabel_configs,
        extra_labels=section.label,
        round_robin_dns=section.round_robin_dns,
        queue=queue_settings(_queue_keys(section), section.queue_config, defaults),
        metadata=MetadataSettings(
            send=section.metadata_config.send,
            send_interval_s=section.metadata_config.send_interval,
            max_samples_per_send=section.metadata_config.max_samples_per_send,
        ),
    )


def _http_of(section: RemoteSection, userinfo: BasicAuth | None) -> HttpSettings:
    headers = {name: HeaderValues(secrets=(value,)) for name, value in section.headers.items()}
    http = http_settings(section, headers=headers)
    # As in Go's client: what is configured wins over what the URL says.
    if userinfo and not (http.basic_auth or http.authorization or http.oauth2):
        return attrs.evolve(http, basic_auth=userinfo)
    return http


def _queue_keys(section: RemoteSection) -> dict[str, Any]:
    free = section.min_free_disk_space
    return {
        "lanes": section.queues,
        "max_block_bytes": section.max_block_size,
        "max_disk_bytes": section.max_disk_usage_per_url,
        "min_free_disk_percent": None if free is None else parse_percent(free),
        "spill_after_s": section.spill_after,
        "disable_disk": section.disable_on_disk_queue,
    }


def resolve_remotes(
    sections: Sequence[RemoteSection], defaults: RemoteDefaults
) -> tuple[RemoteSettings, ...]:
    """All entries; two of one name or of one queue directory are errors."""
    remotes: list[RemoteSettings] = []
    first: dict[str, RemoteSection] = {}
    for section in sections:
        try:
            remote = resolve_remote(section, defaults)
        except ValueError:
            continue  # a broken URL, reported by its check
        before = first.setdefault(remote.key, section)
        if before is not section:
            _report_twice(section, before)
        remotes.append(remote)
    return tuple(remotes)


def _report_twice(section: RemoteSection, before: RemoteSection) -> None:
    node = before.here.node
    where = f"first at {node.source.name}:{node.line}:{node.column}"
    if section.name:
        message = f"found multiple remote write configs with job name {section.name[:80]!r}"
        section.here.at("name").error(message, section.name, where)
    else:
        message = "the same URL is given twice; each needs a name of its own"
        section.here.at("url").error(message, hint=f"{where}; add `name:` to both")
