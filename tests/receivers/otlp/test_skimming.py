"""Both twins of what finds the ends of JSON's elements without reading them."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.otlp import skimming
from receivers.otlp.skimming import NONE

has_compiled = find_spec("receivers.otlp.skimming_c") is not None
compiled: Any = import_module("receivers.otlp.skimming_c") if has_compiled else None
needs_compiled = pytest.mark.skipif(not has_compiled, reason="the kernel is not built")
TWINS = [
    pytest.param(skimming, id="pure Python"),
    pytest.param(compiled, id="compiled", marks=needs_compiled),
]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("text", "is_first", "expected"),
    [
        pytest.param(b"1,2,3]", False, (3, 5, 0, True), id="the last comma before the end"),
        pytest.param(b"1,2,3]", True, (1, 1, 0, False), id="the first comma"),
        pytest.param(b"", False, (NONE, 0, 0, False), id="nothing"),
        pytest.param(b"}", False, (NONE, 0, 0, True), id="an empty object"),
        pytest.param(b"[1,2],{", False, (5, 7, 2, False), id="commas inside are not its own"),
        pytest.param(b'"a,]\\"",1', False, (7, 9, 0, False), id="nor are those in texts"),
        pytest.param(b'1,"a', False, (1, 4, 1, False), id="a text that goes on"),
        pytest.param(b'1,["a\\', False, (1, 7, 3, False), id="a backslash that goes on"),
    ],
)
def test_skim(twin: Any, text: bytes, is_first: bool, expected: tuple[int, int, int, bool]) -> None:
    assert tuple(twin.skim(text, 0, len(text), 0, is_first)) == expected


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("at", "stop", "state"),
    [
        pytest.param(-1, 1, 0, id="before the text"),
        pytest.param(0, 4, 0, id="behind it"),
        pytest.param(5, 3, 0, id="from behind it"),
        pytest.param(0, 1, -1, id="no such depth"),
    ],
)
def test_a_range_outside_is_refused(twin: Any, at: int, stop: int, state: int) -> None:
    with pytest.raises(IndexError):
        twin.skim(b"[1]", at, stop, state, False)


TEXT = st.lists(st.sampled_from([b'"', b"\\", b",", b"{", b"}", b"[", b"]", b"ab", b"\n"])).map(
    b"".join
)


@needs_compiled
@given(TEXT, st.integers(0, 40), st.integers(0, 40), st.integers(0, 5), st.booleans())
def test_both_twins_say_the_same(text: bytes, at: int, stop: int, state: int, first: bool) -> None:
    at, stop = min(at, len(text) + 1), min(stop, len(text))
    expected = skimming.skim(text, at, stop, state, first)
    assert tuple(compiled.skim(text, at, stop, state, first)) == expected


@given(TEXT, st.integers(1, 5))
def test_in_steps_it_says_the_same_as_at_once(text: bytes, step: int) -> None:
    at = state = 0
    commas = []
    is_closed = False
    while at < len(text) and not is_closed:
        stop = min(at + step, len(text))
        comma, at, state, is_closed = skimming.skim(text, at, stop, state, False)
        commas.append(comma)
    whole = skimming.skim(text, 0, len(text), 0, False)
    assert (max(commas, default=NONE), at, is_closed) == (whole[0], whole[1], whole[3])
    assert is_closed or state == whole[2]
