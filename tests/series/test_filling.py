"""Both twins of the loop that fills holes and frames samples: the same bytes, the same refusals."""

import struct
from array import array
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series import filling
from series.labels import Labels, canonical
from series.layout import Layout
from series.template import Template
from series.wire import encode_label
from tests.series.test_frame import NOW, decoded

has_compiled = find_spec("series.filling_c") is not None
compiled: Any = import_module("series.filling_c") if has_compiled else None
TWINS = [
    pytest.param(filling, id="pure Python"),
    pytest.param(
        compiled,
        id="compiled",
        marks=pytest.mark.skipif(not has_compiled, reason="the kernel is not built"),
    ),
]

LABELS = st.dictionaries(
    st.sampled_from(["__name__", "a", "instance", "job", "z"]) | st.text(min_size=1, max_size=9),
    st.text(min_size=1, max_size=9) | st.sampled_from(["x" * 200, "y" * 20_000]),
    max_size=6,
)
CUT = ("instance", "job", "z")
NAN_TEXT, TWO_TEXT = bytes.fromhex("020000000000f07f"), struct.pack("<d", 2.0)
STAMPS = st.sampled_from([0, -1, NOW, 2**35 - 1, 2**35, 2**42, -(2**63), 2**63 - 1])


def open_at(labels: Labels, names: Sequence[str]) -> Template:
    """The template whose holes are the labels of these names."""
    pieces, holes, run = [], [], b""
    for name, value in labels:
        if name in names:
            pieces.append(run)
            holes.append(names.index(name))
            run = b""
        else:
            run += encode_label(name, value)
    return Template((*pieces, run), holes)


@given(
    st.lists(st.tuples(LABELS, st.floats(), STAMPS), max_size=6),
    st.sets(st.sampled_from(CUT)),
    st.integers(0, 6),
    st.integers(0, 6),
    st.booleans(),
)
def test_both_twins_frame_what_google_protobuf_reads(
    rows: list[tuple[dict[str, str], float, int]],
    names: set[str],
    start: int,
    stop: int,
    has_one_stamp: bool,
) -> None:
    start, stop = sorted((min(start, len(rows)), min(stop, len(rows))))
    own = dict(zip(CUT, ("h:1", "j" * 300, "é"), strict=True))
    labels = [canonical({**each, **{n: own[n] for n in names if n in each}}) for each, _, _ in rows]
    chunks = tuple([encode_label(name, own[name]) for name in CUT])
    layout = Layout(
        tuple([open_at(each, [n if n in names else "" for n in CUT]) for each in labels])
    )
    values = array("d", [value for _, value, _ in rows])
    stamps: int | array[int] = array("q", [stamp for _, _, stamp in rows])
    if has_one_stamp:
        stamps = rows[0][2] if rows else NOW
    framed = filling.frame_samples(layout, start, stop, chunks, values, stamps)
    assert decoded(framed) == [
        (
            labels[at],
            [(struct.pack("<d", values[at]), stamps if isinstance(stamps, int) else stamps[at])],
        )
        for at in range(start, stop)
    ]
    if compiled is not None:
        assert compiled.frame_samples(layout, start, stop, chunks, values, stamps) == framed


HOLED = Layout((Template((b"a", b"b"), (1,)), Template((b"c",))))


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("start", "stop", "chunks", "values", "stamps"),
    [
        pytest.param(0, 3, (b"x", b"y"), [1.0] * 3, NOW, id="behind the layout"),
        pytest.param(-1, 1, (b"x", b"y"), [1.0] * 2, NOW, id="before it"),
        pytest.param(2, 1, (b"x", b"y"), [1.0] * 2, NOW, id="backwards"),
        pytest.param(0, 2, (b"x", b"y"), [1.0], NOW, id="fewer values"),
        pytest.param(0, 2, (b"x", b"y"), [1.0] * 2, [NOW], id="fewer timestamps"),
        pytest.param(0, 2, (b"x",), [1.0] * 2, NOW, id="a hole without its chunk"),
        pytest.param(0, 2, (), [1.0] * 2, [NOW] * 2, id="no chunks, each its timestamp"),
    ],
)
def test_what_does_not_fit_is_refused(
    twin: Any, start: int, stop: int, chunks: tuple[bytes, ...], values: Any, stamps: Any
) -> None:
    times = stamps if isinstance(stamps, int) else array("q", stamps)
    with pytest.raises(IndexError):
        twin.frame_samples(HOLED, start, stop, chunks, array("d", values), times)


