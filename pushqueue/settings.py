"""Where to push and how hard: one class for each entry of `remote_write` and its queue.

A remote that comes from flags has vmagent's defaults, one from the section Prometheus'
(DESIGN section 8, 3); the decoders in `agent` choose, these classes only hold.
"""

import enum
from collections.abc import Mapping

import attrs

from pushqueue.metered import DailyWindow, DataBudget
from relabel.limits import LabelLimits
from relabel.rule import RelabelRule
from transport.settings import HttpSettings

RW1 = "prometheus.WriteRequest"
RW2 = "io.prometheus.write.v2.Request"


# Requests in flight at a time. One of Prometheus' 2000 samples at 300 ms is 6000 samples a second,
# which 200 ordinary targets make already; four are 22 000 (bench/bench_lanes.py), and at 10 000
# samples 100 000. More lanes make requests smaller where there is little to send.
DEFAULT_LANES = 4


class VmProto(enum.Enum):
    """VictoriaMetrics' encoding (1.0 by zstd): never, where the remote says yes, or always."""

    OFF = "off"
    PROBE = "probe"
    FORCED = "forced"


@attrs.frozen(kw_only=True)
class QueueSettings:
    """Batching, retrying and the disk, per remote. Sizes in bytes, 0 is no bound.

    `max_block_bytes` is before compression, `max_request_bytes` after it.
    """

    flush_interval_s: float = 1.0
    max_rows_per_block: int = 10_000
    max_block_bytes: int = 8 * 2**20
    max_request_bytes: int = 0
    spill_after_s: float = 1.0
    retry_min_interval_s: float = 1.0
    retry_max_interval_s: float = 60.0
    lanes: int = DEFAULT_LANES
    max_disk_bytes: int = 0
    max_memory_bytes: int = 32 * 2**20
    min_free_disk_percent: float = 5.0
    max_age_s: float = 0.0
    disable_disk: bool = False
    drop_on_overload: bool = False
    fresh_first: bool = False


@attrs.frozen(kw_only=True)
class MetadataSettings:
    send: bool = True
    send_interval_s: float = 60.0
    max_samples_per_send: int = 2000


@attrs.frozen(kw_only=True)
class CommonSteps:
    """What flags ask to be done before every remote's own rules (reference/vmagent.md 1.1)."""

    relabel_configs: tuple[RelabelRule, ...] = ()
    limits: LabelLimits = LabelLimits()
    is_compatible_naming: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.relabel_configs and self.limits.is_empty and not self.is_compatible_naming


@attrs.frozen(kw_only=True)
class ShardSettings:
    """How series are spread. `labels`: only these count; `ignored_labels`: all but these."""

    labels: tuple[str, ...] = ()
    ignored_labels: tuple[str, ...] = ()
    replicas: int = 1


@attrs.frozen(kw_only=True)
class FrontSettings:
    """What all that comes in has to pass; 0 is no limit, -1 series are only counted.

    `max_ingestion_rate`: samples a second.
    """

    max_ingestion_rate: float = 0.0
    max_hourly_series: int = 0
    max_daily_series: int = 0
    sharding: ShardSettings | None = None


@attrs.frozen(kw_only=True)
class RemoteSettings:
    """One remote. `key` names its queue's directory (DESIGN section 8, 4).

    `strips_scratch_labels`: its own rules come from a flag, so `__*` labels are gone after them.
    `rate_limit_bytes`: a second, 0 is no limit.
    `zstd_level` 0 chooses; `significant_figures` 0 and `round_digits` 100 keep values as they are.
    `answers`: statuses that this remote means otherwise, in words (pushqueue.policy).
    """

    url: str
    key: str
    name: str = ""
    send_timeout_s: float = 60.0
    protobuf_message: str = RW1
    send_exemplars: bool = False
    send_native_histograms: bool = False
    vm_proto: VmProto = VmProto.OFF
    zstd_level: int = 0
    significant_figures: int = 0
    round_digits: int = 100
    http: HttpSettings = HttpSettings(enable_http2=False)
    common: CommonSteps = CommonSteps()
    write_relabel_configs: tuple[RelabelRule, ...] = ()
    strips_scratch_labels: bool = False
    extra_labels: Mapping[str, str] = attrs.field(factory=dict)
    obfuscated_labels: tuple[str, ...] = ()
    rate_limit_bytes: int = 0
    data_budget: DataBudget | None = None
    backlog_window: DailyWindow | None = None
    round_robin_dns: bool = False
    answers: Mapping[str, str] = attrs.field(factory=dict)
    queue: QueueSettings = QueueSettings()
    metadata: MetadataSettings = MetadataSettings()
