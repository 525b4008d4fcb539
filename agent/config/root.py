"""The whole document: the top level of a configuration file.

Source: reference/prometheus.md 3.1.
"""

import attrs

from agent.config.cursor import Cursor
from agent.config.decode import key, unused
from agent.config.discovery import GLOB_PATH
from agent.config.general import GlobalSection
from agent.config.jobs import ScrapeSection
from agent.config.otlp import UTF8_STRATEGIES, OtlpSection
from agent.config.registry import check
from agent.config.remote_section import RemoteSection
from agent.config.scalars import FilePath
from agent.config.unused import (
    AlertingSection,
    RemoteReadSection,
    RuntimeSection,
    StorageSection,
    TracingSection,
)

# What Prometheus knows and an agent has no use for.
UNUSED = ("rule_files", "alerting", "remote_read", "storage", "tracing", "runtime")


@attrs.frozen(kw_only=True)
class RootSection:
    here: Cursor = attrs.field(metadata=key(None), eq=False, repr=False)
    global_: GlobalSection = attrs.field(default=GlobalSection(), metadata=key("global"))
    scrape_configs: tuple[ScrapeSection, ...] = ()
    scrape_config_files: tuple[FilePath, ...] = ()
    remote_write: tuple[RemoteSection, ...] = ()
    otlp: OtlpSection | None = None
    rule_files: tuple[FilePath, ...] = ()
    alerting: AlertingSection | None = unused(AlertingSection)
    remote_read: tuple[RemoteReadSection, ...] = ()
    storage: StorageSection | None = None
    tracing: TracingSection | None = None
    runtime: RuntimeSection | None = None


@check(RootSection)
def _check_root(section: RootSection, cursor: Cursor) -> None:
    for name, kind in (("rule_files", "rule"), ("scrape_config_files", "scrape config")):
        for path in getattr(section, name):
            if "://" not in path and not GLOB_PATH.fullmatch(path):
                message = f'invalid {kind} file path "{path[:80]}"'
                cursor.at(name).error(message, path, "* is allowed in the last part only")
    _check_read_names(section, cursor.at("remote_read"))
    _check_strategy(section, cursor.at("otlp"))
    unused = [name for name in UNUSED if cursor.has(name)]
    if unused:
        cursor.key_of(unused[0]).warning(
            f"no effect here: {', '.join(unused)}",
            hint="an agent scrapes and pushes; it evaluates no rules and stores nothing to query",
        )


def _check_read_names(section: RootSection, cursor: Cursor) -> None:
    seen: set[str] = set()
    for index, remote in enumerate(section.remote_read):
        if remote.name and remote.name in seen:
            message = f"found multiple remote read configs with job name {remote.name[:80]!r}"
            cursor.item(index).at("name").error(message, remote.name)
        seen.add(remote.name)


def _check_strategy(section: RootSection, cursor: Cursor) -> None:
    is_legacy = section.global_.metric_name_validation_scheme == "legacy"
    if section.otlp and is_legacy and section.otlp.translation_strategy in UTF8_STRATEGIES:
        message = (
            f"{section.otlp.translation_strategy} needs UTF-8 names, but the validation scheme"
        )
        cursor.at("translation_strategy").error(f"{message} is legacy")
