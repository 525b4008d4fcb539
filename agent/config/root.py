"""The whole document: the top level of a configuration file.

Source: reference/prometheus.md 3.1.
"""

import attrs

from agent.config.decode import Cursor, check, key
from agent.config.discovery import GLOB_PATH
from agent.config.general import GlobalSection
from agent.config.jobs import ScrapeSection
from agent.config.otlp import OtlpSection
from agent.config.remotes import RemoteSection
from agent.config.scalars import FilePath

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
    alerting: object = None
    remote_read: object = None
    storage: object = None
    tracing: object = None
    runtime: object = None


@check(RootSection)
def _check_root(section: RootSection, cursor: Cursor) -> None:
    for name, kind in (("rule_files", "rule"), ("scrape_config_files", "scrape config")):
        for path in getattr(section, name):
            if "://" not in path and not GLOB_PATH.fullmatch(path):
                message = f'invalid {kind} file path "{path[:80]}"'
                cursor.at(name).error(message, path, "* is allowed in the last part only")
    unused = [name for name in UNUSED if cursor.has(name)]
    if unused:
        cursor.key_of(unused[0]).warning(
            f"no effect here: {', '.join(unused)}",
            hint="an agent scrapes and pushes; it evaluates no rules and stores nothing to query",
        )
