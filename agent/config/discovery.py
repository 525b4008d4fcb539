"""Where targets come from: `static_configs` and every `*_sd_configs` that Prometheus knows.

Takes the keys of a job, gives DiscoverySettings. The kinds that are not built yet are known by
name and refused by name, never ignored.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs

from agent.config.decode import Cursor, check, refused
from agent.config.general import check_labels
from agent.config.http import HttpSection, check_http, http_settings
from agent.config.scalars import Duration, FilePath
from scraper.settings import (
    DiscoverySettings,
    FileDiscovery,
    HttpDiscovery,
    StaticDiscovery,
    TargetGroup,
)

# `*` only in the last part of the path.
GLOB_PATH = re.compile(r"[^*]*(\*[^/]*)?")


@attrs.frozen(kw_only=True)
class StaticSection:
    targets: tuple[str, ...] = ()
    labels: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class FileSection:
    files: tuple[FilePath, ...] = ()
    refresh_interval: Duration = Duration(300)


@attrs.frozen(kw_only=True)
class HttpDiscoverySection(HttpSection):
    url: str = ""
    refresh_interval: Duration = Duration(60)


@attrs.frozen(kw_only=True, slots=False)  # one of several bases
class DiscoverySection:
    """The discovery keys of a job."""

    static_configs: tuple[StaticSection, ...] = ()
    file_sd_configs: tuple[FileSection, ...] = ()
    http_sd_configs: tuple[HttpDiscoverySection, ...] = ()
    # Known, not built yet.
    aws_sd_configs: object = refused()
    azure_sd_configs: object = refused()
    consul_sd_configs: object = refused()
    consulagent_sd_configs: object = refused()
    digitalocean_sd_configs: object = refused()
    dns_sd_configs: object = refused()
    docker_sd_configs: object = refused()
    dockerswarm_sd_configs: object = refused()
    ec2_sd_configs: object = refused()
    ecs_sd_configs: object = refused()
    eureka_sd_configs: object = refused()
    gce_sd_configs: object = refused()
    hetzner_sd_configs: object = refused()
    ionos_sd_configs: object = refused()
    kubernetes_sd_configs: object = refused()
    kuma_sd_configs: object = refused()
    lightsail_sd_configs: object = refused()
    linode_sd_configs: object = refused()
    marathon_sd_configs: object = refused()
    nerve_sd_configs: object = refused()
    nomad_sd_configs: object = refused()
    oci_sd_configs: object = refused()
    openstack_sd_configs: object = refused()
    outscale_sd_configs: object = refused()
    ovhcloud_sd_configs: object = refused()
    puppetdb_sd_configs: object = refused()
    scaleway_sd_configs: object = refused()
    serverset_sd_configs: object = refused()
    stackit_sd_configs: object = refused()
    triton_sd_configs: object = refused()
    uyuni_sd_configs: object = refused()
    vultr_sd_configs: object = refused()
    vultr_configs: object = refused()
    yandexcloud_sd_configs: object = refused()


@check(StaticSection)
def _check_static(section: StaticSection, cursor: Cursor) -> None:
    check_labels(section.labels, cursor.at("labels"), "utf8")


@check(FileSection)
def _check_file(section: FileSection, cursor: Cursor) -> None:
    if not section.files and cursor.is_sound("files"):
        cursor.error("file service discovery config must contain at least one path name")
    for path in section.files:
        if "://" not in path and not GLOB_PATH.fullmatch(path):
            message = f'path name "{path[:80]}" is not valid for file discovery'
            cursor.at("files").error(message, path, "* is allowed in the last part only")


@check(HttpDiscoverySection)
def _check_http_discovery(section: HttpDiscoverySection, cursor: Cursor) -> None:
    check_http(section)
    if not section.url:
        if cursor.is_sound("url"):
            cursor.error("URL is missing")
        return
    check_url(section.url, cursor.at("url"))


def check_url(url: str, cursor: Cursor) -> None:
    """An http(s) URL with a host; reported without the text, which may hold a password."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        cursor.error(f"not a valid URL: {error}")
        return
    if parts.scheme not in ("http", "https"):
        cursor.error("URL scheme must be 'http' or 'https'")
    elif not host:
        cursor.error("host is missing in URL")


def discoveries_of(section: DiscoverySection) -> tuple[DiscoverySettings, ...]:
    """The settings of the kinds that are built."""
    found: list[Any] = []
    if section.static_configs:
        groups = [
            TargetGroup(targets=static.targets, labels=static.labels, source=str(index))
            for index, static in enumerate(section.static_configs)
        ]
        found.append(StaticDiscovery(groups=tuple(groups)))
    found += [
        FileDiscovery(files=tuple(file.files), refresh_interval_s=file.refresh_interval)
        for file in section.file_sd_configs
    ]
    found += [
        HttpDiscovery(
            url=http.url, refresh_interval_s=http.refresh_interval, http=http_settings(http)
        )
        for http in section.http_sd_configs
    ]
    return tuple(found)
