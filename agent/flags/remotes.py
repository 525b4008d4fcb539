"""Remotes that come from flags, one for each `-remoteWrite.url`.

Takes flag values; gives RemoteSettings with vmagent's defaults (DESIGN section 8, 3), raises
FlagErrors with all that is wrong.
Invariant: item number i of a per-URL flag belongs to URL number i, a single item to all.
Never: opens a file that a flag names; what reads rules is injected.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from agent.config.metered import parse_budget, parse_window
from agent.config.queue_section import RemoteDefaults, disk_bound
from agent.config.remotes import remote_key
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.remote_http import http_settings
from agent.flags.url_flags import UrlFlags
from agent.flags.values import Values
from pushqueue.policy import PolicyError, parse_policy
from pushqueue.settings import (
    RW1,
    RW2,
    MetadataSettings,
    QueueSettings,
    RemoteSettings,
    VmProto,
)
from relabel.limits import LabelLimits
from relabel.rule import RelabelRule
from transport.errors import TransportError
from transport.url import parse_url
from transport.userinfo import split_userinfo

_T = TypeVar("_T")

ReadRules = Callable[[str], tuple[RelabelRule, ...]]

# Fields of RemoteDefaults and the flags that fill them.
_FOR_ALL = {
    "send_timeout_s": "sendTimeout",
    "flush_interval_s": "flushInterval",
    "max_rows_per_block": "maxRowsPerBlock",
    "max_block_bytes": "maxBlockSize",
    "max_request_bytes": "maxRequestSize",
    "retry_min_interval_s": "retryMinInterval",
    "retry_max_interval_s": "retryMaxInterval",
    "spill_after_s": "spillAfter",
    "max_disk_bytes": "maxDiskUsagePerURL",
    "min_free_disk_percent": "minFreeDiskSpace",
    "max_age_s": "maxAge",
    "disable_disk": "disableOnDiskQueue",
    "fresh_first": "freshFirst",
}
# Lists that belong to the agent and not item by item to URLs.
_LISTS = frozenset({"remoteWrite.label"})
# Who we are to a remote and how we trust it is never passed on to remotes of the section.
_IDENTITY = frozenset(
    f"remoteWrite.{name}"
    for name in (
        "name",
        "headers",
        "urlRelabelConfig",
        "basicAuth.username",
        "basicAuth.usernameFile",
        "basicAuth.password",
        "basicAuth.passwordFile",
        "bearerToken",
        "bearerTokenFile",
        "tlsInsecureSkipVerify",
        "tlsCAFile",
        "tlsCertFile",
        "tlsKeyFile",
        "tlsServerName",
        *(
            f"oauth2.{name}"
            for name in ("clientID", "clientSecret", "clientSecretFile", "scopes", "tokenUrl")
        ),
        "oauth2.endpointParams",
        *(
            f"aws.{name}"
            for name in ("useSigv4", "region", "roleARN", "accessKey", "secretKey", "service")
        ),
        "aws.stsEndpoint",
        "proxyURL",
        "tlsHandshakeTimeout",
    )
)


def _no_rules(_path: str) -> tuple[RelabelRule, ...]:
    return ()


def remotes_from_flags(
    values: Values, read_rules: ReadRules = _no_rules
) -> tuple[RemoteSettings, ...]:
    """In the order of the URLs, empty ones left out; without `read_rules` no file is read."""
    errors: list[FlagError] = []
    remotes: list[RemoteSettings] = []
    for index, url in enumerate(values["remoteWrite.url"]):
        if url:
            remotes.extend(_remote(url, UrlFlags(values, index, errors), read_rules))
    errors.extend(_equal_keys(remotes))
    if errors:
        raise FlagErrors(errors)
    return tuple(remotes)


def section_defaults(values: Values) -> RemoteDefaults:
    """What flags with one value say for the remotes of the section too: sizes and times only."""
    given = {field: values.single(f"remoteWrite.{name}") for field, name in _FOR_ALL.items()}
    if values.single("remoteWrite.inmemoryQueues"):
        given["fresh_first"] = True
    return RemoteDefaults(
        **given,
        lanes=values.single("remoteWrite.queues") or None,
        zstd_level=values["remoteWrite.vmProtoCompressLevel"],
    )


def unheard_flags(values: Values) -> Iterator[str]:
    """Warnings about items of per-URL flags that no URL takes."""
    urls = len(values["remoteWrite.url"])
    for name in values.names_set():
        items = values[name]
        is_by_url = name.startswith("remoteWrite.") and name not in _LISTS
        if not is_by_url or not isinstance(items, tuple):
            continue
        if len(items) > max(urls, 1):
            yield f"-{name} has {len(items)} values for {urls} -remoteWrite.url"
        elif not urls and name in _IDENTITY:
            yield f"-{name} is for remotes from -remoteWrite.url only, and there is none"


def _equal_keys(remotes: list[RemoteSettings]) -> Iterator[FlagError]:
    keys = [remote.key for remote in remotes]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        reason = f"two remotes would share the queue {key}; give each a -remoteWrite.name"
        yield FlagError(name="remoteWrite.url", reason=reason)


def _remote(url: str, flags: UrlFlags, read_rules: ReadRules) -> Iterator[RemoteSettings]:
    try:
        parse_url(url)
    except TransportError as exc:
        flags.error("url", str(exc))
        return
    bare, userinfo = split_userinfo(url)
    name = flags.text("name")
    rules = flags.path("urlRelabelConfig")
    yield RemoteSettings(
        url=bare,
        key=remote_key(name, bare),
        name=name,
        send_timeout_s=flags.number("sendTimeout"),
        protobuf_message=_message(flags),
        send_exemplars=flags.is_on("sendExemplars"),
        send_native_histograms=flags.is_on("sendNativeHistograms"),
        vm_proto=_vm_proto(flags),
        zstd_level=flags.of_all("vmProtoCompressLevel"),
        significant_figures=int(flags.number("significantFigures")),
        round_digits=int(flags.number("roundDigits")),
        metadata=_metadata(flags),
        http=http_settings(flags, userinfo),
        answers=_answers(flags),
        queue=_queue(flags),
        rate_limit_bytes=int(flags.number("rateLimit")),
        data_budget=_parsed(flags, "dataBudget", parse_budget),
        backlog_window=_parsed(flags, "backlogWindow", parse_window),
        obfuscated_labels=tuple(filter(None, flags.text("obfuscateLabels").split("^^"))),
        write_relabel_configs=read_rules(rules) if rules else (),
        strips_scratch_labels=bool(rules),
    )


def _answers(flags: UrlFlags) -> dict[str, str]:
    try:
        return parse_policy(flags.text("answers"))
    except PolicyError as exc:
        flags.error("answers", str(exc))
        return {}


def _parsed(flags: UrlFlags, name: str, parse: Callable[[str], _T]) -> _T | None:
    text = flags.text(name)
    try:
        return parse(text) if text else None
    except ValueError as exc:
        flags.error(name, str(exc))
        return None


def _message(flags: UrlFlags) -> str:
    message = flags.text("protobufMessage") or RW1
    if message not in (RW1, RW2):
        flags.error("protobufMessage", f"must be {RW1} or {RW2}")
    return message


def _vm_proto(flags: UrlFlags) -> VmProto:
    """As vmagent: VictoriaMetrics' encoding where the remote takes it, unless told otherwise."""
    is_forced = flags.is_on("forceVMProto")
    if is_forced and flags.is_on("forcePromProto"):
        reason = "cannot be used together with -remoteWrite.forcePromProto for the same URL"
        flags.error("forceVMProto", reason)
    if is_forced and flags.text("protobufMessage") == RW2:
        flags.error("forceVMProto", f"is about {RW1}, and -remoteWrite.protobufMessage is {RW2}")
    if is_forced:
        return VmProto.FORCED
    return VmProto.OFF if flags.is_on("forcePromProto") else VmProto.PROBE


