"""Passwords are read again while the agent runs."""

import logging
from collections.abc import Callable
from functools import partial

import pytest
import trio
from trio.testing import MockClock

from agent.flags.passwords import Password
from agent.flags.refresh import keep_fresh

Source = dict[str, bytes | str]


async def run_here(read: Callable[[str], bytes], source: str) -> bytes:
    return read(source)


def reader(source: Source, path: str) -> bytes:
    content = source[path]
    if isinstance(content, str):
        raise OSError(content)
    return content


async def test_a_changed_source_counts_after_two_seconds(autojump_clock: MockClock) -> None:
    source: Source = {"/p": b"a"}
    password = Password("file:///p")
    async with trio.open_nursery() as nursery:
        await nursery.start(
            keep_fresh, {"httpAuth.password": password}, partial(reader, source), run_here
        )
        assert password.current().reveal() == "a"
        source["/p"] = b"b"
        await trio.sleep(2.1)
        assert password.current().reveal() == "b"
        nursery.cancel_scope.cancel()


async def test_failures_are_told_when_they_begin_and_end(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    source: Source = {"/p": "cannot be read"}
    password = Password("file:///p")
    with caplog.at_level(logging.INFO, "promferry.agent"):
        async with trio.open_nursery() as nursery:
            await nursery.start(
                keep_fresh, {"httpAuth.password": password}, partial(reader, source), run_here
            )
            await trio.sleep(7)
            source["/p"] = b"a"
            await trio.sleep(3)
            nursery.cancel_scope.cancel()
    assert [record.getMessage() for record in caplog.records] == [
        "the source of -httpAuth.password cannot be read; what was read before stays",
        "the source of -httpAuth.password can be read again",
    ]
    assert password.statistics().failures == 4


async def test_without_sources_there_is_nothing_to_do() -> None:
    async with trio.open_nursery() as nursery:
        await nursery.start(keep_fresh, {"a": Password("b")}, partial(reader, {}), run_here)
