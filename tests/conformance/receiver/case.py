"""One case of the receiver half of the suite: what is sent, how it must be answered.

Takes sentences and series, or a body of bytes; gives rows of tables. What was Heard is the answer
and what reached the remote behind the receiver.
Source: the public suite for receivers (remotewrite/receiver), re-created in our own form.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from tests.conformance.receiver.message import Sent, body_of, message_1, message_2
from tests.pushqueue.receiver_v2 import Row

TYPE_1 = "application/x-protobuf"
TYPE_2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
HEADERS_1 = {"Content-Encoding": "snappy", "Content-Type": TYPE_1}
HEADERS_2 = {
    "Content-Encoding": "snappy",
    "Content-Type": TYPE_2,
    "X-Prometheus-Remote-Write-Version": "2.0.0",
}
_KINDS = ("samples", "histograms", "exemplars")


@attrs.frozen(kw_only=True)
class Case:
    """`raw`: the body instead of one made of `series`, which are then what must arrive of it.

    `status`: 204, or 400 when a series is bad, unless given. Header values of None are left out.
    """

    sentence: str
    series: tuple[Sent, ...] = ()
    version: int = 2
    raw: Callable[[int, str], bytes] | None = None
    headers: Mapping[str, str | None] = attrs.field(factory=dict)
    status: int | None = None

    @property
    def slug(self) -> str:
        return f"v{self.version}_{re.sub(r'[^A-Za-z0-9]+', '_', self.sentence).strip('_').lower()}"

    @property
    def marked(self) -> tuple[Sent, ...]:
        """With a label that tells whose they are; series without any label have none."""
        mark = ("case", self.slug)
        return tuple(
            [
                attrs.evolve(one, labels=(mark, *one.labels) if one.labels else ())
                for one in self.series
            ]
        )

    @property
    def good(self) -> tuple[Sent, ...]:
        return tuple([one for one in self.marked if not one.is_bad])

    @property
    def wanted_status(self) -> int:
        if self.status is not None:
            return self.status
        is_told = self.version == 2 and len(self.good) < len(self.series)
        return 400 if is_told else 204

    def sent_headers(self) -> dict[str, str]:
        usual = HEADERS_2 if self.version == 2 else HEADERS_1
        told = {**usual, **self.headers}
        return {name: value for name, value in told.items() if value is not None}

    def body(self, now_ms: int) -> bytes:
        if self.raw is not None:
            return self.raw(now_ms, self.slug)
        write = message_2 if self.version == 2 else message_1
        return body_of(write(self.marked, now_ms))


@attrs.define
class Heard:
    """`rows`: what the remote got of the case's series."""

    case: Case
    now_ms: int
    status: int
    headers: dict[str, str]
    text: str
    rows: list[Row] = attrs.field(factory=list)

    @property
    def written(self) -> tuple[int, ...]:
        """Samples, histograms, exemplars; -1 where it is not told."""
        lower = {name.lower(): value for name, value in self.headers.items()}
        kinds = ("samples", "histograms", "exemplars")
        return tuple(
            [int(lower.get(f"x-prometheus-remote-write-{kind}-written", -1)) for kind in kinds]
        )


def check(heard: Heard) -> None:
    """The answer, and that all of it that is good has arrived, unharmed."""
    case = heard.case
    assert heard.status == case.wanted_status, heard.text
    if case.status in (None, 204):
        told = (
            sum(len(one.samples) for one in case.good),
            sum(len(one.histograms) for one in case.good),
            sum(len(one.exemplars) for one in case.good),
        )
        assert heard.written == (told if case.version == 2 else (-1, -1, -1))
    got = sorted([_seen(row) for row in heard.rows], key=repr)
    assert got == sorted(_wanted(case.good, heard.now_ms), key=repr)
    check_beside(heard)


def _bits(value: float) -> str:
    return "stale" if Row(labels={}, value=value).value_bits == 0x7FF0000000000002 else repr(value)


def _wanted(series: tuple[Sent, ...], now_ms: int) -> list[Any]:
    rows: list[Any] = []
    for one in series:
        labels = {name: value for name, value in one.labels if value}
        start_ms = now_ms + one.start_ms if one.start_ms is not None else 0
        for at_ms, value in one.samples:
            rows.append((labels_text(labels), _bits(value), now_ms + at_ms, start_ms))
        for at_ms, told in one.histograms:
            rows.append((labels_text(labels), _native(told), now_ms + at_ms, start_ms))
    return rows


def labels_text(labels: Mapping[str, str]) -> str:
    return repr(sorted(labels.items()))


def _seen(row: Row) -> Any:
    value = _bits(row.value) if row.value is not None else _native(_fields(row.histogram))
    return (labels_text(row.labels), value, row.timestamp_ms, row.start_ms)


def _fields(message: Any) -> dict[str, Any]:
    return {field.name: getattr(message, field.name) for field, _ in message.ListFields()}


def _native(told: Mapping[str, Any]) -> str:
    """Every field but the times, in one form."""
    if _bits(told.get("sum", 0.0)) == "stale":
        return "ended"  # a marker holds nothing else
    plain: dict[str, Any] = {}
    for name, value in told.items():
        if name in ("timestamp", "start_timestamp"):
            continue
        if name.endswith("_spans"):
            value = [_span(each) for each in value]
        elif not isinstance(value, int | float):
            value = list(value)
        if value:
            plain[name] = repr(value)
    return repr(sorted(plain.items()))


def _span(span: Any) -> tuple[int, int]:
    if isinstance(span, Mapping):
        return span.get("offset", 0), span.get("length", 0)
    return span.offset, span.length


def check_beside(heard: Heard) -> None:
    """Exemplars and metadata."""
    wanted = [
        (
            dict(one.labels)["__name__"],
            dict(each.labels),
            _bits(each.value),
            heard.now_ms + each.at_ms,
        )
        for one in heard.case.good
        for each in one.exemplars
    ]
    got = [
        (row.name, labels, _bits(value), at_ms)
        for row in heard.rows
        for labels, value, at_ms in row.exemplars
    ]
    assert sorted(got, key=repr) == sorted(wanted, key=repr)
    told = {row.name: (row.type, row.help, row.unit) for row in heard.rows}
    for one in heard.case.good:
        if one.points and (one.type or one.help or one.unit):
            assert told[dict(one.labels)["__name__"]] == (one.type, one.help, one.unit)
