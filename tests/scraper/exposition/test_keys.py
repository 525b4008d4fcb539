"""Both twins hold what is known of series as a dictionary would; a page's keys are its lines."""

import random
from array import array
from collections.abc import Sequence
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.exposition import keys as plain
from scraper.exposition.dialect import TEXT
from tests.scraper.exposition.conftest import TWINS, twin_named

UNKNOWN = "not known"


@pytest.fixture
def compiled() -> ModuleType:
    found: ModuleType = pytest.importorskip("scraper.exposition.keys_c")
    return found


def twins() -> list[ModuleType]:
    return [plain, pytest.importorskip("scraper.exposition.keys_c")]


def keys_of(texts: Sequence[bytes], twin: str = TWINS[1]) -> Sequence[bytes]:
    """Of a page with these series, a comment before each third."""
    body, starts, ends = b"", array("q"), array("q")
    for number, text in enumerate(texts):
        body += b"# HELP %d\n" % number if number % 3 == 0 else b""
        starts.append(len(body) + len(text))
        ends.append(starts[-1] + 1)
        body += text + b"1\n"
    keys: Sequence[bytes] = twin_named(twin).Prediction(body, starts, ends, TEXT).keys
    return keys


texts = st.lists(st.sampled_from([b"a ", b"b ", b"c ", b'a{b="c"} ', b"a" * 40 + b" ", b"d "]))


@given(texts, st.slices(6), st.integers(-7, 7))
def test_keys_are_those_of_the_page(texts: list[bytes], part: slice, at: int) -> None:
    for name in TWINS:
        keys = keys_of(texts, name)
        assert (len(keys), list(keys), tuple(keys[part])) == (len(texts), texts, tuple(texts[part]))
        assert keys == tuple(texts)
        assert tuple(texts) == keys
        assert keys == keys_of(texts, name)
        assert hash(keys) == hash(keys_of(texts, name))
        assert keys != keys_of([*texts, b"more "], name)
        if -len(texts) <= at < len(texts):
            assert keys[at] == texts[at]
        else:
            with pytest.raises(IndexError):
                keys[at]


@given(texts, texts)
def test_what_two_pages_have_in_common(before: list[bytes], after: list[bytes]) -> None:
    expected = plain.common(before, after)
    for twin in twins():
        assert twin.common(keys_of(before), keys_of(after)) == expected
        assert twin.common(tuple(before), tuple(after)) == expected


@given(st.integers(0, 2**32), st.integers(1, 200))
def test_known_is_a_dictionary(seed: int, most: int) -> None:
    chance = random.Random(seed)
    both = [twin.Known() for twin in twins()]
    model: dict[bytes, int] = {}
    for _ in range(8):
        page = list(dict.fromkeys(b"%d " % chance.randrange(most) for _ in range(most)))
        values = tuple([model.get(key, at) for at, key in enumerate(page)])
        held = keys_of(page) if chance.random() < 0.7 else tuple(page)
        start, stop = sorted((chance.randint(0, len(page)), chance.randint(0, len(page))))
        learned = chance.randrange(most)
        told = []
        for known in both:
            if b"%d " % learned not in known:
                known.learn(b"%d " % learned, model.get(b"%d " % learned, learned))
            told.append(known.adopt(held, values, start, stop))
        assert told[0] == told[1]
        model.setdefault(b"%d " % learned, learned)
        model.update(zip(page[start:stop], values[start:stop], strict=True))
        for known in both:
            assert len(known) == len(model)
            assert known.found(held, 0, len(page), UNKNOWN) == [
                model.get(key, UNKNOWN) for key in page
            ]
            assert {key: known.get(key, None) for key in model} == model
            assert all(key in known for key in model)
        assert both[0].learned == both[1].learned


def test_many_series_in_pages_that_overlap(compiled: ModuleType) -> None:
    known = compiled.Known()
    for first in range(0, 20_000, 1500):
        page = [b'm{n="%d"} ' % number for number in range(first, first + 2000)]
        known.adopt(keys_of(page), tuple(range(first, first + 2000)), 0, 2000)
    assert len(known) == 21_500
    for number in range(21_500):
        assert known.get(b'm{n="%d"} ' % number, None) == number
    assert b'm{n="21500"} ' not in known
    assert "text" not in known


@pytest.mark.parametrize(
    "offsets",
    [
        pytest.param(array("I", [0]), id="no last gap"),
        pytest.param(array("I", [0, 9]), id="behind the text"),
        pytest.param(array("I", [2, 1]), id="backwards"),
        pytest.param(array("q", [0, 1]), id="of another type"),
    ],
)
def test_offsets_that_do_not_fit(compiled: ModuleType, offsets: "array[int]") -> None:
    with pytest.raises(ValueError, match="do not belong"):
        compiled.Keys(b"a 1", offsets)


def test_values_that_do_not_fit(compiled: ModuleType) -> None:
    with pytest.raises(ValueError, match="a value for each key"):
        compiled.Known().adopt(keys_of([b"a ", b"b "]), (1,), 0, 2)
