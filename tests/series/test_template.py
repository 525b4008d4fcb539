"""A series with holes, as its own encoding."""

import pytest

from series.layout import Layout
from series.template import Template
from series.wire import encode_label

NAME, INSTANCE = encode_label("__name__", "up"), encode_label("instance", "h:1")


@pytest.mark.parametrize(
    ("pieces", "holes", "filled"),
    [
        pytest.param((b"",), (), b"", id="nothing"),
        pytest.param((b"abc",), (), b"abc", id="a constant"),
        pytest.param((b"", b""), (0,), b"X", id="a hole alone"),
        pytest.param((b"a", b"", b"b"), (1, 0), b"aYXb", id="holes side by side"),
        pytest.param((b"a" * 70_000, b"b"), (1,), b"a" * 70_000 + b"Yb", id="a long piece"),
    ],
)
def test_pieces_and_holes(pieces: tuple[bytes, ...], holes: tuple[int, ...], filled: bytes) -> None:
    template = Template(pieces, holes)
    assert (template.pieces, template.holes) == (pieces, holes)
    assert template.fill((b"X", b"Y")) == filled
    assert template == Template(pieces, holes)
    assert Layout((template,)).has_holes is bool(holes)


def test_high_holes_and_many_of_them() -> None:
    template = Template([b"-"] * 301, range(300))
    chunks = [b"%d" % number for number in range(300)]
    assert template.fill(chunks) == b"-" + b"".join([chunk + b"-" for chunk in chunks])
    assert Layout((Template([b""] * 257, range(256)),)).has_holes


def test_labels_are_those_of_the_target() -> None:
    template = Template((NAME, b""), (0,))
    assert template.labels((INSTANCE,)) == (("__name__", "up"), ("instance", "h:1"))


@pytest.mark.parametrize("pieces", [(), (b"a",), (b"a", b"b", b"c")])
def test_as_many_pieces_as_holes_and_one(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match=r"argument|unpack"):
        Template(pieces, (0,))
