import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series.labels import canonical
from series.wire import (
    WireError,
    decode_labels,
    encode_label,
    encode_labels,
    read_varint,
    signed_varint,
    varint,
)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(0, "00", id="zero is one byte"),
        pytest.param(127, "7f", id="the largest of one byte"),
        pytest.param(128, "8001", id="the smallest of two bytes"),
        pytest.param(300, "ac02", id="the example of the protobuf documentation"),
        pytest.param(2**64 - 1, "ffffffffffffffffff01", id="the largest of all"),
    ],
)
def test_varint(number: int, expected: str) -> None:
    assert varint(number).hex() == expected
    assert read_varint(varint(number), 0) == (number, len(expected) // 2)


def test_a_negative_timestamp_takes_ten_bytes() -> None:
    assert signed_varint(-1).hex() == "ffffffffffffffffff01"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x80", id="ends within"),
        pytest.param(b"\x80" * 10 + b"\x01", id="longer than 64 bits"),
    ],
)
def test_a_bad_varint_is_told(data: bytes) -> None:
    with pytest.raises(WireError, match="bad varint"):
        read_varint(data, 0)


def test_labels_are_the_message_of_the_specification() -> None:
    assert encode_labels((("__name__", "up"), ("job", "a"))) == (
        b"\x0a\x0e\x0a\x08__name__\x12\x02up" + b"\x0a\x08\x0a\x03job\x12\x01a"
    )


@given(st.dictionaries(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200)))
def test_decoding_gives_back_what_was_encoded(labels: dict[str, str]) -> None:
    canonical_labels = canonical(labels)
    assert decode_labels(encode_labels(canonical_labels)) == canonical_labels


@given(st.binary(max_size=60))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode_labels(data)


@pytest.mark.parametrize("name_bytes", [1, 60, 119, 123, 124, 127, 128, 300])
@pytest.mark.parametrize("value_bytes", [0, 1, 4, 60, 63, 64, 124, 127, 128, 300])
def test_labels_of_any_length_are_read_back(name_bytes: int, value_bytes: int) -> None:
    label = ("n" * name_bytes, "v" * value_bytes)
    assert decode_labels(encode_label(*label)) == (label,)
