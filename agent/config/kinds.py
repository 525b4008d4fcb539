"""The keys of the discovery kinds that are not built yet, as a table.

Takes a kind, gives the class of one entry of `<kind>_sd_configs`: so that a configuration that
waits for a kind is checked as far as possible, and its keys are known to the docs and the schema.
Source: Prometheus' and vmagent's documentation of each kind; reference/vmagent.md 1.3.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import attrs

from agent.config.cursor import Cursor
from agent.config.http_section import FetchSection, check_http, check_url
from agent.config.registry import check
from agent.config.scalars import Count, Duration, FilePath
from transport.secret import Secret
from transport.settings import TlsSettings


@attrs.frozen(kw_only=True)
class FilterSection:
    name: str = ""
    values: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Kind:
    """`keys`: `name` (a text) or `name:type`; `needs`: key -> what to say without it;
    `choices`: key -> its values; `either`: pairs of keys that exclude each other.
    """

    keys: str
    has_http: bool = True
    needs: Mapping[str, str] = attrs.field(factory=dict)
    choices: Mapping[str, str] = attrs.field(factory=dict)
    either: tuple[tuple[str, ...], ...] = ()


_TYPES: dict[str, tuple[Any, Any]] = {
    "": (str, ""),
    "secret": (Secret, Secret("")),
    "file": (FilePath, FilePath("")),
    "list": (tuple[str, ...], ()),
    "map": (Mapping[str, str], {}),
    "bool": (bool, False),
    "count": (Count, Count(0)),
    "duration": (Duration, Duration(0)),
    "tls": (TlsSettings, TlsSettings()),
    "filters": (tuple[FilterSection, ...], ()),
}

_SECRET_PAIR = ("secret_key", "secret_key_file")
_AWS = "region endpoint access_key secret_key:secret profile role_arn external_id port:count"
_CLUSTERS = "clusters:list request_concurrency:count"
_XDS = "server fetch_timeout:duration client_id"
_CONSUL = """server path_prefix token:secret datacenter namespace partition tag_separator scheme
    username password:secret allow_stale:bool services:list tags:list node_meta:map filter
    health_filter"""
_ZOOKEEPER = "servers:list paths:list timeout:duration"
_SERVERS = {
    "servers": "must contain at least one server",
    "paths": "must contain at least one path",
}

KINDS: dict[str, Kind] = {
    "aws": Kind(keys=f"role filters:filters {_AWS} {_CLUSTERS}", needs={"role": "role is missing"}),
    "azure": Kind(
        keys="""environment port:count subscription_id tenant_id client_id client_secret:secret
        authentication_method resource_group""",
        needs={"subscription_id": "azure SD configuration requires a subscription_id"},
        choices={"authentication_method": "OAuth ManagedIdentity SDK WorkloadIdentity"},
    ),
    "consul": Kind(keys=_CONSUL),
    "consulagent": Kind(keys=_CONSUL),
    "digitalocean": Kind(keys="port:count role server", choices={"role": "droplets databases"}),
    "dns": Kind(
        keys="names:list type port:count",
        has_http=False,
        needs={"names": "DNS-SD config must contain at least one SRV record name"},
        choices={"type": "SRV A AAAA MX NS"},
    ),
    "docker": Kind(
        keys="""host port:count filters:filters host_networking_host match_first_network:bool""",
        needs={"host": "host missing"},
    ),
    "dockerswarm": Kind(
        keys="host role port:count filters:filters",
        needs={"host": "host missing", "role": "role missing (one of: tasks, services, nodes)"},
        choices={"role": "tasks services nodes"},
    ),
    "ec2": Kind(keys=f"{_AWS} filters:filters az_filters:filters sts_endpoint"),
    "ecs": Kind(keys=f"{_AWS} {_CLUSTERS}"),
    "elasticache": Kind(keys=f"{_AWS} {_CLUSTERS}"),
    "eureka": Kind(keys="server", needs={"server": "empty or null eureka server"}),
    "gce": Kind(
        keys="project zone filter port:count tag_separator",
        has_http=False,
        # vmagent takes the machine's own project and zone where none is given.
    ),
    "hetzner": Kind(
        keys="port:count role label_selector",
        needs={"role": "role missing (one of: robot, hcloud)"},
        choices={"role": "robot hcloud"},
    ),
    "ionos": Kind(
        keys="datacenter_id port:count", needs={"datacenter_id": "datacenter id can't be empty"}
    ),
    "kubernetes": Kind(keys="api_server role kubeconfig_file:file"),
    "kuma": Kind(keys=_XDS, needs={"server": "kuma SD server must not be empty"}),
    "lightsail": Kind(keys=_AWS),
    "linode": Kind(keys="port:count tag_separator region server"),
    "marathon": Kind(
        keys="servers:list auth_token:secret auth_token_file:file",
        needs={"servers": "marathon_sd: must contain at least one Marathon server"},
        either=(
            ("auth_token", "auth_token_file"),
            ("basic_auth", "auth_token", "auth_token_file"),
            ("bearer_token", "bearer_token_file", "auth_token", "auth_token_file"),
            ("authorization", "auth_token", "auth_token_file"),
        ),
    ),
    "msk": Kind(keys=f"{_AWS} {_CLUSTERS}"),
    "nerve": Kind(keys=_ZOOKEEPER, has_http=False, needs=_SERVERS),
    "nomad": Kind(keys="allow_stale:bool namespace region server tag_separator"),
    "oci": Kind(
        keys="""auth tenancy user fingerprint key_file:file key_passphrase:secret
        key_passphrase_file:file region compartments:list port:count""",
        choices={"auth": "api_key instance_principal"},
        either=(("key_passphrase", "key_passphrase_file"),),
    ),
    "openstack": Kind(
        keys="""identity_endpoint username userid password:secret project_name project_id
        domain_name domain_id application_credential_name application_credential_id
        application_credential_secret:secret role region port:count all_tenants:bool
        tls_config:tls availability""",
        has_http=False,
        needs={
            "role": "role missing (one of: instance, hypervisor, loadbalancer)",
            "region": "openstack SD configuration requires a region",
        },
        choices={
            "role": "instance hypervisor loadbalancer",
            "availability": "public admin internal",
        },
    ),
    "outscale": Kind(
        keys="endpoint region access_key secret_key:secret secret_key_file:file port:count",
        needs={"region": "outscale SD configuration requires a region"},
        either=(_SECRET_PAIR,),
    ),
    "ovhcloud": Kind(
        keys="endpoint application_key application_secret:secret consumer_key:secret service",
        has_http=False,
        needs={
            "application_key": "application key can not be empty",
            "application_secret": "application secret can not be empty",
            "consumer_key": "consumer key can not be empty",
        },
        choices={"service": "vps dedicated_server"},
    ),
    "puppetdb": Kind(
        keys="url query include_parameters:bool port:count",
        needs={"url": "URL is missing", "query": "query missing"},
    ),
    "rds": Kind(keys=f"{_AWS} {_CLUSTERS} filters:filters"),
    "scaleway": Kind(
        keys="""project_id api_url zone access_key secret_key:secret secret_key_file:file
        name_filter tags_filter:list port:count role""",
        needs={
            "role": "role missing (one of: instance, baremetal)",
            "project_id": "project_id must be configured",
            "access_key": "access_key must be configured",
        },
        choices={"role": "instance baremetal"},
        either=(_SECRET_PAIR,),
    ),
    "serverset": Kind(keys=_ZOOKEEPER, has_http=False, needs=_SERVERS),
    "stackit": Kind(
        keys="""project port:count region endpoint service_account_key:secret private_key:secret
        service_account_key_path private_key_path credentials_file_path"""
    ),
    "triton": Kind(
        keys="""account role dns_suffix endpoint groups:list port:count tls_config:tls
        version:count""",
        has_http=False,
        needs={
            "account": "triton SD configuration requires an account",
            "dns_suffix": "triton SD configuration requires a dns_suffix",
            "endpoint": "triton SD configuration requires an endpoint",
        },
        choices={"role": "container cn"},
    ),
    "uyuni": Kind(
        keys="server username password:secret entitlement separator",
        needs={"server": "Uyuni SD configuration requires server host"},
    ),
    "vultr": Kind(keys="port:count"),
    "yandexcloud": Kind(
        keys="service yandex_passport_oauth_token:secret api_endpoint folder_ids:list"
    ),
}
# One of the two must be given.
_SECRET_KINDS = ("outscale", "scaleway")


@cache
def section_class(name: str) -> type:
    """The class of one entry of `<name>_sd_configs`, made on first use (it costs a millisecond)."""
    from agent.config.kubernetes import KubernetesSection

    if name == "kubernetes":
        return KubernetesSection
    kind = KINDS[name]
    fields: dict[str, Any] = {}
    for entry in (*kind.keys.split(), "refresh_interval:duration"):
        key, _, type_name = entry.partition(":")
        type_, default = _TYPES[type_name]
        fields[key] = attrs.field(type=type_, default=default, kw_only=True)
    bases = (FetchSection,) if kind.has_http else (object,)
    made = attrs.make_class(
        f"{name.title()}Section", fields, bases=bases, frozen=True, kw_only=True, slots=True
    )
    check(made)(lambda section, cursor: _check_kind(kind, name, section, cursor))
    return made


def _check_kind(kind: Kind, name: str, section: Any, cursor: Cursor) -> None:
    if kind.has_http:
        check_http(section)
    for key, message in kind.needs.items():
        if not getattr(section, key) and cursor.is_sound(key):
            cursor.error(message)
    for key, known in kind.choices.items():
        value = getattr(section, key)
        if value and value not in known.split():
            message = f"unknown {key} {value[:80]!r}, must be one of {', '.join(known.split())}"
            cursor.at(key).error(message, value)
    for keys in kind.either:
        if not check_either(keys, cursor, f"{name}_sd: "):
            break
    if name in _SECRET_KINDS and not any(cursor.has(key) for key in _SECRET_PAIR):
        cursor.error(f"one of {' & '.join(_SECRET_PAIR)} must be configured")
    for index, item in enumerate(getattr(section, "filters", ())):
        if not item.values and item.name:
            place = cursor.at("filters").item(index)
            place.error(f"{name.upper()} SD configuration filter values cannot be empty")
    if name == "azure" and section.authentication_method in ("", "OAuth"):
        for key in ("tenant_id", "client_id", "client_secret"):
            if not getattr(section, key) and cursor.is_sound(key):
                cursor.error(f"azure SD configuration requires a {key}")
    _check_address(name, section, cursor)


def _check_address(name: str, section: Any, cursor: Cursor) -> None:
    key = {"puppetdb": "url", "eureka": "server", "stackit": "endpoint"}.get(name)
    if key and getattr(section, key):
        check_url(getattr(section, key), cursor.at(key))


def check_either(keys: tuple[str, ...], cursor: Cursor, prefix: str = "") -> bool:
    """Whether at most one of the keys is given; reports at the second one otherwise."""
    given = [key for key in keys if cursor.has(key)]
    if len(given) > 1:
        names = f"{', '.join(keys[:-1])} & {keys[-1]}"
        cursor.key_of(given[1]).error(f"{prefix}at most one of {names} must be configured")
    return len(given) <= 1
