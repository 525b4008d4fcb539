"""A large series is cut into small ones that are the same together."""

import pytest

from receivers.series_cuts import LARGE_BYTES, MAX_HEAD_BYTES, MAX_LABELS, cuts
from series.wire import WireError, delimited
from tests.receivers import protos
from tests.receivers.test_remote_write_receive import message_of, names, series, take


def pieces_of(body: bytes) -> list[bytes]:
    return [piece for piece in cuts(body, 0, len(body)) if piece is not None]


def series_body(samples: int) -> bytes:
    labels = [{"name": "__name__", "value": "up"}, {"name": "job", "value": "j"}]
    told = [{"value": float(at), "timestamp": at} for at in range(samples)]
    data: bytes = protos.TimeSeries(labels=labels, samples=told).SerializeToString()
    return data


def test_all_samples_are_there_in_order_with_their_labels() -> None:
    pieces = pieces_of(series_body(3000))
    assert len(pieces) > 5
    assert max(map(len, pieces)) < LARGE_BYTES
    read = [protos.TimeSeries.FromString(piece) for piece in pieces]
    assert {tuple((label.name, label.value) for label in one.labels) for one in read} == {
        (("__name__", "up"), ("job", "j"))
    }
    assert [sample.value for one in read for sample in one.samples] == list(range(3000))


def test_labels_behind_the_samples_are_theirs_too() -> None:
    label = delimited(b"\x0a", delimited(b"\x0a", b"a") + delimited(b"\x12", b"b"))
    sample = b"\x12\x0b\x09" + bytes(8) + b"\x10\x01"
    pieces = pieces_of(sample * 2000 + label)
    assert len(pieces) > 1
    assert all(piece.startswith(label) for piece in pieces)


def test_one_without_samples_is_one_piece() -> None:
    assert pieces_of(b"") == [b""]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x0a\x00" * (MAX_LABELS + 1), id="too many labels"),
        pytest.param(delimited(b"\x0a", bytes(MAX_HEAD_BYTES)), id="labels that are too long"),
        pytest.param(b"\x12\x05", id="cut off"),
    ],
)
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        pieces_of(body)


def test_a_large_series_is_taken_whole() -> None:
    written = take(message_of(series("up", *map(float, range(3000)))))
    assert (written.samples, names(written)) == (3000, {"up"})
    values = [value for batch in written.batches for value in batch.values]
    assert values == list(map(float, range(3000)))


def test_a_large_series_that_is_wrong_is_one_that_is_wrong() -> None:
    bad = series("up", *map(float, range(3000)), labels={"": "nameless"})
    written = take(message_of(bad, series("down", 1.0)))
    assert (written.samples, written.rejected, len(written.reasons)) == (1, 1, 1)


def test_more_labels_than_can_be_meant_cost_their_series_alone() -> None:
    bad = series("up", 1.0, labels={f"l{at}": "x" * 30 for at in range(MAX_LABELS)})
    written = take(message_of(bad, series("down", 1.0)))
    assert (written.samples, written.rejected) == (1, 1)
    assert "labels" in written.reasons[0]
