"""The sections that Prometheus knows and an agent has no use for.

Read and checked, so that a mistake in them is told here too; nothing of them is used.
Source: Prometheus' documentation of the configuration, its configuration tests.
"""

from collections.abc import Mapping

import attrs

from agent.config.cursor import Cursor
from agent.config.discovery import DiscoverySection
from agent.config.http_section import HttpSection, check_http
from agent.config.registry import check
from agent.config.remote_section import check_reserved_header
from agent.config.rules import Rules
from agent.config.scalars import Duration, Size
from transport.settings import TlsSettings

_CHUNK_ENCODINGS = ("xor", "xor2")


@attrs.frozen(kw_only=True)
class RuntimeSection:
    gogc: int = 75


@attrs.frozen(kw_only=True)
class RetentionSection:
    time: Duration = Duration(0)
    size: Size = Size(0)
    percentage: float = 0.0


@attrs.frozen(kw_only=True)
class ChunkEncodingSection:
    floats: str = ""


@attrs.frozen(kw_only=True)
class TsdbSection:
    out_of_order_time_window: Duration = Duration(0)
    stale_series_compaction_threshold: float = 0.0
    chunk_encoding: ChunkEncodingSection = ChunkEncodingSection()
    retention: RetentionSection = RetentionSection()


@attrs.frozen(kw_only=True)
class ExemplarsSection:
    max_exemplars: int = 100_000


@attrs.frozen(kw_only=True)
class StorageSection:
    tsdb: TsdbSection = TsdbSection()
    exemplars: ExemplarsSection = ExemplarsSection()


@attrs.frozen(kw_only=True)
class TracingSection:
    client_type: str = "grpc"
    endpoint: str = ""
    sampling_fraction: float = 0.0
    insecure: bool = False
    tls_config: TlsSettings = TlsSettings()
    headers: Mapping[str, str] = attrs.field(factory=dict)
    compression: str = ""
    timeout: Duration = Duration(0)


@attrs.frozen(kw_only=True)
class AlertmanagerSection(HttpSection, DiscoverySection):
    scheme: str = "http"
    path_prefix: str = ""
    timeout: Duration = Duration(10)
    api_version: str = "v2"
    sigv4: object = None
    relabel_configs: Rules = ()
    alert_relabel_configs: Rules = ()


@attrs.frozen(kw_only=True)
class AlertingSection:
    alert_relabel_configs: Rules = ()
    alertmanagers: tuple[AlertmanagerSection, ...] = ()


@attrs.frozen(kw_only=True)
class RemoteReadSection(HttpSection):
    url: str = ""
    remote_timeout: Duration = Duration(60)
    chunked_read_limit: int = 0
    headers: Mapping[str, str] = attrs.field(factory=dict)
    read_recent: bool = False
    name: str = ""
    required_matchers: Mapping[str, str] = attrs.field(factory=dict)
    filter_external_labels: bool = True


@check(RetentionSection)
def _check_retention(section: RetentionSection, cursor: Cursor) -> None:
    if not 0 <= section.percentage <= 100:
        message = "'storage.tsdb.retention.percentage' must be in the range [0, 100]"
        cursor.at("percentage").error(message)


@check(ChunkEncodingSection)
def _check_chunk_encoding(section: ChunkEncodingSection, cursor: Cursor) -> None:
    if section.floats and section.floats not in _CHUNK_ENCODINGS:
        message = "'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', got"
        cursor.at("floats").error(f'{message} "{section.floats[:80]}"', section.floats)


@check(TracingSection)
def _check_tracing(section: TracingSection, cursor: Cursor) -> None:
    if not section.endpoint and cursor.is_sound("endpoint"):
        cursor.error("tracing endpoint must be set")
    if section.client_type not in ("grpc", "http"):
        cursor.at("client_type").error("expected tracing client type to be http or grpc")
    if section.compression not in ("", "gzip"):
        message = f"invalid compression type {section.compression[:80]} provided"
        cursor.at("compression").error(message, section.compression, "gzip")
    for name in section.headers:
        if name.lower() == "authorization":
            message = "custom authorization header configuration is not yet supported"
            cursor.at("headers").key_of(name).error(message)
        else:
            check_reserved_header(name, cursor.at("headers"))


@check(AlertmanagerSection)
def _check_alertmanager(section: AlertmanagerSection, cursor: Cursor) -> None:
    check_http(section)


@check(RemoteReadSection)
def _check_remote_read(section: RemoteReadSection, cursor: Cursor) -> None:
    check_http(section)
    if not section.url and cursor.is_sound("url"):
        cursor.error("url for remote_read is empty")
    for name in section.headers:
        check_reserved_header(name, cursor.at("headers"))
