"""A remote in memory that answers by script and remembers what it was sent.

It stands where `transport.client.Client` does; `test_sender.py` runs the real client against a
scripted server through the same cases. Bodies are decoded with google.protobuf.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import attrs
import snappy
import trio
import zstandard

from tests.pushqueue import receiver_v2
from tests.receivers.protos import WriteRequest
from transport.errors import TransportError

Sample = tuple[str, float, int]


@attrs.frozen
class Reply:
    """What the remote answers; `after_s` is how long it takes to."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    after_s: float = 0.0
    is_resent: bool = False

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


@attrs.frozen
class Request:
    """One attempt: when it came, its headers, its samples."""

    at: float
    headers: dict[str, str]
    body: bytes

    @property
    def is_v2(self) -> bool:
        return "proto=io.prometheus.write.v2" in self.headers["Content-Type"]

    @property
    def rows(self) -> list[receiver_v2.Row]:
        """Of a 2.0 request, every MUST checked."""
        receiver_v2.check_headers(self.headers)
        return receiver_v2.read(self.body)

    @property
    def samples(self) -> list[Sample]:
        if self.is_v2:
            return [(row.name, row.value or 0.0, row.timestamp_ms) for row in self.rows]
        if self.headers["Content-Encoding"] == "zstd":
            assert self.headers["X-VictoriaMetrics-Remote-Write-Version"] == "1"
            return samples_in(zstandard.decompress(self.body))
        return samples_of(self.body)


def samples_of(body: bytes) -> list[Sample]:
    """Name, value and timestamp of each sample; one sample in each series, always."""
    return samples_in(snappy.uncompress(body))


def samples_in(content: bytes) -> list[Sample]:
    message = WriteRequest.FromString(content)
    found = []
    for series in message.timeseries:
        points: list[Any] = list(series.samples) + list(series.histograms)
        assert len(points) == 1
        point = points[0]
        labels = [(label.name, label.value) for label in series.labels]
        assert labels == sorted(set(labels))
        found.append((dict(labels)["__name__"], getattr(point, "value", 0.0), point.timestamp))
    return found


Script = Callable[[Request], Reply | TransportError]


def ok(request: Request) -> Reply:
    return Reply()


def always(status: int, **fields: object) -> Script:
    return lambda request: Reply(status, **fields)  # type: ignore[arg-type]


def in_turn(*replies: Reply | TransportError | int) -> Script:
    """These replies one after the other, then success."""
    left = list(replies)

    def script(request: Request) -> Reply | TransportError:
        reply = left.pop(0) if left else Reply()
        return Reply(reply) if isinstance(reply, int) else reply

    return script


@attrs.define
class FakeRemote:
    """`requests`: every attempt; `accepted`: the samples of those that were answered with 2xx.

    `probe`: the answer to whoever asks for VictoriaMetrics' encoding; `probes`: when that was.
    """

    script: Script = ok
    probe: Reply | TransportError = Reply(405)
    probes: list[float] = attrs.field(factory=list)
    requests: list[Request] = attrs.field(factory=list)
    accepted: list[Sample] = attrs.field(factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    is_closed: bool = False

    async def request(
        self,
        method: str,
        *,
        target: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        timeout_s: float,
        max_body_bytes: int,
        when_too_large: Literal["refuse", "cut"] = "refuse",
    ) -> Reply:
        if method == "GET":
            return self._probed(target)
        assert method == "POST"
        request = Request(trio.current_time(), dict(headers), body)
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            reply = self.script(request)
            await trio.sleep(min(timeout_s, getattr(reply, "after_s", 0.0)))
        finally:
            self.in_flight -= 1
        if isinstance(reply, TransportError):
            raise reply
        if reply.after_s > timeout_s:
            raise TransportError("timeout", f"no answer within {timeout_s}s", may_have_arrived=True)
        if 200 <= reply.status < 300:
            self.accepted.extend(request.samples)
        return reply

    def _probed(self, target: str | None) -> Reply:
        assert target is not None
        assert target.endswith("get_vm_proto_version=1")
        self.probes.append(trio.current_time())
        if isinstance(self.probe, TransportError):
            raise self.probe
        return self.probe

    async def aclose(self) -> None:
        self.is_closed = True
