"""Who is asked to come back later, and how."""

import pytest

from pushqueue.overload import refusal
from pushqueue.settings import QueueSettings

DISK = QueueSettings()
MEMORY = QueueSettings(disable_disk=True)
DROPPING = QueueSettings(disable_disk=True, drop_on_overload=True)


@pytest.mark.parametrize(
    ("settings", "is_full", "disk_error", "remotes", "status", "word"),
    [
        pytest.param(DISK, False, "", 1, None, "", id="there is room"),
        pytest.param(DISK, False, "EIO", 1, None, "", id="the disk fails, memory has room"),
        pytest.param(DISK, True, "", 1, 503, "slower", id="the disk is slow"),
        pytest.param(DISK, True, "no space left", 2, 503, "no space left", id="the disk is full"),
        pytest.param(MEMORY, False, "", 1, None, "", id="memory only, with room"),
        pytest.param(MEMORY, True, "", 1, 429, "has no other", id="memory only, full"),
        pytest.param(MEMORY, True, "", 2, None, "", id="memory only, others go on"),
        pytest.param(DROPPING, True, "", 1, None, "", id="dropping was asked for"),
    ],
)
def test_refusal(
    settings: QueueSettings,
    is_full: bool,
    disk_error: str,
    remotes: int,
    status: int | None,
    word: str,
) -> None:
    found = refusal(settings, name="a", is_full=is_full, disk_error=disk_error, remotes=remotes)
    assert (found.status if found else None) == status
    assert found is None or (word in found.reason and found.retry_after_s > 0)
