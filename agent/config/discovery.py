"""Where targets come from: `static_configs` and every `*_sd_configs` that Prometheus knows.

Takes the keys of a job, gives DiscoverySettings. The kinds that are not built yet are known by
name and refused by name, never ignored.
"""

import re
from collections.abc import Mapping
from typing import Any

import attrs

from agent.config.cursor import Cursor
from agent.config.decode import decoder_for, refused
from agent.config.general import check_labels
from agent.config.http import fetch_settings
from agent.config.http_section import FetchSection, check_http, check_url
from agent.config.registry import check
from agent.config.scalars import Duration, FilePath
from scraper.settings import (
    DiscoverySettings,
    FileDiscovery,
    HttpDiscovery,
    StaticDiscovery,
    TargetGroup,
)
from transport.userinfo import split_userinfo, with_userinfo

# `*` only in the last part of the path.
GLOB_PATH = re.compile(r"[^*]*(\*[^/]*)?")


@attrs.frozen(kw_only=True)
class StaticSection:
    targets: tuple[str, ...] = ()
    labels: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class FileSection:
    files: tuple[FilePath, ...] = ()
    refresh_interval: Duration | None = None


@attrs.frozen(kw_only=True)
class HttpDiscoverySection(FetchSection):
    url: str = ""
    refresh_interval: Duration | None = None


def later(kind: str) -> Any:
    """The key of a kind that is not built yet: decoded, then refused by name."""

    def decode_kind(cursor: Cursor) -> Any:
        from agent.config.kinds import section_class  # late: rare, and makes a class

        return decoder_for(tuple[section_class(kind), ...])(cursor)  # type: ignore[misc]

    return refused(decode_kind)


@attrs.frozen(kw_only=True, slots=False)  # one of several bases
class DiscoverySection:
    """The discovery keys of a job."""

    static_configs: tuple[StaticSection, ...] = ()
    file_sd_configs: tuple[FileSection, ...] = ()
    http_sd_configs: tuple[HttpDiscoverySection, ...] = ()
    # Known, not built yet.
    aws_sd_configs: object = later("aws")
    azure_sd_configs: object = later("azure")
    consul_sd_configs: object = later("consul")
    consulagent_sd_configs: object = later("consulagent")
    digitalocean_sd_configs: object = later("digitalocean")
    dns_sd_configs: object = later("dns")
    docker_sd_configs: object = later("docker")
    dockerswarm_sd_configs: object = later("dockerswarm")
    ec2_sd_configs: object = later("ec2")
    ecs_sd_configs: object = later("ecs")
    elasticache_sd_configs: object = later("elasticache")
    eureka_sd_configs: object = later("eureka")
    gce_sd_configs: object = later("gce")
    hetzner_sd_configs: object = later("hetzner")
    ionos_sd_configs: object = later("ionos")
    kubernetes_sd_configs: object = later("kubernetes")
    kuma_sd_configs: object = later("kuma")
    lightsail_sd_configs: object = later("lightsail")
    linode_sd_configs: object = later("linode")
    marathon_sd_configs: object = later("marathon")
    msk_sd_configs: object = later("msk")
    nerve_sd_configs: object = later("nerve")
    nomad_sd_configs: object = later("nomad")
    oci_sd_configs: object = later("oci")
    openstack_sd_configs: object = later("openstack")
    outscale_sd_configs: object = later("outscale")
    ovhcloud_sd_configs: object = later("ovhcloud")
    puppetdb_sd_configs: object = later("puppetdb")
    rds_sd_configs: object = later("rds")
    scaleway_sd_configs: object = later("scaleway")
    serverset_sd_configs: object = later("serverset")
    stackit_sd_configs: object = later("stackit")
    triton_sd_configs: object = later("triton")
    uyuni_sd_configs: object = later("uyuni")
    vultr_sd_configs: object = later("vultr")
    yandexcloud_sd_configs: object = later("yandexcloud")
    # What vmagent reads for `vultr_sd_configs`.
    vultr_configs: object = later("vultr")


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
    found += [_http_discovery(http) for http in section.http_sd_configs]
    return tuple(found)


def _http_discovery(section: HttpDiscoverySection) -> HttpDiscovery:
    try:
        url, userinfo = split_userinfo(section.url)
    except ValueError:
        url, userinfo = section.url, None  # no URL, as its check says
    return HttpDiscovery(
        url=url,
        refresh_interval_s=section.refresh_interval,
        http=with_userinfo(fetch_settings(section), userinfo),
    )
