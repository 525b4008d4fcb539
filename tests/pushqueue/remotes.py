"""A whole remote on a temporary directory, with a fake at its far end."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from pushqueue.metadata_sender import GiveFamilies
from pushqueue.remote import Remote
from pushqueue.sender import Poster
from pushqueue.settings import QueueSettings, RemoteSettings
from tests.pushqueue.blocks import NOW_MS
from transport.tls import TlsContexts

QUEUE_FIELDS = {field.name for field in QueueSettings.__attrs_attrs__}


async def in_line(function: Callable[..., Any], *args: Any) -> Any:
    """Runs it here: a mock clock does not wait for threads."""
    await trio.lowlevel.checkpoint()
    return function(*args)


def wall_ms() -> int:
    """The wall clock of the tests follows trio's."""
    return NOW_MS + int(trio.current_time() * 1000)


def remote_on(
    path: Path, far_end: Poster, *, families: GiveFamilies | None = None, **fields: Any
) -> Remote:
    """`fields` are those of the remote's settings and of its queue's, mixed; one lane."""
    fields.setdefault("lanes", 1)
    of_queue = {name: fields.pop(name) for name in QUEUE_FIELDS & fields.keys()}
    settings = RemoteSettings(
        url="http://user:secret@127.0.0.1:9/write?token=t",
        key="r",
        queue=QueueSettings(min_free_disk_percent=0, **of_queue),
        **fields,
    )
    return Remote(
        settings,
        data_path=path,
        contexts=TlsContexts(),
        run_sync=in_line,
        wall_ms=wall_ms,
        version="1.2.3",
        connect=lambda: far_end,
        rand=lambda: 0.0,
        families=families,
    )


@asynccontextmanager
async def running(remote: Remote) -> AsyncIterator[Remote]:
    """Runs the remote; at the end it is stopped in order."""
    async with trio.open_nursery() as nursery:
        await nursery.start(remote_run, remote)
        yield remote
        nursery.cancel_scope.cancel()


async def remote_run(remote: Remote, *, task_status: trio.TaskStatus[None]) -> None:
    await remote.run(task_status=task_status)
