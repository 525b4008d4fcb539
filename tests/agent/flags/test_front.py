"""Limits and spreading, from flags."""

import pytest

from agent.flags.errors import FlagErrors
from agent.flags.front import front_from_flags
from agent.flags.parser import parse
from pushqueue.settings import FrontSettings, ShardSettings


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param([], FrontSettings(), id="nothing"),
        pytest.param(
            ["-maxIngestionRate=5", "-remoteWrite.maxHourlySeries=-1"],
            FrontSettings(max_ingestion_rate=5, max_hourly_series=-1),
            id="limits",
        ),
        pytest.param(
            ["-remoteWrite.shardByURL", "-remoteWrite.shardByURL.labels=a,b"],
            FrontSettings(sharding=ShardSettings(labels=("a", "b"))),
            id="spread by two labels",
        ),
        pytest.param(
            ["-remoteWrite.shardByURL", "-remoteWrite.shardByURLReplicas=2"],
            FrontSettings(sharding=ShardSettings(replicas=2)),
            id="spread twice",
        ),
        pytest.param(
            ["-remoteWrite.shardByURLReplicas=9"], FrontSettings(), id="not spread, so no matter"
        ),
    ],
)
def test_front(flags: list[str], expected: FrontSettings) -> None:
    assert front_from_flags(parse(flags, {}), 2) == expected


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        pytest.param(
            ["-remoteWrite.shardByURL", "-remoteWrite.shardByURLReplicas=3"],
            "must be from 1 to the number of remotes, which is 2",
            id="more replicas than remotes",
        ),
        pytest.param(
            ["-remoteWrite.shardByURL.labels=a", "-remoteWrite.shardByURL.ignoreLabels=b"],
            "cannot be used together",
            id="both lists",
        ),
    ],
)
def test_mistakes(flags: list[str], reason: str) -> None:
    with pytest.raises(FlagErrors, match=reason):
        front_from_flags(parse(flags, {}), 2)
