import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series.fields import fields, signed64
from series.wire import WireError


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param("", [], id="an empty message"),
        pytest.param("08 96 01", [(8, "9601")], id="a varint"),
        pytest.param("12 03 61 62 63", [(18, "616263")], id="a text"),
        pytest.param("09 01 02 03 04 05 06 07 08", [(9, "0102030405060708")], id="64 bits"),
        pytest.param("0d 01 02 03 04", [(13, "01020304")], id="32 bits"),
        pytest.param("0b 08 01 0c 10 02", [(11, "08010c"), (16, "02")], id="a group is one field"),
        pytest.param("0b 13 14 0c", [(11, "13140c")], id="a group within a group"),
        pytest.param("80 80 80 80 10 01", None, id="a key above 32 bits"),
        pytest.param("00 01", None, id="field number 0"),
        pytest.param("0e", None, id="wire type 6"),
        pytest.param("0c", None, id="a group closed that is not open"),
        pytest.param("0b 14", None, id="a group that closes another one"),
        pytest.param("0b 08 01", None, id="a group that stays open"),
        pytest.param("0b" * 200, None, id="groups 200 levels deep"),
        pytest.param("12 04 61 62 63", None, id="a text that ends behind the message"),
        pytest.param("12 ff ff ff ff ff ff ff ff ff 01", None, id="a text of 2**64 bytes"),
        pytest.param("09 01", None, id="64 bits cut"),
        pytest.param("0d 01", None, id="32 bits cut"),
        pytest.param("08", None, id="a varint that is missing"),
    ],
)
def test_fields_of_a_message(message: str, expected: list[tuple[int, str]] | None) -> None:
    data = bytes.fromhex(message)
    if expected is None:
        with pytest.raises(WireError):
            list(fields(data, 0, len(data)))
    else:
        got = [(key, data[start:stop].hex()) for key, start, stop in fields(data, 0, len(data))]
        assert got == expected


def test_a_message_is_read_to_its_own_end_only() -> None:
    with pytest.raises(WireError, match="behind its message"):
        list(fields(b"\x12\x03abc", 0, 4))


@pytest.mark.parametrize(
    ("number", "expected"), [(0, 0), (2**63 - 1, 2**63 - 1), (2**63, -(2**63)), (2**64 - 1, -1)]
)
def test_signed64(number: int, expected: int) -> None:
    assert signed64(number) == expected


@given(st.binary(max_size=200))
def test_any_bytes_give_fields_within_them_or_an_error(data: bytes) -> None:
    behind = 0
    with contextlib.suppress(WireError):
        for _, start, stop in fields(data, 0, len(data)):
            assert behind < start <= stop <= len(data)
            behind = stop
