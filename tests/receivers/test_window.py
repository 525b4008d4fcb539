from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.remote_write import WriteRequest
from receivers.window import Sample, Window
from series.labels import Labels
from series.metadata import Metadata
from series.stale import STALE_NAN_BYTES
from series.wire import encode_labels

UP: Labels = (("__name__", "up"), ("job", "a"))
DOWN: Labels = (("__name__", "down"), ("job", "b"))


def request(*series: tuple[Labels, list[tuple[int, float | bytes]]], **more: int) -> WriteRequest:
    """A decoded request; a value given as bytes keeps its bits."""
    values = array("d")
    timestamps = array("q")
    for _, samples in series:
        for timestamp, value in samples:
            timestamps.append(timestamp)
            values.frombytes(value if isinstance(value, bytes) else array("d", [value]).tobytes())
    return WriteRequest(
        encoded=[encode_labels(labels) for labels, _ in series],
        sample_counts=array("L", [len(samples) for _, samples in series]),
        timestamps=timestamps,
        values=values,
        metadata=(Metadata("up"),) * more.get("metadata", 0),
        exemplar_count=more.get("exemplars", 0),
        histogram_count=more.get("histograms", 0),
        decoded_bytes=0,
    )


def put(window: Window, *series: tuple[Labels, list[tuple[int, float | bytes]]]) -> None:
    window.put(request(*series), sender="me", now_ms=1000)


def test_a_series_keeps_its_last_samples() -> None:
    window = Window(max_samples=2)
    for timestamp in (1, 2, 3):
        put(window, (UP, [(timestamp, timestamp / 2)]))
    (series,) = window.find()
    assert series.samples() == [Sample(2, 1.0), Sample(3, 1.5)]
    assert series.last == Sample(3, 1.5)
    assert series.sample_total == 3
    assert (series.sender, series.received_ms, series.labels) == ("me", 1000, UP)


def test_samples_go_to_their_series() -> None:
    window = Window()
    put(window, (UP, [(1, 1.0), (2, 2.0)]), (DOWN, []), (UP, [(3, 3.0)]))
    found = {series.text: [one.value for one in series.samples()] for series in window.find()}
    assert found == {'up{job="a"}': [1.0, 2.0, 3.0], 'down{job="b"}': []}
    assert next(one for one in window.find("down")).last is None


def test_a_staleness_marker_is_told_from_a_nan() -> None:
    window = Window()
    put(window, (UP, [(1, STALE_NAN_BYTES), (2, float("nan"))]))
    (series,) = window.find()
    stale, other = series.samples()
    assert stale.value is None
    assert other.value != other.value
    assert window.statistics().stale_total == 1


def test_written_last_comes_first() -> None:
    window = Window()
    put(window, (UP, [(1, 1.0)]), (DOWN, [(1, 1.0)]))
    put(window, (UP, [(2, 1.0)]))
    assert [series.text for series in window.find()] == ['up{job="a"}', 'down{job="b"}']


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", 2, id="nothing asked is everything"),
        pytest.param("UP", 1, id="any letter case"),
        pytest.param('job="', 2, id="a part of the labels"),
        pytest.param('up job="a"', 1, id="every word must be there"),
        pytest.param('up job="b"', 0, id="in the same series"),
    ],
)
def test_searching(text: str, expected: int) -> None:
    window = Window()
    put(window, (UP, [(1, 1.0)]), (DOWN, [(1, 1.0)]))
    assert len(window.first(10, text)) == expected


def test_the_series_written_longest_ago_goes_first() -> None:
    window = Window(max_series=2)
    for number in (1, 2):
        put(window, ((("__name__", f"m{number}"),), [(1, 1.0)]))
    put(window, ((("__name__", "m1"),), [(2, 1.0)]))
    put(window, ((("__name__", "m3"),), [(1, 1.0)]))
    assert [series.text for series in window.find()] == ["m3", "m1"]
    assert window.statistics().evicted_series_total == 1


def test_huge_labels_push_out_as_many_series_as_it_takes() -> None:
    window = Window(max_label_bytes=10_000)
    for number in range(100):
        put(window, ((("__name__", f"m{number}"),), [(1, 1.0)]))
    put(window, ((("__name__", "x" * 9_900),), [(1, 1.0)]))
    statistics = window.statistics()
    assert statistics.label_bytes <= 10_000
    assert 1 < statistics.series < 10
    assert statistics.series + statistics.evicted_series_total == 101


def test_one_series_is_held_however_large() -> None:
    window = Window(max_label_bytes=10)
    put(window, (UP, [(1, 1.0)]))
    put(window, (DOWN, [(1, 1.0)]))
    assert [series.text for series in window.find()] == ['down{job="b"}']


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        pytest.param((("b", "1"), ("a", "2")), "unsorted_total", id="labels out of order"),
        pytest.param((("a", "1"), ("a", "2")), "duplicate_label_total", id="a name twice"),
        pytest.param((("a", "1"), ("b", "")), "empty_label_total", id="an empty value"),
        pytest.param((("", "1"), ("b", "2")), "empty_label_total", id="an empty name"),
    ],
)
def test_faults_of_a_sender_are_counted(labels: Labels, fault: str) -> None:
    window = Window()
    put(window, (labels, [(1, 1.0)]))
    statistics = window.statistics()
    names = ("unsorted_total", "duplicate_label_total", "empty_label_total")
    assert {name: getattr(statistics, name) for name in names} == {
        name: int(name == fault) for name in names
    }


def test_out_of_order_samples_are_counted() -> None:
    window = Window()
    put(window, (UP, [(2, 1.0), (2, 1.0), (1, 1.0), (3, 1.0)]))
    assert window.statistics().out_of_order_total == 1


def test_another_order_of_labels_is_the_same_series() -> None:
    window = Window()
    put(window, (UP, [(1, 1.0)]), (tuple(reversed(UP)), [(2, 2.0)]))
    (series,) = window.find()
    assert series.sample_total == 2


def test_everything_is_counted() -> None:
    window = Window()
    window.put(
        request((UP, [(1, 1.0)]), metadata=2, exemplars=3, histograms=4), sender="", now_ms=0
    )
    statistics = window.statistics()
    assert statistics.requests_total == 1
    assert statistics.samples_total == 1
    assert statistics.metadata_total == 2
    assert statistics.exemplars_total == 3
    assert statistics.histograms_total == 4


names = st.text(min_size=1, max_size=3)
writes = st.lists(st.tuples(names, st.integers(0, 5)), max_size=30)


@given(writes, st.integers(1, 4), st.integers(1, 3))
def test_the_window_agrees_with_a_plain_list(
    written: list[tuple[str, int]], max_series: int, max_samples: int
) -> None:
    window = Window(max_series=max_series, max_samples=max_samples)
    for name, timestamp in written:
        put(window, ((("__name__", name),), [(timestamp, float(timestamp))]))
    last_first = list(dict.fromkeys(name for name, _ in reversed(written)))
    kept = last_first[:max_series]
    assert [dict(series.labels)["__name__"] for series in window.find()] == kept
    statistics = window.statistics()
    assert statistics.samples_total == len(written)
    for series in window.find():
        assert len(series.samples()) <= max_samples
