"""Everything the agent runs on: what flags and files say, merged and checked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from pushqueue.settings import FrontSettings, RemoteSettings
from receivers.otlp.settings import Translation
from scraper.settings import ScrapeJob

if TYPE_CHECKING:
    from agent.config.otlp import OtlpSection


@attrs.frozen(kw_only=True)
class GlobalSettings:
    """The `global` section after decoding; what jobs inherit is already in the jobs."""

    scrape_interval_s: float = 60.0
    scrape_timeout_s: float = 10.0
    external_labels: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Settings:
    """One consistent state of the whole configuration; a reload compares two of these.

    `otlp`: the section as it stands in the file; `translation`: what it and flags come to.
    """

    global_: GlobalSettings = GlobalSettings()
    jobs: tuple[ScrapeJob, ...] = ()
    remotes: tuple[RemoteSettings, ...] = ()
    otlp: "OtlpSection | None" = None
    translation: Translation = Translation()
    front: FrontSettings = FrontSettings()
    data_path: str = "promferry-data"
    listen_addresses: tuple[str, ...] = (":8429",)
