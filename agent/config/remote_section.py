"""One entry of `remote_write` as written, and the rules between its keys.

Source: reference/prometheus.md 3.5 (error texts too), DESIGN section 8, 4: per-URL flags have a
key of their name in snake_case unless Prometheus has a key.
"""

from collections.abc import Mapping

import attrs

from agent.config.cloud_auth import AzureAdSection
from agent.config.cursor import Cursor
from agent.config.http_section import HttpSection, check_http, check_url
from agent.config.metered import parse_budget, parse_window
from agent.config.queue_section import MIN_DISK_BYTES, QueueSection, parse_percent
from agent.config.registry import check, other_names
from agent.config.rules import Rules
from agent.config.scalars import Bytes, Count, Duration
from pushqueue.policy import PolicyError, policy_of
from pushqueue.settings import RW1, RW2
from transport.secret import Secret
from transport.settings import GoogleIam, SigV4

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

# 100 digits and more round nothing (reference/vmagent.md 2).
MAX_ROUND = 100

_WAYS = ("basic_auth", "authorization", "oauth2", "sigv4", "azuread", "google_iam")


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
    sigv4: SigV4 | None = None
    azuread: AzureAdSection | None = None
    google_iam: GoogleIam | None = None
    tls_handshake_timeout: Duration = Duration(20)
    # Per-URL flags of vmagent and of promferry that Prometheus has no key for.
    label: Mapping[str, str] = attrs.field(factory=dict)
    answers: Mapping[str, str] = attrs.field(factory=dict)
    queues: Count | None = None
    max_block_size: Bytes | None = None
    max_disk_usage_per_url: Bytes | None = None
    min_free_disk_space: str | None = None
    spill_after: Duration | None = None
    disable_on_disk_queue: bool | None = None
    fresh_first: bool | None = None
    inmemory_queues: Count | None = None
    force_prom_proto: bool = False
    force_vm_proto: bool = False
    probe_vm_proto: bool = False
    max_request_size: Bytes | None = None
    round_digits: int = 100
    significant_figures: int = 0
    backlog_window: str = ""
    data_budget: str = ""
    obfuscate_labels: tuple[str, ...] = ()
    rate_limit: Bytes | None = None


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
        "tls_ca_file": "tls_config.ca_file",
        "tls_cert_file": "tls_config.cert_file",
        "tls_key_file": "tls_config.key_file",
    },
)


@check(RemoteSection)
def _check_remote(section: RemoteSection, cursor: Cursor) -> None:
    check_http(section)
    _check_one_way(cursor)
    if section.url and _has_odd_scheme(section.url):
        # As in Prometheus, whose compliance suite wants an agent that lives with it.
        message = "nothing can be sent: URL scheme must be 'http' or 'https'; data is kept"
        cursor.at("url").warning(message)
    elif section.url:
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
    if 0 < (section.max_disk_usage_per_url or 0) < MIN_DISK_BYTES:
        cursor.key_of("max_disk_usage_per_url").warning("too small, 1MiB is taken")
    if section.failed_request_logging:
        message = "no effect here: refused requests are always logged, with the remote's answer"
        cursor.key_of("failed_request_logging").warning(message)
    for status, word in section.answers.items():
        try:
            policy_of({status: word})
        except PolicyError as exc:
            cursor.at("answers").error(str(exc))
    _check_metered(section, cursor)
    _check_protocol(section, cursor)


def _has_odd_scheme(url: str) -> bool:
    scheme, found, rest = url.partition("://")
    return bool(found and rest and scheme.isalpha()) and scheme.lower() not in ("http", "https")


def _check_metered(section: RemoteSection, cursor: Cursor) -> None:
    readers = {"data_budget": parse_budget, "backlog_window": parse_window}
    for name, read in readers.items():
        text = getattr(section, name)
        try:
            if text:
                read(text)
        except ValueError as exc:
            cursor.at(name).error(str(exc), text)


def _check_protocol(section: RemoteSection, cursor: Cursor) -> None:
    if section.force_vm_proto and section.force_prom_proto:
        message = "cannot be used together with force_prom_proto"
        cursor.key_of("force_vm_proto").error(message)
    if section.force_vm_proto and section.protobuf_message == RW2:
        message = f"VictoriaMetrics' encoding is of {RW1}, not of {RW2}"
        cursor.key_of("force_vm_proto").error(message)
    if not -MAX_ROUND <= section.round_digits <= MAX_ROUND:
        cursor.at("round_digits").error(f"must be from -{MAX_ROUND} to {MAX_ROUND}")
    if section.significant_figures < 0:
        cursor.at("significant_figures").error("must be 0 (no rounding) or more")
    metadata = section.metadata_config
    if not metadata.send:
        return
    if metadata.max_samples_per_send <= 0:
        place = cursor.at("metadata_config").at("max_samples_per_send")
        place.error("must be positive")
    if metadata.send_interval <= 0:
        cursor.at("metadata_config").at("send_interval").error("must be positive")


def _check_one_way(cursor: Cursor) -> None:
    """The ways of clouds exclude those of `http_config`, which exclude each other already."""
    clouds = [name for name in _WAYS[3:] if cursor.has(name)]
    given = [name for name in _WAYS if cursor.has(name)]
    if clouds and len(given) > 1:
        names = f"{', '.join(_WAYS[:-1])} & {_WAYS[-1]}"
        cursor.key_of(given[1]).error(f"at most one of {names} must be configured")


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
