"""A whole remote in every dialect: what arrives where, and what the remote's answers lead to."""

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import snappy
import trio
from trio.testing import MockClock

from pushqueue.settings import RW2, MetadataSettings, VmProto
from pushqueue.statistics import RemoteStatistics
from series.batch import Batch
from series.metadata import Metadata, MetricType
from tests.pushqueue.blocks import batch
from tests.pushqueue.fake_remote import FakeRemote, Reply, Request, Script, in_turn
from tests.pushqueue.remotes import remote_on, running
from tests.pushqueue.wire_batches import CUSTOM, EXEMPLAR, INTEGERS, floats, layout_of, natives
from tests.receivers.protos import WriteRequest
from transport.errors import TransportError

UNREACHABLE = TransportError("connect", "connection refused")


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


def written(samples: int, histograms: int = 0, exemplars: int = 0, status: int = 204) -> Reply:
    counts = (("samples", samples), ("histograms", histograms), ("exemplars", exemplars))
    headers = [(f"x-prometheus-remote-write-{kind}-written", str(n)) for kind, n in counts]
    return Reply(status, headers=tuple(headers))


def takes_2_0(request: Request) -> Reply:
    rows = request.rows
    histograms = sum(row.histogram is not None for row in rows)
    exemplars = sum(len(row.exemplars) for row in rows)
    return written(len(rows) - histograms, histograms, exemplars)


def takes_1_0_only(status: int) -> Script:
    return lambda request: Reply(status) if request.is_v2 else Reply()


async def push(
    path: Path,
    far_end: FakeRemote,
    batches: Sequence[Batch] = (),
    *,
    times: int = 1,
    **settings: Any,
) -> RemoteStatistics:
    async with running(remote_on(path, far_end, **settings)) as remote:
        for _ in range(times):
            remote.put_nowait(batches or [batch(3)])
            await trio.sleep(50)
        return remote.statistics()


# Remote write 2.0


