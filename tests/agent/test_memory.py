"""What memory there is, on hosts and in cgroups, and what a queue gets of it."""

from pathlib import Path

import pytest

from agent.memory import allowed_bytes, memory_bytes, remote_share_bytes

MIB = 2**20


@pytest.mark.parametrize(
    ("files", "expected_mib"),
    [
        pytest.param({}, 1024, id="a host without cgroups"),
        pytest.param(
            {"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/memory.max": f"{64 * MIB}\n"},
            64,
            id="a limit of version 2 above the process",
        ),
        pytest.param(
            {"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"},
            1024,
            id="no limit of version 2",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "5:cpu:/a\n4:memory:/a\n",
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes": f"{32 * MIB}\n",
            },
            32,
            id="a limit of version 1",
        ),
        pytest.param(
            {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{16 * MIB}\n"},
            16,
            id="a container sees its own cgroup as the root",
        ),
    ],
)
def test_memory(files: dict[str, str], expected_mib: int, tmp_path: Path) -> None:
    for name, text in {"proc/meminfo": "MemTotal: 1048576 kB\n", **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert memory_bytes(tmp_path) == expected_mib * MIB
    assert allowed_bytes(percent=50, explicit_bytes=0, root=tmp_path) == expected_mib * MIB // 2
    assert allowed_bytes(percent=50, explicit_bytes=7, root=tmp_path) == 7


@pytest.mark.parametrize(
    ("allowed_mib", "remotes", "has_disk", "expected_mib"),
    [
        pytest.param(1000, 1, True, 32, id="enough for all"),
        pytest.param(64, 2, True, 8, id="a quarter, in equal parts"),
        pytest.param(1, 9, True, 1, id="never less than a Block"),
        pytest.param(1000, 1, False, 250, id="without a disk the whole share"),
    ],
)
def test_the_share_of_a_remote(
    allowed_mib: int, remotes: int, has_disk: bool, expected_mib: int
) -> None:
    share = remote_share_bytes(allowed_mib * MIB, remotes, has_disk=has_disk)
    assert share == expected_mib * MIB
