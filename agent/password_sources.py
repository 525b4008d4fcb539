"""Reads the files and URLs that give passwords, and keeps them fresh while the agent runs.

Takes the passwords by flag name; reads their sources again when they are due, in a thread.
Invariant: a source that fails is logged when it begins to fail and when it is well again, once.
Never: logs a password or the URL that gives it.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import trio

from agent.flags.passwords import REREAD_AFTER_S, Password

RunSync = Callable[[Callable[[str], bytes], str], Awaitable[bytes]]

log = logging.getLogger("promferry.agent")

# A password is a line; whatever is longer is another file.
MAX_BYTES = 4096
_FETCH_TIMEOUT_S = 5.0


async def keep_fresh(
    passwords: Mapping[str, Password],
    read: Callable[[str], bytes],
    run_sync: RunSync,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Started once every source was read or has failed; then runs until cancelled."""
    with_source = {name: one for name, one in passwords.items() if one.source}
    await refresh(with_source, read, run_sync)
    task_status.started()
    while with_source:
        await trio.sleep(REREAD_AFTER_S)
        await refresh(with_source, read, run_sync)


async def refresh(
    passwords: Mapping[str, Password], read: Callable[[str], bytes], run_sync: RunSync
) -> None:
    """Read again what is due."""
    for name, password in passwords.items():
        if not password.is_due(trio.current_time()):
            continue
        before = password.statistics()
        try:
            content = await run_sync(read, password.source)
        except OSError as exc:
            reason = f"cannot be read: {exc.strerror}" if exc.strerror else str(exc)
            password.fail(reason, trio.current_time())
        else:
            password.accept(content, trio.current_time())
        _log_change(name, before.last_error, password.statistics().last_error)


def _log_change(name: str, before: str, after: str) -> None:
    if after and not before:
        log.warning("the source of -%s %s; what was read before stays", name, after)
    elif before and not after:
        log.info("the source of -%s can be read again", name)


def read_source(source: str) -> bytes:
    """The content of a file or URL, at most MAX_BYTES; raises OSError. It may block."""
    if source.startswith(("http://", "https://")):
        return _fetch(source)
    with Path(source).open("rb") as file:
        return _bounded(file.read(MAX_BYTES + 1))


def _bounded(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise OSError(f"is longer than {MAX_BYTES} bytes")
    return content


def _fetch(url: str) -> bytes:
    import httpx  # late: hardly any password comes from a URL

    content = b""
    try:
        with httpx.stream("GET", url, timeout=_FETCH_TIMEOUT_S, follow_redirects=True) as response:
            response.raise_for_status()
            for piece in response.iter_bytes():
                content += piece
                _bounded(content)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise OSError(f"cannot be fetched: {type(exc).__name__}") from exc
    return content
