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

from agent.config.decode import Cursor, check, refused
from agent.config.discovery import check_url
from agent.config.http import HttpSection, check_http, http_settings
from agent.config.rules import check_rules
from agent.config.scalars import Bytes, Count, Duration
from pushqueue.settings import RW1, RW2, MetadataSettings, QueueSettings, RemoteSettings
from relabel.rule import RelabelRule
from transport.secret import Secret
from transport.settings import BasicAuth, HeaderValues

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
class QueueSection:
    """`queue_config`, with Prometheus' defaults."""

    capacity: int = 10_000
    max_shards: int = 50
    min_shards: int = 1
    max_samples_per_send: int = 2000
    batch_send_deadline: Duration = Duration(5)
    min_backoff: Duration = Duration(0.03)
    max_backoff: Duration = Duration(5)
    retry_on_http_429: bool = True
    sample_age_limit: Duration = Duration(0)


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
    write_relabel_configs: tuple[RelabelRule, ...] = ()
    send_exemplars: bool = False
    send_native_histograms: bool = False
    round_robin_dns: bool = False
    failed_request_logging: bool = False
    enable_http2: bool = False
    queue_config: QueueSection = QueueSection()
    metadata_config: MetadataSection = MetadataSection()
    # Per-URL flags of vmagent and of promferry that Prometheus has no key for.
    queues: Count | None = None
    max_block_size: Bytes | None = None
    max_disk_usage_per_url: Bytes = Bytes(0)
    disable_on_disk_queue: bool = False
    spill_after: Duration | None = None
    max_age: Duration | None = None
    label: Mapping[str, str] = attrs.field(factory=dict)
    sigv4: object = refused()
    azuread: object = refused()
    google_iam: object = refused()


@check(QueueSection)
def _check_queue(section: QueueSection, cursor: Cursor) -> None:
    for name in ("capacity", "max_shards", "min_shards", "max_samples_per_send"):
        if getattr(section, name) <= 0:
            cursor.at(name).error(f"remote write queue {name} must be positive")
    if section.min_shards > section.max_shards > 0:
        message = "remote write queue min_shards must not be greater than max_shards"
        cursor.at("min_shards").error(message)
    if section.max_backoff < section.min_backoff:
        message = "remote write queue max_backoff must not be less than min_backoff"
        cursor.at("max_backoff").error(message)


@check(RemoteSection)
def _check_remote(section: RemoteSection, cursor: Cursor) -> None:
    check_http(section)
    check_rules(section.write_relabel_configs, cursor.at("write_relabel_configs"))
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


def _check_header(name: str, cursor: Cursor) -> None:
    lower = name.lower()
    if lower == "authorization":
        ways = "basic_auth, authorization, oauth2, sigv4, azuread or google_iam"
        cursor.key_of(name).error(f"authorization header must be changed via the {ways} parameter")
    elif lower in RESERVED_HEADERS:
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


def resolve_remote(section: RemoteSection) -> RemoteSettings:
    """The settings of one entry."""
    url, userinfo = split_userinfo(section.url)
    headers = {name: HeaderValues(secrets=(value,)) for name, value in section.headers.items()}
    http = http_settings(section, headers=headers)
    if userinfo and not (http.basic_auth or http.authorization or http.oauth2):
        http = attrs.evolve(http, basic_auth=userinfo)
    return RemoteSettings(
        url=url,
        key=remote_key(section.name, url),
        name=section.name,
        send_timeout_s=section.remote_timeout,
        protobuf_message=section.protobuf_message,
        send_exemplars=section.send_exemplars,
        send_native_histograms=section.send_native_histograms,
        http=http,
        write_relabel_configs=section.write_relabel_configs,
        extra_labels=section.label,
        round_robin_dns=section.round_robin_dns,
        queue=_queue_of(section),
        metadata=MetadataSettings(
            send=section.metadata_config.send,
            send_interval_s=section.metadata_config.send_interval,
            max_samples_per_send=section.metadata_config.max_samples_per_send,
        ),
    )


def _queue_of(section: RemoteSection) -> QueueSettings:
    queue = section.queue_config
    given: dict[str, Any] = {
        "lanes": section.queues,
        "max_block_bytes": section.max_block_size,
        "spill_after_s": section.spill_after,
        "max_age_s": section.max_age if section.max_age is not None else queue.sample_age_limit,
    }
    return QueueSettings(
        flush_interval_s=queue.batch_send_deadline,
        max_rows_per_block=queue.max_samples_per_send,
        retry_min_interval_s=queue.min_backoff,
        retry_max_interval_s=queue.max_backoff,
        max_disk_bytes=section.max_disk_usage_per_url,
        disable_disk=section.disable_on_disk_queue,
        **{name: value for name, value in given.items() if value is not None},
    )


def resolve_remotes(sections: Sequence[RemoteSection]) -> tuple[RemoteSettings, ...]:
    """All entries; two of one name or of one queue directory are errors."""
    remotes: list[RemoteSettings] = []
    first: dict[str, RemoteSection] = {}
    for section in sections:
        try:
            remote = resolve_remote(section)
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
