"""What is wrong in a message that nobody reads fails the page all the same."""

import pytest

from scraper.exposition.messages import HISTOGRAM, METRIC, Message, check_unread, fields_of


@pytest.mark.parametrize(
    ("data", "message", "is_sound"),
    [
        pytest.param(b"\x08\x07", HISTOGRAM, True, id="a count"),
        pytest.param(b"\x0a\x01x", HISTOGRAM, False, id="a count that is text"),
        pytest.param(b"\x5a\x08" + bytes(8), HISTOGRAM, True, id="packed numbers"),
        pytest.param(b"\x5a\x0b" + bytes(11), HISTOGRAM, False, id="a packed number cut off"),
        pytest.param(b"\x59" + bytes(8), HISTOGRAM, True, id="a number that is not packed"),
        pytest.param(b"\x52\x02\x80\x80", HISTOGRAM, False, id="a packed varint without an end"),
        pytest.param(b"\x62\x02\x08\x01", HISTOGRAM, True, id="a span"),
        pytest.param(b"\x62\x02\x0a\x05", HISTOGRAM, False, id="a span that is none"),
        pytest.param(b"\x12\x02\x09\x00", METRIC, False, id="a gauge cut off"),
        pytest.param(b"\x9a\x06\x01\xff", METRIC, True, id="a field that nobody knows"),
    ],
)
def test_check_unread(data: bytes, message: Message, is_sound: bool) -> None:
    def look() -> None:
        fields = fields_of(data, message)
        check_unread(fields, fields, message)

    if is_sound:
        look()
        return
    with pytest.raises(ValueError, match=r"wire type|8 bytes|cut off|varint"):
        look()
