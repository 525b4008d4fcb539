"""Remotes: one entry of `remote_write`, from its keys to a RemoteSettings.

Source: DESIGN section 8, 3 and 4.
Invariant: a remote from the section has Prometheus' defaults; two remotes never share a key.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

import attrs

from agent.config.cloud_auth import azuread_settings
from agent.config.http import http_settings
from agent.config.metered import parse_budget, parse_window
from agent.config.queue_section import RemoteDefaults, parse_percent, queue_settings
from agent.config.remote_section import RESERVED_HEADERS as RESERVED_HEADERS
from agent.config.remote_section import RemoteSection
from pushqueue.settings import MetadataSettings, RemoteSettings, VmProto
from transport.settings import BasicAuth, HeaderValues, HttpSettings
from transport.userinfo import split_userinfo, with_userinfo

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


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
        vm_proto=_vm_proto(section),
        zstd_level=defaults.zstd_level or 0,
        significant_figures=section.significant_figures,
        round_digits=section.round_digits,
        http=_http_of(section, userinfo),
        write_relabel_configs=section.write_relabel_configs,
        extra_labels=section.label,
        obfuscated_labels=section.obfuscate_labels,
        rate_limit_bytes=section.rate_limit or 0,
        data_budget=parse_budget(section.data_budget) if section.data_budget else None,
        backlog_window=parse_window(section.backlog_window) if section.backlog_window else None,
        round_robin_dns=section.round_robin_dns,
        answers=section.answers,
        queue=queue_settings(_queue_keys(section), section.queue_config, defaults),
        metadata=MetadataSettings(
            send=section.metadata_config.send,
            send_interval_s=section.metadata_config.send_interval,
            max_samples_per_send=section.metadata_config.max_samples_per_send,
        ),
    )


def _vm_proto(section: RemoteSection) -> VmProto:
    """Prometheus' entries are not asked for what Prometheus does not know, unless told to."""
    if section.force_vm_proto:
        return VmProto.FORCED
    probes = section.probe_vm_proto and not section.force_prom_proto
    return VmProto.PROBE if probes else VmProto.OFF


def _http_of(section: RemoteSection, userinfo: BasicAuth | None) -> HttpSettings:
    headers = {name: HeaderValues(secrets=(value,)) for name, value in section.headers.items()}
    http = attrs.evolve(
        http_settings(section, headers=headers),
        sigv4=section.sigv4,
        azuread=azuread_settings(section.azuread) if section.azuread else None,
        google_iam=section.google_iam,
        round_robin_dns=section.round_robin_dns,
        offers_http2=section.enable_http2,
        tls_handshake_timeout_s=section.tls_handshake_timeout or float("inf"),
    )
    return with_userinfo(http, userinfo)


def _queue_keys(section: RemoteSection) -> dict[str, Any]:
    free = section.min_free_disk_space
    return {
        "lanes": section.queues,
        "max_block_bytes": section.max_block_size,
        "max_request_bytes": section.max_request_size,
        "max_disk_bytes": section.max_disk_usage_per_url,
        "min_free_disk_percent": None if free is None else parse_percent(free),
        "spill_after_s": section.spill_after,
        "disable_disk": section.disable_on_disk_queue,
        "fresh_first": True if section.inmemory_queues else section.fresh_first,
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
