"""Pushes: one intake for all listeners, and what a reload keeps."""

from typing import Any

import attrs
import trio

from agent.flags.parser import parse
from agent.pushes import Pushes
from agent.settings import Settings
from pushqueue.fanout import FanOut
from receivers.counts import PushStatistics
from receivers.otlp.receive import drain
from receivers.otlp.settings import Delta, Translation
from tests.receivers.otlp.requests import point, request_of, total
from web.admission import Admission


class Agent:
    """The settings that count now, and what takes pushes by them."""

    def __init__(self, *flags: str, **translation: Any) -> None:
        self.settings = Settings(translation=Translation(**translation))
        admission = Admission(
            capacity=1, max_wait_s=1, max_request_bytes=1000, max_total_bytes=1000
        )
        self.pushes = Pushes(parse(flags, {}), FanOut([]), admission, lambda: self.settings)

    def reload(self, **translation: Any) -> None:
        self.settings = attrs.evolve(self.settings, translation=Translation(**translation))


def test_all_listeners_share_one_intake() -> None:
    agent = Agent("-push.ack=durable", "-maxInsertRequestSize=1KiB")
    intake = agent.pushes.intake()
    assert agent.pushes.intake() is intake
    assert intake.is_durable
    assert intake.max_write_bytes == 1024


def test_a_reload_that_changes_nothing_keeps_what_is_known() -> None:
    agent = Agent()
    receivers = agent.pushes.intake().receivers
    before = receivers()
    agent.reload()
    assert receivers() is before
    agent.reload(external_labels={"site": "s"})
    assert receivers() is not before


def test_sums_of_delta_points_are_told_where_they_are_kept() -> None:
    agent = Agent(delta=Delta.CUMULATIVE)
    assert agent.pushes.statistics() == PushStatistics()  # no pusher came yet
    otlp = agent.pushes.intake().receivers().otlp
    data = request_of(total("a", point(asInt="1"), temporality=1)).SerializeToString()
    drain(otlp.protobuf(data))
    told = agent.pushes.statistics().cumulation
    assert told is not None
    assert (told.series, told.forgotten_total) == (1, 0)
    agent.reload(delta=Delta.STORED)
    agent.pushes.intake().receivers()
    assert agent.pushes.statistics().cumulation is None


async def test_without_addresses_nothing_is_served() -> None:
    # It says that it is ready and has ended: what is served would hold the nursery open.
    with trio.fail_after(1):
        async with trio.open_nursery() as nursery:
            await nursery.start(Agent().pushes.run)