async def test_2_0_is_sent_where_it_is_asked_for(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote(takes_2_0)
    seen = await push(tmp_path, far_end, protobuf_message=RW2)
    assert [request.is_v2 for request in far_end.requests] == [True]
    assert len(far_end.accepted) == 3
    assert not any(seen.dropped_samples.values())


@pytest.mark.parametrize("status", [400, 415, 204])
async def test_a_1_0_remote_gets_1_0(
    status: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(takes_1_0_only(status))
    seen = await push(tmp_path, far_end, times=2, protobuf_message=RW2)
    assert [request.is_v2 for request in far_end.requests] == [True, False, False]
    assert seen.sent_samples_total == 6
    assert not any(seen.dropped_samples.values())
    assert seen.encoding == "RW1_SNAPPY"


async def test_a_bad_block_is_no_reason_to_leave_2_0(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(in_turn(400, 400, *[written(3)] * 2))
    seen = await push(tmp_path, far_end, times=3, protobuf_message=RW2)
    assert [request.is_v2 for request in far_end.requests] == [True, False, True, True]
    assert seen.dropped_samples == {"refused": 3}
    assert seen.sent_samples_total == 6


async def test_what_was_not_written_is_counted(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote(lambda request: written(1))
    given = floats(layout_of(["a", "b", "c"]), exemplars={0: (EXEMPLAR,)})
    seen = await push(tmp_path, far_end, [given], protobuf_message=RW2, send_exemplars=True)
    assert seen.dropped_samples == {"not_written": 2}
    assert seen.unwritten_exemplars_total == 1


async def test_a_partial_write_is_not_sent_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote(lambda request: written(60, status=400))
    seen = await push(tmp_path, far_end, [batch(100)], protobuf_message=RW2)
    assert len(far_end.requests) == 1
    assert seen.sent_samples_total == 60
    assert seen.dropped_samples == {"refused": 40}


async def test_a_backlog_of_2_0_goes_out_as_1_0(tmp_path: Path, autojump_clock: MockClock) -> None:
    down = FakeRemote(lambda request: UNREACHABLE)
    given = [natives(INTEGERS, CUSTOM), batch(2)]
    await push(tmp_path, down, given, protobuf_message=RW2, send_native_histograms=True)
    up = FakeRemote()
    async with running(remote_on(tmp_path, up, send_native_histograms=True)) as remote:
        await trio.sleep(50)
        seen = remote.statistics()
    (request,) = up.requests
    message = WriteRequest.FromString(snappy.uncompress(request.body))
    assert [len(series.histograms) for series in message.timeseries] == [1, 0, 0]
    assert seen.dropped_samples["custom_buckets"] == 1
    assert seen.pending_samples == 0


# What is beside the values


@pytest.mark.parametrize("message", [RW2, "prometheus.WriteRequest"])
async def test_native_histograms_are_sent_by_option(
    message: str, tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(lambda request: takes_2_0(request) if request.is_v2 else Reply())
    given = [natives(INTEGERS)]
    seen = await push(tmp_path, far_end, given, protobuf_message=message)
    assert seen.dropped_samples == {"native_histogram": 1}
    seen = await push(
        tmp_path, far_end, given, protobuf_message=message, send_native_histograms=True
    )
    assert seen.sent_samples_total == 1
    assert not any(seen.dropped_samples.values())


async def test_1_0_takes_no_custom_buckets(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote()
    given = natives(CUSTOM, INTEGERS, exemplars={1: (EXEMPLAR,)})
    options = {"send_native_histograms": True, "send_exemplars": True}
    seen = await push(tmp_path, far_end, [given, natives(CUSTOM)], **options)
    assert seen.dropped_samples == {"custom_buckets": 2}
    message = WriteRequest.FromString(snappy.uncompress(far_end.requests[0].body))
    (series,) = message.timeseries
    assert series.histograms[0].count_int == 9
    assert series.exemplars[0].value == 0.5


async def test_values_are_rounded_for_a_remote_that_wants_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote()
    given = floats(layout_of(["a", "b"]), values=array("d", [1.256, 1234.5]))
    await push(tmp_path, far_end, [given], significant_figures=3, round_digits=1)
    assert [value for _, value, _ in far_end.accepted] == [1.3, 1230.0]


# VictoriaMetrics' encoding


async def test_zstd_after_a_yes(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote(probe=Reply(200, b"1"))
    seen = await push(tmp_path, far_end, times=3, vm_proto=VmProto.PROBE)
    encodings = [request.headers["Content-Encoding"] for request in far_end.requests]
    assert encodings == ["snappy", "zstd", "zstd"]  # the first was made before the answer
    assert len(far_end.probes) == 1
    assert len(far_end.accepted) == 9
    assert seen.encoding == "RW1_ZSTD"


@pytest.mark.parametrize("reply", [Reply(405), Reply(400, b"no"), Reply(200, b"<html>")])
async def test_snappy_after_a_no(reply: Reply, tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote(probe=reply)
    await push(tmp_path, far_end, times=3, vm_proto=VmProto.PROBE)
    encodings = [request.headers["Content-Encoding"] for request in far_end.requests]
    assert encodings == ["snappy"] * 3
    assert len(far_end.probes) == 1


async def test_it_is_asked_again_after_an_outage(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote(in_turn(UNREACHABLE, UNREACHABLE), probe=UNREACHABLE)
    async with running(remote_on(tmp_path, far_end, vm_proto=VmProto.PROBE)) as remote:
        remote.put_nowait([batch(3)])
        await trio.sleep(50)
        far_end.probe = Reply(200, b"1")
        for _ in range(2):
            remote.put_nowait([batch(3)])
            await trio.sleep(50)
    assert len(far_end.probes) == 2
    assert far_end.requests[-1].headers["Content-Encoding"] == "zstd"


@pytest.mark.parametrize("status", [400, 415])
async def test_refused_zstd_goes_out_as_snappy_at_once(
    status: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(
        lambda request: Reply(status if request.headers["Content-Encoding"] == "zstd" else 204)
    )
    seen = await push(tmp_path, far_end, times=2, vm_proto=VmProto.FORCED)
    encodings = [request.headers["Content-Encoding"] for request in far_end.requests]
    assert encodings == ["zstd", "snappy"] * 2
    assert seen.sent_samples_total == 6
    assert not any(seen.dropped_samples.values())


# Metadata


FAMILIES = [Metadata(f"m{number}", MetricType.GAUGE, "help", "unit") for number in range(5)]


async def give_families() -> list[Metadata]:
    return FAMILIES


async def metadata_run(far_end: FakeRemote, path: Path, **settings: Any) -> RemoteStatistics:
    remote = remote_on(path, far_end, families=give_families, **settings)
    async with running(remote):
        remote.put_nowait([batch(1)])
        await trio.sleep(130)
        return remote.statistics()


async def test_metadata_goes_to_1_0_every_minute(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote()
    settings = MetadataSettings(max_samples_per_send=3)
    seen = await metadata_run(far_end, tmp_path, metadata=settings)
    bodies = [WriteRequest.FromString(snappy.uncompress(r.body)) for r in far_end.requests]
    assert [len(body.metadata) for body in bodies] == [0, 3, 2, 3, 2]
    first = bodies[1].metadata[0]
    assert (first.type, first.metric_family_name, first.help, first.unit) == (
        2,
        "m0",
        "help",
        "unit",
    )
    assert (seen.metadata_sent_total, seen.metadata_dropped_total) == (10, 0)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"metadata": MetadataSettings(send=False)}, id="not wanted"),
        pytest.param({"protobuf_message": RW2}, id="2.0 has it beside the samples"),
    ],
)
async def test_metadata_is_not_sent_apart(
    settings: dict[str, Any], tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(lambda request: written(1))
    await metadata_run(far_end, tmp_path, **settings)
    assert len(far_end.requests) == 1


async def test_metadata_is_dropped_while_the_remote_is_down(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(lambda request: Reply(503))
    seen = await metadata_run(far_end, tmp_path)
    assert (seen.metadata_sent_total, seen.metadata_dropped_total) == (0, 10)
    assert seen.pending_samples == 1
