"""Taking remote write, in the agent and in `promferry receive`: microseconds a sample.

Run: `python bench/bench_receive.py`, with `--against vmagent` to send the same bodies to the real
promferry and the real vmagent over loopback and compare what their processes take. `decode` on
known series is the fast path of receivers.remote_write; on new ones it reads every label.
"""

import argparse
import random
import time
import tracemalloc
from array import array
from collections.abc import Callable
from itertools import pairwise

import snappy

from pushqueue.rewrite import Rewriter
from receivers.inflate import snappy_block
from receivers.known_series import KnownSeries
from receivers.remote_write import PROTO_1, KnownLabels, decode
from receivers.remote_write_receive import RemoteWriteReceiver, all_of
from receivers.window import Window
from series.batch import Batch
from series.fields import fields
from series.frame import frame
from series.layout import Layout
from series.template import Template

NOW_MS = 1_795_500_000_000
MIB = 2**20


def body_of(count: int, instance: int = 0) -> bytes:
    """A request of `count` series with ten labels each, one sample each."""
    templates = [
        Template.constant(
            (
                ("__name__", f"node_filesystem_avail_bytes_{number}"),
                ("cluster", "edge"),
                ("device", f"/dev/sd{number}"),
                ("env", "production"),
                ("fstype", "ext4"),
                ("instance", f"10.0.0.{instance}:9100"),
                ("job", "node"),
                ("mountpoint", f"/mnt/{number}"),
                ("region", "north"),
                ("zone", "a"),
            )
        )
        for number in range(count)
    ]
    values = array("d", range(count))
    batch = Batch(lane_key=0, layout=Layout(tuple(templates)), values=values, timestamps=NOW_MS)
    packed: bytes = snappy.compress(frame(batch))
    return packed


def best_us(function: Callable[[], object], rounds: int, samples: int) -> float:
    """The best round's microseconds a sample."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best / samples * 1e6


def time_decode_new(body: bytes, count: int, rounds: int) -> float:
    return best_us(lambda: decode(body), rounds, count)


def time_decode_known(body: bytes, count: int, rounds: int) -> float:
    known = KnownLabels()
    decode(body, known=known)
    return best_us(lambda: decode(body, known=known), rounds, count)


def time_window(body: bytes, count: int, rounds: int) -> float:
    window = Window()
    request = decode(body)
    window.put(request, sender="bench", now_ms=NOW_MS)
    put = lambda: window.put(request, sender="bench", now_ms=NOW_MS)  # noqa: E731
    return best_us(put, rounds, count)


def window_bytes_per_series(count: int, samples: int) -> float:
    requests = [decode(body_of(count))] * samples
    tracemalloc.start()
    window = Window(max_samples=samples)
    for request in requests:
        window.put(request, sender="bench", now_ms=NOW_MS)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken / count


def time_varying(count: int, rounds: int) -> float:
    """The same from a sender whose requests hold another half of its series each time."""
    whole = snappy.uncompress(body_of(count))
    starts = [0]
    for _, _, stop in fields(whole, 0, len(whole)):
        starts.append(stop)
    series = [whole[one:two] for one, two in pairwise(starts)]
    chance = random.Random(1)
    receiver = RemoteWriteReceiver(KnownSeries({}))
    rewriter = Rewriter(None, {"site": "s"})
    messages = [whole] + [b"".join(chance.sample(series, count // 2)) for _ in range(rounds)]
    left = iter(messages)

    def take() -> None:
        for batch in all_of(receiver.take(next(left), proto=PROTO_1, max_bytes=32 * MIB)).batches:
            rewriter.rewrite(batch)

    take()
    return best_us(take, rounds, count // 2)


def time_pass_through(body: bytes, count: int, rounds: int) -> float:
    """What the agent does: open the body, find the series, make batches."""
    receiver = RemoteWriteReceiver(KnownSeries({}))

    def take() -> int:
        message = snappy_block(body, 32 * MIB)
        taken = all_of(receiver.take(message, proto=PROTO_1, max_bytes=32 * MIB))
        return taken.samples

    assert take() == count
    return best_us(take, rounds, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    parser.add_argument("--against", help="vmagent, or another peer of bench/compare.py")
    parser.add_argument("--rounds", type=int, default=100, help="of 8 requests, with --against")
    arguments = parser.parse_args()
    smoke = arguments.smoke
    if arguments.against:
        from race.passing import race

        bodies = [body_of(2000, instance) for instance in range(8)]
        race(bodies, 2000, arguments.rounds, ("promferry", arguments.against))
        return
    count, rounds = (100, 2) if smoke else (2000, 100)
    body = body_of(count)
    print(f"pass through, known:   {time_pass_through(body, count, rounds):.3f} us/sample")
    print(f"varying, with a label: {time_varying(count, rounds):.3f} us/sample")
    print(f"decode, new series:    {time_decode_new(body, count, rounds):.3f} us/sample")
    print(f"decode, known series:  {time_decode_known(body, count, rounds):.3f} us/sample")
    print(f"window, known series:  {time_window(body, count, rounds):.3f} us/sample")
    print(f"window, 16 samples each: {window_bytes_per_series(count, 16):.0f} bytes/series")


if __name__ == "__main__":
    main()
