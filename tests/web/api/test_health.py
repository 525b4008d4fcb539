import attrs
import pytest

from pushqueue.statistics import QueueStatistics, RemoteStatistics
from tests.agent.metrics.test_render import REMOTE
from tests.web.snapshots import RUNTIME
from web.api.health import OUTAGE_S, Check, checks, health

WELL = attrs.evolve(REMOTE, state="ok", queue=QueueStatistics())


def found(remote: RemoteStatistics, **changes: object) -> dict[str, Check]:
    arguments = {"runtime": RUNTIME, "discovery_errors": {}, "is_ready": True, **changes}
    return {check.name: check for check in checks([remote], **arguments)}  # type: ignore[arg-type]


def remote(**changes: object) -> RemoteStatistics:
    return attrs.evolve(WELL, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statistics", "name", "status"),
    [
        pytest.param(WELL, "remote berlin", "ok", id="all is well"),
        pytest.param(
            remote(state="retrying", oldest_age_s=3.0), "remote berlin", "warn", id="a hiccup"
        ),
        pytest.param(
            remote(state="retrying", oldest_age_s=OUTAGE_S), "remote berlin", "fail", id="an outage"
        ),
        pytest.param(
            remote(state="holding", oldest_age_s=1.0), "remote berlin", "fail", id="not let in"
        ),
        pytest.param(
            remote(queue=QueueStatistics(disk_state="no space left on device")),
            "disk of berlin",
            "fail",
            id="a full disk",
        ),
        pytest.param(
            remote(queue=QueueStatistics(disk_state="off")), "disk of berlin", "ok", id="no disk"
        ),
    ],
)
def test_a_remote_and_its_disk(statistics: RemoteStatistics, name: str, status: str) -> None:
    check = found(statistics)[name]
    assert check.status == status
    assert bool(check.text) == (status != "ok")


def test_configuration_and_discovery() -> None:
    failing = found(
        WELL,
        runtime=attrs.evolve(RUNTIME, reload_ok=False),
        discovery_errors={"node": "no such file"},
        is_ready=False,
    )
    assert [failing[name].status for name in ("configuration", "discovery")] == ["warn", "warn"]
    assert failing["discovery of node"].text == "no such file"


@pytest.mark.parametrize(
    ("statuses", "worst", "code"),
    [
        pytest.param([], "ok", 200, id="nothing to look at"),
        pytest.param(["ok", "ok"], "ok", 200, id="well"),
        pytest.param(["warn", "ok"], "warn", 200, id="what mends itself is no failure"),
        pytest.param(["ok", "fail", "warn"], "fail", 503, id="the worst counts"),
    ],
)
def test_the_status_for_probes(statuses: list[str], worst: str, code: int) -> None:
    document, got = health([Check("a", status) for status in statuses])
    assert (document["status"], got) == (worst, code)
