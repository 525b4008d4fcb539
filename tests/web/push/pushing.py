"""A place to push to: a real intake with a sink that keeps what it gets, behind the real front."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from pushqueue.overload import Refusal
from receivers.counts import PushCounts
from receivers.families import PushedFamilies
from receivers.known_series import KnownSeries
from receivers.otlp.receive import OtlpReceiver
from receivers.otlp.settings import Translation
from receivers.remote_write_receive import RemoteWriteReceiver
from series.batch import Batch
from series.labels import readable
from web.admission import Admission
from web.push.intake import Intake, Receivers

MIB = 2**20


@attrs.define
class KeptSink:
    """`full`: what it says to pushers; `is_safe`: whether its disk works."""

    batches: list[Batch] = attrs.field(factory=list)
    full: Refusal | None = None
    is_safe: bool = True

    def prepare(self, batch: Batch) -> Iterator[None]:
        yield

    def put_nowait(self, batches: Sequence[Batch]) -> None:
        self.batches += batches

    async def put_durable(self, batches: Sequence[Batch]) -> bool:
        self.put_nowait(batches)
        return self.is_safe

    def refusal(self) -> Refusal | None:
        return self.full

    def series(self) -> list[str]:
        return [
            readable(template.labels())
            for batch in self.batches
            for template in batch.layout.templates
        ]


def intake(sink: KeptSink | None = None, **more: Any) -> Intake:
    receivers = Receivers(
        otlp=OtlpReceiver(Translation()), remote_write=RemoteWriteReceiver(KnownSeries({}))
    )
    get: Callable[[], Receivers] = lambda: receivers  # noqa: E731
    admission = Admission(
        capacity=2, max_wait_s=1.0, max_request_bytes=MIB, max_total_bytes=2 * MIB
    )
    settings: dict[str, Any] = {"max_otlp_bytes": MIB, "max_write_bytes": MIB, **more}
    return Intake(
        sink=sink or KeptSink(),
        admission=admission,
        counts=PushCounts(),
        families=PushedFamilies(),
        receivers=get,
        **settings,
    )