@pytest.mark.skipif(not has_compiled, reason="the kernel is not built")
@given(st.binary(max_size=40), st.tuples(st.binary(max_size=3), st.binary(max_size=3)))
def test_no_bytes_are_read_outside_of_a_broken_template(
    data: bytes, chunks: tuple[bytes, bytes]
) -> None:
    layout = Layout(())
    layout.templates = (bytes.__new__(Template, data),)
    try:
        framed = compiled.frame_samples(layout, 0, 1, chunks, array("d", [1.0]), NOW)
    except (IndexError, ValueError):
        return
    assert len(framed) < 80 + 10 * len(data)


@pytest.mark.skipif(not has_compiled, reason="the kernel is not built")
@pytest.mark.parametrize(
    ("templates", "chunks", "values", "stamps"),
    [
        pytest.param([HOLED.templates[0]], (b"x", b"y"), array("d", [1.0]), NOW, id="a list"),
        pytest.param(("text",), (b"x", b"y"), array("d", [1.0]), NOW, id="no template"),
        pytest.param(HOLED.templates[:1], (b"x", "y"), array("d", [1.0]), NOW, id="no chunk"),
        pytest.param(HOLED.templates[:1], (b"x", b"y"), array("q", [1]), NOW, id="whole numbers"),
        pytest.param(HOLED.templates[:1], (b"x", b"y"), [1.0], NOW, id="values in a list"),
        pytest.param(HOLED.templates[:1], (b"x", b"y"), array("d", [1.0]), 2.5, id="a fraction"),
        pytest.param(HOLED.templates[:1], (b"x", b"y"), array("d", [1.0]), 2**64, id="too late"),
    ],
)
def test_the_compiled_twin_checks_types(
    templates: Any, chunks: Any, values: Any, stamps: Any
) -> None:
    layout = Layout(())
    layout.templates = templates
    with pytest.raises((TypeError, IndexError, OverflowError)):
        compiled.frame_samples(layout, 0, 1, chunks, values, stamps)


def test_pure_python_keeps_no_more_series_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "KEPT_SERIES", 5)
    layouts = [Layout((Template((b"a%d" % n,)), Template((b"b",)))) for n in range(10)]
    for layout in layouts:
        filling.frame_samples(layout, 0, 2, (), array("d", [1.0, 2.0]), NOW)
    assert sum(map(len, filling._kept)) <= 5


@given(
    st.lists(st.tuples(st.binary(max_size=200), st.binary(max_size=9)), min_size=1, max_size=4),
    st.lists(st.integers(0, 3), min_size=1, max_size=5).map(sorted),
    STAMPS,
)
def test_rows_are_pieces_of_members_one_after_the_other(
    members: list[tuple[bytes, bytes]], cuts: list[int], stamp: int
) -> None:
    layout = Layout((*HOLED.templates, Template((b"d" * 200,))))
    chunks: list[tuple[bytes, ...]] = [(b"", *each) for each in members]
    values = [array("d", [number, 0.5, -1.0]) for number in range(len(members))]
    framed, sizes = filling.frame_rows(layout, tuple(cuts), chunks, values, stamp)
    pieces = [
        filling.frame_samples(layout, start, stop, own, doubles, stamp)
        for start, stop in pairwise(cuts)
        for own, doubles in zip(chunks, values, strict=True)
    ]
    assert framed == b"".join(pieces)
    assert list(sizes) == list(map(len, pieces))
    if compiled is not None:
        both = compiled.frame_rows(layout, tuple(cuts), chunks, values, stamp)
        assert both == (framed, sizes)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("cuts", "chunks", "values"),
    [
        pytest.param((0, 3), [(b"x", b"y")], [[1.0] * 3], id="behind the layout"),
        pytest.param((-1, 1), [(b"x", b"y")], [[1.0] * 2], id="before it"),
        pytest.param((0, 2, 1), [(b"x", b"y")], [[1.0] * 2], id="backwards"),
        pytest.param((0, 2), [(b"x", b"y")], [[1.0]], id="fewer values"),
        pytest.param((0, 2), [(b"x", b"y")], [], id="a member without values"),
        pytest.param((0, 1), [(b"x", b"y"), (b"x",)], [[1.0]] * 2, id="a hole without its chunk"),
    ],
)
def test_rows_that_do_not_fit_are_refused(
    twin: Any, cuts: tuple[int, ...], chunks: list[tuple[bytes, ...]], values: list[list[float]]
) -> None:
    with pytest.raises(IndexError):
        twin.frame_rows(HOLED, cuts, chunks, [array("d", each) for each in values], NOW)


