"""Both twins say the same of any bytes; numbers are exact; parts that do not fit are refused."""

import random
from array import array
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.exposition import prediction
from scraper.exposition.dialect import OPENMETRICS, TEXT, Dialect
from scraper.exposition.numbers import parse_values
from tests.scraper.exposition import pages
from tests.scraper.exposition.conftest import TWINS, twin_named
from tests.scraper.exposition.kernels import compare, followed
from tests.scraper.exposition.test_openmetrics import FAMILIES

EXEMPLARS = FAMILIES.replace(b"c_total", b'd 1 # {t="x"} 0.5 1.5\nc_total')


def lines(*bounds: int) -> bytes:
    """Of a page of series by number: from the first bound to the second, and so on."""
    numbers = [n for at in range(0, len(bounds), 2) for n in range(bounds[at], bounds[at + 1])]
    return b"".join(
        [b"# HELP m%d x\n" % n * (n % 7 == 0) + b'm%d{a="b"} %d\n' % (n, n) for n in numbers]
    )


MANY = lines(0, 200)


@pytest.fixture
def both() -> list[ModuleType]:
    return [twin_named(name) for name in TWINS]


@given(
    first=pages.pages | st.sampled_from((FAMILIES, EXEMPLARS)),
    dialect=st.sampled_from((TEXT, OPENMETRICS)),
    seed=st.integers(0, 2**32),
    step=st.integers(1, 5),
    is_lenient=st.booleans(),
)
def test_any_bodies_are_the_same_pages_or_errors(
    first: bytes, dialect: Dialect, seed: int, step: int, is_lenient: bool
) -> None:
    both = [twin_named(name) for name in TWINS]
    chance = random.Random(seed)
    bodies = [first]
    for _ in range(4):
        bodies.append(followed(chance.choice(bodies), chance))
    compare(both, bodies, dialect, step=step, is_lenient=is_lenient)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(b"a 1\nb 2\nc 3\n", b"c 1\na 2\nb 3\n", id="another order"),
        pytest.param(b"a 1\na 2\nb 3\n", b"b 1\na 2\na 3\n", id="an order with a series twice"),
        pytest.param(b"a 1\nb 2\n", b"a 1\nn 5\nb 2\n", id="a series more"),
        pytest.param(b"a 1\nb 2\nc 3\n", b"a 1\nc 2\n", id="a series less"),
        pytest.param(b"a 1\nb 2\n", b"b 1\na 2", id="another order, no line feed at the end"),
        pytest.param(b"# HELP a x\na 1\n", b"# HELP a y\na 2\n", id="another comment"),
        pytest.param(b"a 1\nb 2\n", b"b 1 5\na 2\n", id="another order and a timestamp"),
        pytest.param(b"a 1\nb 2\n", b"b nan\na 2\n", id="another order and an odd number"),
        pytest.param(b"a 1\n", b"a 1\n\n\n", id="empty lines"),
        pytest.param(b"e 1\nInf 2\n", b"Inf 1\ne 2\n", id="series that look like numbers"),
        pytest.param(b"a 1\n" * 3, b"b 1\n" * 300, id="another page"),
        pytest.param(b"a 1\n", b"", id="nothing"),
        pytest.param(MANY, lines(0, 10, 900, 970, 10, 200), id="many series more"),
        pytest.param(MANY, lines(0, 10, 900, 903, 10, 200), id="a few series more"),
        pytest.param(MANY, lines(0, 10, 80, 200), id="many series less"),
        pytest.param(MANY, lines(0, 10, 13, 200), id="a few series less"),
        pytest.param(MANY, lines(0, 120), id="the end of the page is gone"),
        pytest.param(MANY, lines(0, 10, 900, 901, 11, 200), id="a series is another"),
        pytest.param(MANY, lines(100, 200, 0, 100), id="two halves in another order"),
        pytest.param(MANY, lines(0, 50, 55, 130, 50, 55, 130, 200), id="some stand elsewhere"),
        pytest.param(MANY, lines(0, 50, 55, 130, 50, 55, 140, 200), id="elsewhere, and some less"),
        pytest.param(MANY, lines(0, 100, 20, 23, 100, 200), id="some are there twice"),
        pytest.param(lines(0, 9, 3, 5, 9, 20), lines(0, 5, 3, 5, 5, 20), id="twice, elsewhere"),
        pytest.param(MANY, MANY.replace(b"HELP", b"help", 3), id="a few comments are others"),
        pytest.param(MANY, b"# \n\n" + lines(5, 9) + b"\n" + MANY, id="empty lines between"),
    ],
)
def test_pages_that_differ(both: list[ModuleType], first: bytes, second: bytes) -> None:
    for step in (1, 2, 8000):
        compare(both, [first, second, first, second, second], step=step)