def _metadata(flags: UrlFlags) -> MetadataSettings:
    is_wanted = bool(flags.values["enableMetadata"]) and not flags.is_on("disableMetadata")
    most = flags.of_all("maxMetadataPerBlock")
    if most < 1:
        flags.error("maxMetadataPerBlock", "must be 1 or more")
    return MetadataSettings(send=is_wanted, max_samples_per_send=most)


def _queue(flags: UrlFlags) -> QueueSettings:
    least_s, most_s = flags.number("retryMinInterval"), flags.number("retryMaxInterval")
    if least_s > most_s:
        flags.error("retryMinInterval", "must not be longer than -remoteWrite.retryMaxInterval")
    return QueueSettings(
        flush_interval_s=flags.number("flushInterval"),
        max_rows_per_block=int(flags.number("maxRowsPerBlock")),
        max_block_bytes=int(flags.number("maxBlockSize")),
        max_request_bytes=int(flags.number("maxRequestSize")),
        spill_after_s=flags.number("spillAfter"),
        retry_min_interval_s=least_s,
        retry_max_interval_s=most_s,
        lanes=int(flags.number("queues")) or QueueSettings().lanes,
        max_disk_bytes=disk_bound(int(flags.number("maxDiskUsagePerURL"))),
        min_free_disk_percent=flags.number("minFreeDiskSpace"),
        max_age_s=flags.number("maxAge"),
        disable_disk=flags.is_on("disableOnDiskQueue"),
        fresh_first=flags.is_on("freshFirst") or flags.is_on("inmemoryQueues"),
    )


def label_limits_from_flags(values: Values) -> LabelLimits:
    """`-maxLabels*`, for what goes to any remote; raises FlagErrors."""
    names = ("maxLabelsPerTimeseries", "maxLabelNameLen", "maxLabelValueLen")
    errors = [
        FlagError(name=name, reason="must be 0 (no limit) or more", text=str(values[name]))
        for name in names
        if values[name] < 0
    ]
    if errors:
        raise FlagErrors(errors)
    labels, name_bytes, value_bytes = (values[name] for name in names)
    return LabelLimits(max_labels=labels, max_name_bytes=name_bytes, max_value_bytes=value_bytes)


def labels_from_flags(values: Values) -> dict[str, str]:
    """`-remoteWrite.label`, for every remote of the agent; raises FlagErrors."""
    labels: dict[str, str] = {}
    errors = []
    for text in filter(None, values["remoteWrite.label"]):
        name, equals, value = text.partition("=")
        if not name or not equals:
            errors.append(FlagError(name="remoteWrite.label", reason="is name=value", text=text))
        labels[name] = value
    if errors:
        raise FlagErrors(errors)
    return labels
