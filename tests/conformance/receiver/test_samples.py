"""Float samples: any value, any legal label; a bad series costs itself alone and is counted."""

import math

import pytest

from tests.conformance.receiver.case import Case, Heard, check
from tests.conformance.receiver.message import STALE, Sent, nameless, sent

VALUES = {
    "one": 1.0,
    "the stale marker": STALE,
    "NaN": math.nan,
    "infinity": math.inf,
    "less than all": -math.inf,
}
HOUR_MS = 3_600_000
TARGET = {"job": "testjob", "instance": "localhost:9090"}


def targets(value: float, *ports: int) -> tuple[Sent, ...]:
    return tuple(
        [sent("up", value, labels={**TARGET, "instance": f"localhost:{port}"}) for port in ports]
    )


def _of_value(name: str, value: float) -> list[Case]:
    bad = [
        nameless(value, job="testjob", instance=f"localhost:{port}") for port in range(9090, 9094)
    ]
    return [
        Case(sentence=f"a series with a name only, {name}", series=(sent("up", value),)),
        Case(sentence=f"labels in no order, {name}", series=(sent("up", value, labels=TARGET),)),
        Case(
            sentence=f"line ends in a label, {name}",
            series=(sent("up", value, labels={**TARGET, "job": "test\njob\n"}),),
        ),
        Case(
            sentence=f"dots in names, {name}",
            series=(sent("resource.cpu.usage", value, labels={"job.name": "testjob"}),),
        ),
        Case(
            sentence=f"spaces in names, {name}",
            series=(sent("resource cpu usage", value, labels={"job name": "testjob"}),),
        ),
        Case(sentence=f"no metric name, {name}", series=(bad[0],)),
        Case(
            sentence=f"no label at all, {name}",
            series=(Sent(labels=(), samples=((0, value),), is_bad=True),),
        ),
        Case(sentence=f"four series, {name}", series=targets(value, 9090, 9091, 9092, 9093)),
        Case(sentence=f"four without a name, {name}", series=tuple(bad)),
        Case(
            sentence=f"one of four without a name, {name}",
            series=(bad[0], *targets(value, 9091, 9092, 9093)),
        ),
    ]


CASES = [case for name, value in VALUES.items() for case in _of_value(name, value)]
CASES += [
    Case(
        sentence="a counter with its start an hour ago",
        series=(sent("http_requests_total", 100.0, labels={"job": "api"}, start_ms=-HOUR_MS),),
    ),
    Case(
        sentence="several samples of one series",
        series=(sent("up", 1.0, 0.0, 1.0, labels=TARGET),),
    ),
    Case(sentence="a sample an hour old", series=(sent("up", 1.0, at_ms=-HOUR_MS),)),
    Case(
        sentence="an empty label value is no label",
        series=(sent("up", 1.0, labels={"zone": "", "job": "j"}),),
    ),
    Case(
        sentence="an empty metric name",
        series=(
            Sent(labels=(("__name__", ""), ("a", "b")), samples=((0, 1.0),), is_bad=True),
            sent("up", 1.0),
        ),
    ),
    Case(
        sentence="a label that comes twice",
        series=(
            Sent(
                labels=(("__name__", "up"), ("a", "b"), ("a", "b")),
                samples=((0, 1.0),),
                is_bad=True,
            ),
            sent("up", 1.0),
        ),
    ),
    Case(
        sentence="a label without a name",
        series=(
            Sent(labels=(("__name__", "up"), ("", "b")), samples=((0, 1.0),), is_bad=True),
            sent("up", 1.0),
        ),
    ),
    Case(
        sentence="a timestamp beyond all time",
        series=(sent("up", 1.0, at_ms=2**62, is_bad=True), sent("down", 1.0)),
    ),
    Case(
        sentence="a label value of 100 kB",
        series=(sent("up", 1.0, labels={"text": "x" * 100_000}),),
    ),
    Case(
        sentence="any script in values",
        series=(sent("up", 1.0, labels={"region": "🌍", "name": "字符", "quoted": 'a"b\\c'}),),
    ),
    Case(
        sentence="many samples with all beside them",
        series=tuple(
            [
                sent(
                    f"counter_metric_{at}",
                    at * 100.0,
                    labels={"series": f"series_{at}"},
                    type=1,
                    help=f"Counter metric number {at}",
                    unit="count",
                )
                for at in range(50)
            ]
        ),
    ),
]
CASES += [
    Case(sentence=sentence, series=series, version=1)
    for sentence, series in [
        ("two series", (sent("up", 1.0, labels=TARGET), sent("http_requests_total", 100.0))),
        ("the stale marker", (sent("up", STALE),)),
        ("several samples", (sent("up", 1.0, 2.0, labels=TARGET),)),
        ("no metric name: the rest is taken", (nameless(1.0, job="j"), sent("up", 1.0))),
        (
            "a label that comes twice: the rest is taken",
            (
                Sent(
                    labels=(("__name__", "up"), ("a", "b"), ("a", "c")),
                    samples=((0, 1.0),),
                    is_bad=True,
                ),
                sent("up", 1.0),
            ),
        ),
    ]
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.version}.0: {case.sentence}")
def test_samples(heard: dict[str, Heard], case: Case) -> None:
    check(heard[case.slug])