NUMBERS = [
    "0",
    "-0",
    "1",
    "-1",
    "+1",
    ".5",
    "5.",
    "1e5",
    "1E+5",
    "1e-5",
    "00012",
    "0.1",
    "3.14",
    "1e22",
    "1e23",
    "1e-22",
    "1e-23",
    "123456789012345678",
    "9007199254740993",
    "9007199254740992",
    "9007199254740991",
    "1e308",
    "1.7976931348623157e308",
    "1e309",
    "1e-308",
    "2.2250738585072014e-308",
    "2.2250738585072011e-308",
    "5e-324",
    "2e-324",
    "1e-400",
    "1e400",
    "18446744073709551616",
    "9999999999999999999",
    "99999999999999999999",
    "0.000000000000000000000000000001",
    "8.41e21",
    "9.007199254740993e15",
    "0.30000000000000004",
    "1.00000000000000011102230246251565",
    "1.00000000000000011102230246251566",
    "1448997445238699",
    "6.9294956446009195e15",
    "1e-1000",
    "0e99999999999",
    "7.2057594037927933e16",
    "1.",
    ".",
    "-.",
    "e5",
    "1e",
    "1e+",
    "1_0",
    "0x1",
    "nan",
    "NaN",
    "+NaN",
    "-NaN",
    "Inf",
    "+Inf",
    "-Inf",
    "inf",
    "infinity",
    "Infinity",
    "NaNx",
    "1e5.5",
    "1-1",
    "++1",
    "-",
    "+",
]


def read_number(twin: ModuleType, text: bytes) -> bytes | None:
    """The bits of a value as a twin reads it; None where it leaves that to Python."""
    known = twin.Prediction(b"a 1", array("q", [2]), array("q", [3]), TEXT)
    reading = known.reading(b"a " + text, -1)
    while not reading.advance(1):
        pass
    if reading.is_given_up or reading.odd or reading.stamps is not None:
        return None
    bits: bytes = reading.values.tobytes()
    return bits


def check_number(twin: ModuleType, text: bytes) -> None:
    read = read_number(twin, text)
    if read is None:
        return
    assert read == parse_values([text]).tobytes(), text


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_are_exact(both: list[ModuleType], text: str) -> None:
    for twin in both:
        check_number(twin, text.encode())


@given(st.integers(0, 2**64) | st.integers(0, 10**6), st.integers(-345, 312), st.booleans())
def test_any_decimal_is_exact(digits: int, power: int, is_negative: bool) -> None:
    for name in TWINS:
        check_number(twin_named(name), b"%s%de%d" % (b"-" * is_negative, digits, power))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_comes_back(number: float) -> None:
    for name in TWINS:
        text = repr(number).encode()
        assert read_number(twin_named(name), text) == parse_values([text]).tobytes()


@given(st.text(alphabet="0123456789+-.eENaInf_x ", max_size=30))
def test_any_text_of_such_letters(text: str) -> None:
    for name in TWINS:
        check_number(twin_named(name), text.encode())


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        pytest.param([2], [99], id="an end behind the body"),
        pytest.param([99], [99], id="a start behind the body"),
        pytest.param([-1], [3], id="a start before the body"),
        pytest.param([2], [1], id="an end before its start"),
        pytest.param([4], [5], id="no key"),
        pytest.param([0], [1], id="no key on the first line"),
        pytest.param([2], [3, 7], id="more ends than starts"),
        pytest.param([2, 2], [3, 3], id="the same place twice"),
        pytest.param([2, 7], [5, 7], id="two samples on a line"),
        pytest.param([2], [2], id="an end before that of the line"),
    ],
)
def test_parts_that_do_not_fit(both: list[ModuleType], starts: list[int], ends: list[int]) -> None:
    for twin in both:
        with pytest.raises(ValueError, match="do not belong together"):
            twin.Prediction(b"a 1\na 1\n", array("q", starts), array("q", ends), TEXT)


def test_arrays_of_another_type_are_refused() -> None:
    compiled = twin_named(TWINS[1])
    with pytest.raises(TypeError):
        compiled.Prediction(b"a 1\n", array("B", [2]), array("q", [3]), TEXT)
    with pytest.raises((TypeError, ValueError)):
        compiled.permuted(array("B", [0]), array("q", [0]))


def test_places_beyond_the_items_are_refused(both: list[ModuleType]) -> None:
    for twin in both:
        with pytest.raises((IndexError, ValueError)):
            twin.permuted(array("d", [1.0]), array("q", [5]))


def test_equal_text_is_equal(both: list[ModuleType]) -> None:
    def made(twin: ModuleType, body: bytes) -> prediction.Prediction:
        arrays = array("q", [body.index(b"a ") + 2]), array("q", [body.index(b"a ") + 3])
        made: prediction.Prediction = twin.Prediction(body, *arrays, TEXT)
        return made

    for twin in both:
        assert made(twin, b"a 1\n") == made(twin, b"a 2\n")
        assert made(twin, b"a 1\n").digest == made(twin, b"a 2\n").digest
        assert made(twin, b"a 1\n") != made(twin, b"a 1")
        assert made(twin, b"a 1\n") != made(twin, b"#\na 1\n")
