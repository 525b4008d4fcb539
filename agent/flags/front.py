"""What flags ask of all that comes in, before any remote: limits, and how series are spread.

Takes flag values and the number of remotes; gives FrontSettings, raises FlagErrors.
"""

from agent.flags.errors import FlagError, FlagErrors
from agent.flags.values import Values
from pushqueue.settings import FrontSettings, ShardSettings


def front_from_flags(values: Values, remotes: int) -> FrontSettings:
    errors: list[FlagError] = []
    labels = _names(values, "remoteWrite.shardByURL.labels")
    ignored = _names(values, "remoteWrite.shardByURL.ignoreLabels")
    replicas = values["remoteWrite.shardByURLReplicas"]
    is_sharded = values["remoteWrite.shardByURL"]
    if labels and ignored:
        reason = "cannot be used together with -remoteWrite.shardByURL.ignoreLabels"
        errors.append(FlagError(name="remoteWrite.shardByURL.labels", reason=reason))
    if is_sharded and not 1 <= replicas <= max(remotes, 1):
        reason = f"must be from 1 to the number of remotes, which is {remotes}"
        name = "remoteWrite.shardByURLReplicas"
        errors.append(FlagError(name=name, reason=reason, text=str(replicas)))
    if errors:
        raise FlagErrors(errors)
    shards = ShardSettings(labels=labels, ignored_labels=ignored, replicas=replicas)
    return FrontSettings(
        max_ingestion_rate=values["maxIngestionRate"],
        max_hourly_series=values["remoteWrite.maxHourlySeries"],
        max_daily_series=values["remoteWrite.maxDailySeries"],
        sharding=shards if is_sharded else None,
    )


def _names(values: Values, name: str) -> tuple[str, ...]:
    return tuple(filter(None, values[name]))
