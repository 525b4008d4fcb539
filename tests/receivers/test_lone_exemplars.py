"""Exemplars that are series of their own, as Prometheus sends them, find the samples of theirs."""

from array import array
from typing import Any

import pytest

from receivers.known_series import KnownSeries
from receivers.lone_exemplars import MAX_LONE, LoneExemplars
from receivers.remote_write_receive import RemoteWriteReceiver
from receivers.remote_write_series import Written
from series.batch import Batch
from series.exemplar import Exemplar
from series.labels import METRIC_NAME
from series.layout import Layout
from series.template import Template
from tests.receivers.test_remote_write_receive import HISTOGRAM, STALE, message_of, series, take

WITHOUT = "an exemplar without a sample in its request"


def exemplar(value: float) -> Exemplar:
    return Exemplar((("trace_id", "x"),), value, None)


def lone(name: str, *values: float) -> dict[str, Any]:
    labels = [{"name": "trace_id", "value": "x"}]
    return series(name, exemplars=[{"labels": labels, "value": value} for value in values])


def lone_of_job(name: str, value: float) -> dict[str, Any]:
    told = {"exemplars": lone(name, value)["exemplars"]}
    return series(name, labels={"instance": "i", "job": "j"}, **told)


def template(name: str) -> Template:
    return Template.constant(((METRIC_NAME, name),))


def batch(*names: str) -> Batch:
    values = array("d", bytes(8 * len(names)))
    layout = Layout(tuple([template(name) for name in names]))
    return Batch(lane_key=0, layout=layout, values=values, timestamps=1)


def placed(written: Written) -> list[tuple[str, float, list[float]]]:
    """Name, the sample's value, and those of the exemplars beside it."""
    return [
        (
            dict(each.layout.templates[at].labels())[METRIC_NAME],
            each.values[at],
            [one.value for one in beside],
        )
        for each in written.batches
        for at, beside in sorted((each.exemplars or {}).items())
    ]


def numbered(count: int) -> list[dict[str, Any]]:
    return [
        series(f"m{at}", float(at), labels={"instance": "i", "job": "j"}) for at in range(count)
    ]


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        pytest.param(
            [series("a", 1.0), series("b", 2.0), lone("a", 0.5)],
            [("a", 1.0, [0.5])],
            id="behind its sample, with others between",
        ),
        pytest.param(
            [lone("a", 0.5), series("a", 1.0)], [("a", 1.0, [0.5])], id="in front of its sample"
        ),
        pytest.param(
            [series("a", 1.0), lone("a", 0.5), series("a", 2.0)],
            [("a", 2.0, [0.5])],
            id="beside the last of several samples",
        ),
        pytest.param(
            [series("a", 1.0), lone("a", 0.5), lone("a", 0.25, 0.125)],
            [("a", 1.0, [0.5, 0.25, 0.125])],
            id="several of one series, in order",
        ),
        pytest.param(
            [series("a", 1.0, exemplars=lone("a", 0.5)["exemplars"]), lone("a", 0.25)],
            [("a", 1.0, [0.5, 0.25])],
            id="behind one that came with its sample",
        ),
    ],
)
def test_it_is_put_beside_the_last_sample_of_its_series(
    sent: list[dict[str, Any]], wanted: list[tuple[str, float, list[float]]]
) -> None:
    written = take(message_of(*sent))
    assert placed(written) == wanted
    assert written.exemplars == sum(len(values) for *_, values in wanted)
    assert written.rejected == 0


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param(series("a", histograms=[HISTOGRAM]), id="a native histogram"),
        pytest.param(series("a", STALE), id="a staleness marker"),
    ],
)
def test_any_sample_will_do(beside: dict[str, Any]) -> None:
    written = take(message_of(beside, lone("a", 0.5)))
    assert [(name, values) for name, _, values in placed(written)] == [("a", [0.5])]


def test_a_sample_in_a_batch_that_was_cut_long_ago_gets_it() -> None:
    written = take(message_of(*numbered(1500), lone_of_job("m0", 0.5), lone_of_job("m1499", 0.25)))
    assert len(written.batches) == 2
    assert placed(written) == [("m0", 0.0, [0.5]), ("m1499", 1499.0, [0.25])]


def test_series_that_are_known_get_theirs() -> None:
    receiver = RemoteWriteReceiver(KnownSeries({}))
    body = message_of(series("a", 1.0), series("b", 2.0), lone("a", 0.5))
    assert [placed(take(body, receiver)) for _ in range(2)] == [[("a", 1.0, [0.5])]] * 2


def test_exemplars_behind_many_samples_of_one_series_are_its_last_one_s() -> None:
    large = series("a", *map(float, range(3000)), exemplars=lone("a", 0.5)["exemplars"])
    written = take(message_of(large))
    assert placed(written) == [("a", 2999.0, [0.5])]
    assert written.rejected == 0


def test_series_without_a_sample_are_told_once_each() -> None:
    written = take(message_of(series("up", 1.0), *[lone("a", 0.5)] * 3, lone("b", 1.0)))
    assert (written.samples, written.exemplars, written.rejected) == (1, 0, 2)
    assert written.reasons == (f"a: {WITHOUT}", f"b: {WITHOUT}")


def test_how_many_may_wait_is_bounded() -> None:
    few = LoneExemplars(most=2)
    assert few.add(template("a"), [exemplar(1), exemplar(2)]) == ""
    assert few.add(template("b"), [exemplar(3)]) == "more than 2 exemplars are series of their own"
    batches = [batch("b", "a")]
    assert list(few.place(batches)) == [2]
    assert {at: len(beside) for at, beside in (batches[0].exemplars or {}).items()} == {1: 2}
    assert list(few.left()) == []


def test_what_is_above_the_bound_is_told_and_costs_no_sample() -> None:
    many = message_of(lone("a", *[0.5] * 1000))
    written = take(message_of(series("a", 1.0)) + many * (MAX_LONE // 1000 + 1))
    assert (written.samples, written.exemplars, written.rejected) == (1, MAX_LONE, 1)


def test_batches_are_looked_through_while_something_waits() -> None:
    waiting = LoneExemplars()
    assert list(waiting.place([batch("a")])) == []
    waiting.add(template("b"), [exemplar(1)])
    batches = [batch("a"), batch("b"), batch("c")]
    assert list(waiting.place(batches)) == [0, 1]
    assert [one.exemplars is None for one in batches] == [True, False, True]
