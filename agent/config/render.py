"""The effective configuration: settings written as the YAML that would give them.

Takes the parts of Settings, gives the text of a configuration.
Invariant: with secrets revealed, loading the text gives the same settings.
"""

from collections.abc import Sequence
from math import isinf
from typing import Any

import attrs

from agent.config.cloud_auth import azuread_section
from agent.config.discovery import (
    FileSection,
    HttpDiscoverySection,
    StaticSection,
)
from agent.config.general import GlobalSection
from agent.config.http_section import OAuth2Section
from agent.config.jobs import SWITCHES, ScrapeSection
from agent.config.metered import budget_text, window_text
from agent.config.otlp import OtlpSection
from agent.config.queue_section import QueueSection
from agent.config.remote_section import MetadataSection, RemoteSection
from agent.config.writer import Tree, Writer
from agent.settings import GlobalSettings
from pushqueue.settings import QueueSettings, RemoteSettings, VmProto
from pushqueue.shown import shown_url
from scraper.settings import (
    DiscoverySettings,
    FileDiscovery,
    HttpDiscovery,
    ScrapeJob,
    StaticDiscovery,
    TargetGroup,
)
from transport.settings import HttpSettings, OAuth2
from transport.userinfo import masked_address


def render(
    global_: GlobalSettings,
    jobs: Sequence[ScrapeJob],
    remotes: Sequence[RemoteSettings],
    otlp: OtlpSection | None = None,
    *,
    writer: Writer | None = None,
) -> str:
    """The YAML text, empty where nothing is configured."""
    import yaml  # late: only who asks for the text pays

    writer = writer or Writer()
    tree = {
        "global": _global(global_, writer),
        "scrape_configs": [_job(job, global_, writer) for job in jobs],
        "remote_write": [_remote(remote, writer) for remote in remotes],
        "otlp": writer.object(otlp) if otlp else {},
    }
    kept = {key: value for key, value in tree.items() if value}
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(kept, Dumper=dumper, sort_keys=False, allow_unicode=True)
    return (str(text) if kept else "") + _common(remotes, writer)


def _common(remotes: Sequence[RemoteSettings], writer: Writer) -> str:
    """What only flags can say, as a comment: the rules that come before those of each remote."""
    import yaml  # late, as above

    rules = remotes[0].common.relabel_configs if remotes else ()
    if not rules:
        return ""
    written = writer.section(RemoteSection, {"write_relabel_configs": rules})
    text = yaml.safe_dump(written["write_relabel_configs"], sort_keys=False, allow_unicode=True)
    lines = ("before the rules of each remote, from -remoteWrite.relabelConfig:", *text.split("\n"))
    return "".join(f"# {line}\n" for line in lines if line)


def _fields(settings: Any) -> Tree:
    """A settings object by keys: its fields without their units."""
    values = {field.name: getattr(settings, field.name) for field in attrs.fields(type(settings))}
    return {name.removesuffix("_s").removesuffix("_bytes"): v for name, v in values.items()}


def _global(settings: GlobalSettings, writer: Writer) -> Tree:
    labels = {name: text.replace("$", "$$") for name, text in settings.external_labels.items()}
    return writer.section(GlobalSection, {**_fields(settings), "external_labels": labels})


def _job(job: ScrapeJob, global_: GlobalSettings, writer: Writer) -> Tree:
    values = _fields(job)
    if not writer.with_defaults:
        if job.scrape_interval_s == global_.scrape_interval_s:
            del values["scrape_interval"]
        if job.scrape_timeout_s == min(global_.scrape_timeout_s, job.scrape_interval_s):
            del values["scrape_timeout"]
        if job.metric_name_validation_scheme == "utf8":
            del values["metric_name_validation_scheme"]
            if job.metric_name_escaping_scheme == "allow-utf-8":
                del values["metric_name_escaping_scheme"]
        values = {name: value for name, value in values.items() if name not in SWITCHES or value}
    values |= {**_http(job.http, writer), **_discoveries(job.discoveries, writer)}
    return writer.section(ScrapeSection, values)