@pytest.mark.skipif(not has_compiled, reason="the kernel is not built")
@pytest.mark.parametrize(
    ("cuts", "chunks", "values"),
    [
        pytest.param((0, 1), [[b"x", b"y"]], [array("d", [1.0])], id="chunks in a list"),
        pytest.param((0, 1), [(b"x", "y")], [array("d", [1.0])], id="no chunk"),
        pytest.param((0, 1), [(b"x", b"y")], [array("q", [1])], id="whole numbers"),
        pytest.param((0, 1), [(b"x", b"y")], [[1.0]], id="values in a list"),
        pytest.param((0, 2**70), [(b"x", b"y")], [array("d", [1.0])], id="a cut beyond all"),
        pytest.param([0, 1], [(b"x", b"y")], [array("d", [1.0])], id="cuts in a list"),
    ],
)
def test_the_compiled_twin_checks_the_types_of_rows(cuts: Any, chunks: Any, values: Any) -> None:
    with pytest.raises((TypeError, IndexError, OverflowError)):
        compiled.frame_rows(HOLED, cuts, chunks, values, NOW)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("tails", "woven"),
    [
        pytest.param(None, b"b1xc1" + NAN_TEXT + b"Sb2xc2" + TWO_TEXT + b"S", id="without tails"),
        pytest.param(
            [b"t0", b"t1", b""],
            b"b1xc1" + NAN_TEXT + b"St1b2xc2" + TWO_TEXT + b"S",
            id="each series has its own tail, which may be empty",
        ),
    ],
)
def test_weave(twin: Any, tails: list[bytes] | None, woven: bytes) -> None:
    pieces = ([b"b0", b"b1", b"b2"], [b"c0", b"c1", b"c2"])
    values = array("d", [1.0, *struct.unpack("<dd", NAN_TEXT + TWO_TEXT)])
    assert twin.weave_samples(pieces, (b"x",), values, b"S", tails, 1, 3) == woven
    assert twin.weave_samples(pieces, (b"x",), values, b"S", tails, 3, 3) == b""


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("pieces", "slots", "tails", "start", "stop"),
    [
        pytest.param(([b"a"],), (), None, 0, 2, id="more than there are values"),
        pytest.param(([b"a"],), (), None, 1, 0, id="a range turned round"),
        pytest.param(([b"a"],), (), None, -1, 1, id="a range from before the first"),
        pytest.param(([],), (), None, 0, 1, id="less pieces than series"),
        pytest.param(([b"a"], [b"b"]), (), None, 0, 1, id="a slot is missing"),
        pytest.param(([b"a"],), (), [], 0, 1, id="less tails than series"),
        pytest.param((), (), None, 0, 0, id="nothing at all"),
    ],
)
def test_a_weave_that_does_not_fit_is_refused(
    twin: Any,
    pieces: tuple[list[bytes], ...],
    slots: tuple[bytes, ...],
    tails: list[bytes] | None,
    start: int,
    stop: int,
) -> None:
    with pytest.raises(IndexError):
        twin.weave_samples(pieces, slots, array("d", [1.0]), b"S", tails, start, stop)


@pytest.mark.skipif(not has_compiled, reason="the kernel is not built")
def test_the_compiled_weave_takes_bytes_only() -> None:
    with pytest.raises(TypeError):
        compiled.weave_samples(([1],), (), array("d", [1.0]), b"S", None, 0, 1)
    with pytest.raises(TypeError):
        compiled.weave_samples(([b""],), (), array("q", [1]), b"S", None, 0, 1)
