import attrs
import pytest

from agent.reload_plan import RemotePlan, plan_remotes
from pushqueue.settings import RemoteSettings

A = RemoteSettings(url="http://127.0.0.1:1/", key="a")
B = RemoteSettings(url="http://127.0.0.1:2/", key="b")
A_SLOWER = attrs.evolve(A, send_timeout_s=5.0)


@pytest.mark.parametrize(
    ("running", "wanted", "expected"),
    [
        pytest.param([], [], RemotePlan(), id="nothing stays nothing"),
        pytest.param([], [A], RemotePlan(started=(A,)), id="a new remote is started"),
        pytest.param([A], [], RemotePlan(stopped=("a",)), id="a remote that is gone is stopped"),
        pytest.param([A, B], [A, B], RemotePlan(kept=("a", "b")), id="the same remotes are kept"),
        pytest.param([A, B], [B, A], RemotePlan(kept=("b", "a")), id="order means nothing"),
        pytest.param(
            [A, B],
            [A_SLOWER, B],
            RemotePlan(stopped=("a",), started=(A_SLOWER,), kept=("b",)),
            id="a changed remote is stopped and started, its neighbour kept",
        ),
    ],
)
def test_plan_remotes(
    running: list[RemoteSettings], wanted: list[RemoteSettings], expected: RemotePlan
) -> None:
    plan = plan_remotes(running, wanted)
    assert plan == expected
    assert plan.is_empty == (running == wanted or len(plan.kept) == len(running) == len(wanted))