def _http(http: HttpSettings, writer: Writer) -> Tree:
    """The keys of `http_config`; `http_headers` has vmagent's `headers` too."""
    return {
        "basic_auth": http.basic_auth,
        "authorization": http.authorization,
        "oauth2": _oauth2(http.oauth2, writer) if http.oauth2 else None,
        "sigv4": http.sigv4,
        "azuread": azuread_section(http.azuread) if http.azuread else None,
        "google_iam": http.google_iam,
        "tls_config": http.tls,
        **{field.name: getattr(http.proxy, field.name) for field in attrs.fields(type(http.proxy))},
        "follow_redirects": http.follow_redirects,
        "enable_http2": http.enable_http2,
        "http_headers": http.headers,
    }


def _oauth2(oauth2: OAuth2, writer: Writer) -> Tree:
    values = {field.name: getattr(oauth2, field.name) for field in attrs.fields(OAuth2)}
    proxy = values.pop("proxy")
    return writer.section(OAuth2Section, {**values, "tls_config": values["tls"], **_fields(proxy)})


def _shown(settings: TargetGroup | FileDiscovery, key: str, writer: Writer) -> Tree:
    """With masks in the addresses of `key`, which may hold user and password."""
    fields = _fields(settings)
    return fields if writer.reveal else {**fields, key: tuple(map(masked_address, fields[key]))}


def _discoveries(discoveries: Sequence[DiscoverySettings], writer: Writer) -> Tree:
    written: dict[str, list[Tree]] = {
        name: [] for name in ("static_configs", "file_sd_configs", "http_sd_configs")
    }
    for discovery in discoveries:
        match discovery:
            case StaticDiscovery(groups=groups):
                shown = [_shown(group, "targets", writer) for group in groups]
                sections = [writer.section(StaticSection, group) for group in shown]
                written["static_configs"] += sections
            case FileDiscovery():
                section = writer.section(FileSection, _shown(discovery, "files", writer))
                written["file_sd_configs"].append(section)
            case HttpDiscovery(http=http):
                values = {**_fields(discovery), **_http(http, writer)}
                section = writer.section(HttpDiscoverySection, values)
                written["http_sd_configs"].append(section)
    return {key: value for key, value in written.items() if value}


_QUEUE_KEYS = {
    "max_rows_per_block": "max_samples_per_send",
    "flush_interval": "batch_send_deadline",
    "retry_min_interval": "min_backoff",
    "retry_max_interval": "max_backoff",
    "max_age": "sample_age_limit",
    "lanes": "queues",
    "max_block": "max_block_size",
    "max_request": "max_request_size",
    "max_disk": "max_disk_usage_per_url",
    "disable_disk": "disable_on_disk_queue",
    "fresh_first": "fresh_first",
}


def _finite(seconds: float) -> float:
    """No limit is written as 0."""
    return 0 if isinf(seconds) else seconds


def _remote(remote: RemoteSettings, writer: Writer) -> Tree:
    queue = {_QUEUE_KEYS.get(name, name): value for name, value in _fields(remote.queue).items()}
    beside = dict(queue)
    if not writer.with_defaults:
        # What Prometheus has no key for has the same default whatever the origin.
        usual = {_QUEUE_KEYS.get(n, n): value for n, value in _fields(QueueSettings()).items()}
        beside = {name: value for name, value in queue.items() if value != usual[name]}
    percent = beside.get("min_free_disk_percent")
    values = {
        **_fields(remote),
        # A token may be in a query, where no setting says that it is one.
        "url": remote.url if writer.reveal else shown_url(remote.url),
        **_http(remote.http, writer),
        **beside,
        "remote_timeout": remote.send_timeout_s,
        "tls_handshake_timeout": _finite(remote.http.tls_handshake_timeout_s),
        "label": remote.extra_labels,
        "rate_limit": remote.rate_limit_bytes or None,
        "obfuscate_labels": remote.obfuscated_labels,
        "data_budget": budget_text(remote.data_budget),
        "backlog_window": window_text(remote.backlog_window),
        "force_vm_proto": remote.vm_proto is VmProto.FORCED,
        "probe_vm_proto": remote.vm_proto is VmProto.PROBE,
        "min_free_disk_space": None if percent is None else f"{percent:g}%",
        "queue_config": writer.section(QueueSection, queue),
        "metadata_config": writer.section(MetadataSection, _fields(remote.metadata)),
    }
    return writer.section(RemoteSection, values)
