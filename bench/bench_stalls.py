"""How long everything else stands still while huge requests come in, format by format.

Run: `python bench/bench_stalls.py`. A real server takes them from another process and brings them
to a remote with a rule and a label, whose far end answers at once. A task that sleeps for a
millisecond tells the longest time that it was late: what a scrape would be late by. "new": series
never seen before; "known": the same request again. `CPU` is the most that the loop's own thread
worked in one round, without what others took of it; on a busy machine only that can be trusted.
"""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from agent.garbage import look_rarely, settle
from bench_batcher import NullClient
from huge_requests import Huge, requests
from pushqueue.fanout import FanOut
from pushqueue.remote import Remote
from pushqueue.settings import QueueSettings, RemoteSettings
from receivers.counts import PushCounts
from receivers.families import PushedFamilies
from receivers.known_series import KnownSeries
from receivers.otlp.receive import OtlpReceiver
from receivers.otlp.settings import Translation
from receivers.remote_write_receive import RemoteWriteReceiver
from relabel.rule import RelabelRule
from transport.tls import TlsContexts
from web.admission import Admission
from web.asgi import AsgiApp, Receive, Scope, Send
from web.push.intake import Intake, Receivers
from web.push.listener import Credentials, create_otlp_app
from web.push.remote_write import answer_remote_write
from web.request import Request
from web.server import Server

MIB = 2**20
RULES = (RelabelRule(action="drop", source_labels=("__name__",), regex="no_such_.*"),)
EXPORT = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"


@attrs.define
class Watch:
    """The longest lateness and the most CPU of a round, since `begin`."""

    late_s: float = 0.0
    cpu_s: float = 0.0

    async def run(self) -> None:
        while True:
            due, cpu = time.perf_counter() + 0.001, time.thread_time()
            await trio.sleep(0.001)
            self.late_s = max(self.late_s, time.perf_counter() - due)
            self.cpu_s = max(self.cpu_s, time.thread_time() - cpu)


def application(intake: Intake) -> AsgiApp:
    otlp = create_otlp_app(intake, Credentials())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/api/v1/write":
            await otlp(scope, receive, send)
            return
        answer = await answer_remote_write(intake, Request(scope, receive))
        await answer(scope, receive, send)

    return app


def intake_of(fan_out: FanOut, size: int) -> Intake:
    made: list[Receivers] = []

    def receivers() -> Receivers:
        return made[0]

    made.append(
        Receivers(
            otlp=OtlpReceiver(Translation()), remote_write=RemoteWriteReceiver(KnownSeries({}))
        )
    )
    admission = Admission(
        capacity=4, max_wait_s=60, max_request_bytes=2 * size, max_total_bytes=4 * size
    )
    return Intake(
        sink=fan_out,
        admission=admission,
        counts=PushCounts(),
        families=PushedFamilies(),
        receivers=receivers,
        max_otlp_bytes=2 * size,
        max_write_bytes=2 * size,
    )


def remote_at(path: Path) -> Remote:
    return Remote(
        RemoteSettings(
            url="http://127.0.0.1:9/",
            key="r",
            queue=QueueSettings(),
            write_relabel_configs=RULES,
            extra_labels={"site": "s"},
        ),
        data_path=path,
        contexts=TlsContexts(),
        run_sync=trio.to_thread.run_sync,
        wall_ms=lambda: int(time.time() * 1000),
        version="bench",
        connect=NullClient,
    )


def send(port: int, path: Path, huge: str) -> None:
    """In a process of its own: posts the body in the file, prints the status."""
    import ast

    told: dict[str, Any] = ast.literal_eval(huge)
    body = path.read_bytes()
    if told["is_grpc"]:
        import grpc

        bound = ("grpc.max_send_message_length", 2**31 - 1)
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=[bound]) as channel:
            call = channel.unary_unary(EXPORT)
            answered: bytes = call(body, compression=grpc.Compression.Gzip)
            print(len(answered))
        return
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("POST", told["path"], body, told["headers"])
    print(connection.getresponse().status)


async def measured(watch: Watch, port: int, path: Path, huge: Huge) -> tuple[float, float, str]:
    """Lateness in ms, CPU in ms, and the status."""
    told = {"is_grpc": huge.is_grpc, "path": huge.path, "headers": huge.headers}
    argv = [sys.executable, __file__, "--send", str(port), str(path), repr(told)]
    await trio.sleep(0.05)  # the round that made the body is none of theirs
    watch.late_s = watch.cpu_s = 0.0
    ended = await trio.run_process(argv, capture_stdout=True, check=False)
    # What was put is encoded a second later at most.
    await trio.sleep(0.5)
    return watch.late_s * 1e3, watch.cpu_s * 1e3, ended.stdout.decode().strip() or "failed"


async def bench(size: int, place: Path, only: str) -> None:
    remote = remote_at(place / "queue")
    fan_out = FanOut([remote])
    server = Server(
        partial(application, intake_of(fan_out, size)), addresses=["127.0.0.1:0"], http2=True
    )
    watch = Watch()
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(_run, remote))
        (bound,) = await nursery.start(server.run)
        port = int(bound.rpartition(":")[2])
        nursery.start_soon(watch.run)
        await trio.sleep(1)
        print(f"{'':26}{'new: late ms':>14}{'CPU ms':>8}{'known: late ms':>16}{'CPU ms':>8}")
        print(f"{'nothing':26}{watch.late_s * 1e3:14.1f}{watch.cpu_s * 1e3:8.1f}")
        for huge in requests(size):
            if only not in huge.name:
                continue
            path = place / "body"
            path.write_bytes(huge.body)
            settle()
            new = await measured(watch, port, path, huge)
            known = [await measured(watch, port, path, huge) for _ in range(2)]
            late, cpu = min(one[0] for one in known), min(one[1] for one in known)
            print(
                f"{huge.name:26}{new[0]:14.1f}{new[1]:8.1f}{late:16.1f}{cpu:8.1f}"
                f"   {huge.decoded_bytes / MIB:.0f} MiB, answered {new[2]}"
            )
        nursery.cancel_scope.cancel()


async def _run(remote: Remote, *, task_status: trio.TaskStatus[None]) -> None:
    await remote.run(task_status=task_status)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    parser.add_argument("--mib", type=int, default=32, help="MiB of a request when it is open")
    parser.add_argument("--only", default="", help="formats with this in their names")
    parser.add_argument("--send", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.send:
        port, path, huge = arguments.send
        send(int(port), Path(path), huge)
        return
    look_rarely()
    with tempfile.TemporaryDirectory() as place:
        size = MIB // 4 if arguments.smoke else arguments.mib * MIB
        trio.run(bench, size, Path(place), arguments.only)


if __name__ == "__main__":
    main()
