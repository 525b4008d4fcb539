"""Both twins of the loop that passes known series through: what they take, and where they stop."""

import random
from array import array
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivers import passing
from receivers.passing import NOBODY, SeriesTable
from series.stale import STALE_NAN_BYTES
from series.template import Template
from tests.receivers.passing import (
    NOW_MS,
    columns,
    compare_passing,
    damaged,
    double,
    framed,
    labels_of,
    messages,
    table,
)

has_compiled = find_spec("receivers.passing_c") is not None
compiled: Any = import_module("receivers.passing_c") if has_compiled else None
needs_compiled = pytest.mark.skipif(not has_compiled, reason="the kernel is not built")
TWINS = [
    pytest.param(passing, id="pure Python"),
    pytest.param(compiled, id="compiled", marks=needs_compiled),
]
UP, A = framed(labels_of("up"), double(1.5), NOW_MS), framed(labels_of("a"), double(2.5), NOW_MS)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("data", "taken", "stop"),
    [
        pytest.param(b"", 0, 0, id="nothing"),
        pytest.param(UP + A, 2, len(UP + A), id="known series, all of them"),
        pytest.param(UP + b"\x1a\x00" + A, 1, len(UP), id="another field stops it"),
        pytest.param(UP + A[:-1], 1, len(UP), id="a series that is cut off"),
        pytest.param(
            UP + framed(labels_of("new"), double(1), NOW_MS), 1, len(UP), id="an unknown series"
        ),
        pytest.param(
            UP + framed(labels_of("a"), STALE_NAN_BYTES, NOW_MS), 1, len(UP), id="a marker"
        ),
        pytest.param(UP + framed(labels_of("a"), double(1), 0), 1, len(UP), id="a short timestamp"),
        pytest.param(
            UP + framed(labels_of("a"), double(1), -5), 1, len(UP), id="a negative timestamp"
        ),
        pytest.param(
            framed(labels_of("y" * 20_000), double(1), NOW_MS), 0, 0, id="a length of three bytes"
        ),
        pytest.param(
            framed(labels_of("x" * 200), double(1), NOW_MS) + UP,
            2,
            len(framed(labels_of("x" * 200), double(1), NOW_MS) + UP),
            id="a length of two bytes",
        ),
        pytest.param(b"\x0a\x00" + UP, 0, 0, id="an empty series"),
        pytest.param(b"\x0a\x12" + A[-18:], 0, 0, id="a sample without labels"),
    ],
)
def test_where_it_stops(twin: Any, data: bytes, taken: int, stop: int) -> None:
    at, count, _ = twin.read_known(data, 0, 4000, table(), columns(), NOBODY)
    assert (at, count) == (stop, taken)


@pytest.mark.parametrize("twin", TWINS)
def test_samples_go_to_the_columns_of_their_group(twin: Any) -> None:
    known, filled = table(), columns()
    at, count, before = twin.read_known(UP + A + UP, 0, 4000, known, filled, NOBODY)
    up, a = known.numbers[labels_of("up")], known.numbers[labels_of("a")]
    groups = known.groups[up], known.groups[a]
    assert [len(filled[group][0]) for group in groups] == [2, 1]
    templates, stamps, values = filled[groups[0]]
    assert templates == [Template((labels_of("up"),))] * 2
    assert (list(stamps), list(values)) == ([NOW_MS] * 2, [1.5] * 2)
    assert (at, count, before) == (len(UP + A + UP), 3, up)
    assert (known.after[up], known.after[a]) == (a, up)


@pytest.mark.parametrize("twin", TWINS)
def test_no_more_than_asked_for(twin: Any) -> None:
    known, filled = table(), columns()
    at, count, before = twin.read_known(UP * 5, 0, 2, known, filled, NOBODY)
    assert (at, count) == (2 * len(UP), 2)
    assert twin.read_known(UP * 5, at, 9, known, filled, before)[:2] == (5 * len(UP), 3)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("at", "before"),
    [
        pytest.param(-1, NOBODY, id="before the message"),
        pytest.param(len(UP) + 1, NOBODY, id="behind it"),
        pytest.param(0, 99, id="a series that is not in the table"),
        pytest.param(0, -2, id="a series before the first"),
    ],
)
def test_what_does_not_fit_is_refused(twin: Any, at: int, before: int) -> None:
    with pytest.raises(IndexError):
        twin.read_known(UP, at, 9, table(), columns(), before)


@needs_compiled
@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([1, 3, 4000]))
def test_both_twins_say_the_same_of_any_message(chance: random.Random, most: int) -> None:
    compare_passing([passing, compiled], messages(chance, 6), most)


@needs_compiled
@given(st.binary(max_size=60), st.integers(0, 60))
def test_both_twins_say_the_same_of_any_bytes(data: bytes, cut: int) -> None:
    compare_passing([passing, compiled], [data, UP[:cut] + data, data + UP + A], 4000)


def broken(name: str, value: Any) -> SeriesTable:
    known = table()
    setattr(known, name, value)
    return known


@needs_compiled
@pytest.mark.parametrize(
    "known",
    [
        pytest.param(broken("keys", []), id="fewer keys"),
        pytest.param(broken("templates", []), id="fewer templates"),
        pytest.param(broken("groups", bytearray()), id="fewer groups"),
        pytest.param(broken("after", array("q")), id="fewer that follow"),
        pytest.param(broken("groups", bytearray(b"\xff" * 8)), id="groups without columns"),
        pytest.param(broken("numbers", {labels_of("up"): 99}), id="a number too large"),
        pytest.param(broken("numbers", {labels_of("up"): -1}), id="a number too small"),
        pytest.param(broken("after", array("d", [0.0] * 8)), id="fractions that follow"),
        pytest.param(broken("keys", None), id="no keys"),
    ],
)
def test_the_compiled_twin_trusts_no_table(known: SeriesTable) -> None:
    with pytest.raises((IndexError, TypeError)):
        compiled.read_known(UP, 0, 9, known, columns(), NOBODY)


@needs_compiled
def test_the_compiled_twin_heeds_no_wrong_hint() -> None:
    for hint in (2**62, -7, 10**6):
        known = table()
        up = known.numbers[labels_of("up")]
        known.after[up] = hint
        assert compiled.read_known(UP + A, 0, 9, known, columns(), up)[1] == 2


def test_damage_is_made() -> None:
    assert damaged(UP, random.Random(1)) != UP


def test_a_table_is_let_go_in_steps() -> None:
    known = table()
    count = len(known)
    known.shorten(3)
    assert len(known) == len(known.numbers) == len(known.after) == count - 3
    known.shorten(100)
    assert not len(known)
    assert not known.numbers
