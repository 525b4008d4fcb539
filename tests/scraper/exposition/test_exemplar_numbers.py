"""The numbers of an exemplar: the verdicts are those of Debian's prometheus 2.42 on each page."""

import pytest

from scraper.exposition.bodies import BodyReader
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from tests.scraper.exposition.pages import Known
from tests.scraper.steps import finish

GOOD = {
    "1": 1.0,
    "-1": -1.0,
    "+1": 1.0,
    "1.5e3": 1500.0,
    ".5": 0.5,
    "5.": 5.0,
    "1e-400": 0.0,
    "1e+5": 1e5,
    "00": 0.0,
    "9" * 40: 1e40,
}
ENDLESS = {"inf": "inf", "+Inf": "inf", "-INF": "-inf", "Infinity": "inf", "NaN": "nan"}
BAD = (
    *("0x1p3", "0x10", "1_0", "1e400", "-1e400", "+NaN", "", "--1", "1e", "1p3", "0X1", "1d", "٣"),
    *("1 2 3", "1 ", " 1"),
)


def read(exemplar: str) -> Page:
    body = f'# TYPE c counter\nc_total 1 # {{t="x"}} {exemplar}\n# EOF\n'.encode()
    return finish(BodyReader(Outlines()).read(body, Known(), Format.OPENMETRICS))


@pytest.mark.parametrize(("text", "value"), GOOD.items())
def test_a_number(text: str, value: float) -> None:
    of_value, of_stamp = read(text).exemplars, read(f"1 {text}").exemplars
    assert of_value is not None
    assert of_stamp is not None
    assert of_value[0][0].value == value
    stamp_ms = of_stamp[0][0].timestamp_ms
    assert stamp_ms == (2**63 - 1 if value == 1e40 else int(value * 1000))


@pytest.mark.parametrize(("text", "shown"), ENDLESS.items())
def test_a_value_may_be_endless_and_a_timestamp_not(text: str, shown: str) -> None:
    exemplars = read(text).exemplars
    assert exemplars is not None
    assert str(exemplars[0][0].value) == shown
    with pytest.raises(ExpositionError, match="line 2: timestamp is not finite"):
        read(f"1 {text}")


@pytest.mark.parametrize("text", BAD)
def test_no_number(text: str) -> None:
    for exemplar in (text, f"1 {text}"):
        # `1 1 ` and the like: a timestamp is one number as well.
        with pytest.raises(ExpositionError, match="line 2: "):
            read(exemplar)
