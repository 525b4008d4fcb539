import json
from typing import Any

import pytest

from tests.web.snapshots import down, dropped, target, waiting
from web.api.targets import TargetQuery, global_url, targets_json


def document(query: TargetQuery | None = None) -> dict[str, Any]:
    targets = (target(), down(), waiting(), target("other", pool="web"))
    pieces = targets_json(query or TargetQuery(), targets, (dropped(),), "edge1")
    whole: dict[str, Any] = json.loads("".join(pieces))
    assert whole.keys() == {"status", "data"}
    assert whole["status"] == "success"
    data: dict[str, Any] = whole["data"]
    return data


def test_a_target_has_the_fields_of_prometheus() -> None:
    assert document()["activeTargets"][0] == {
        "discoveredLabels": {"__address__": "a:9100", "__scheme__": "http", "job": "node"},
        "labels": {"instance": "a:9100", "job": "node"},
        "scrapePool": "node",
        "scrapeUrl": "http://a:9100/metrics",
        "globalUrl": "http://a:9100/metrics",
        "lastError": "",
        "lastScrape": "2026-11-24T05:59:58.000Z",
        "lastScrapeDuration": 0.0123,
        "lastSamplesScraped": 507,
        "health": "up",
        "scrapeInterval": "15s",
        "scrapeTimeout": "10s",
    }


def test_a_target_that_fails_and_one_that_waits() -> None:
    _, failing, waits, _ = document()["activeTargets"]
    assert (failing["health"], failing["lastError"]) == ("down", "connection refused")
    assert (waits["health"], waits["lastScrape"]) == ("unknown", "0001-01-01T00:00:00Z")


def test_dropped_targets_and_their_counts() -> None:
    data = document()
    assert data["droppedTargets"] == [
        {
            "discoveredLabels": {"__address__": "x:1", "job": "node"},
            "scrapePool": "node",
            "dropReason": "rule 1: drop",
        }
    ]
    assert data["droppedTargetCounts"] == {"node": 1, "web": 0}


@pytest.mark.parametrize(
    ("arguments", "active", "gone", "has_counts"),
    [
        pytest.param({}, 4, 1, True, id="nothing asked is everything"),
        pytest.param({"state": "any"}, 4, 1, True, id="any"),
        pytest.param({"state": "active"}, 4, 0, False, id="only active"),
        pytest.param({"state": "Dropped"}, 0, 1, True, id="only dropped, in any letter case"),
        pytest.param({"state": "nonsense"}, 0, 0, False, id="an unknown state is nothing"),
        pytest.param({"scrapePool": "web"}, 1, 0, True, id="one pool"),
    ],
)
def test_filters(arguments: dict[str, str], active: int, gone: int, has_counts: bool) -> None:
    data = document(TargetQuery.of(arguments))
    assert len(data["activeTargets"]) == active
    assert len(data["droppedTargets"]) == gone
    assert (data["droppedTargetCounts"] is not None) is has_counts


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:9100/metrics?a=b", "http://edge1:9100/metrics?a=b"),
        ("http://localhost/metrics", "http://edge1/metrics"),
        ("https://[::1]:1/x", "https://edge1:1/x"),
        ("http://10.0.0.1:9100/metrics", "http://10.0.0.1:9100/metrics"),
    ],
)
def test_a_loopback_address_is_shown_as_others_would_reach_it(url: str, expected: str) -> None:
    assert global_url(url, "edge1") == expected
