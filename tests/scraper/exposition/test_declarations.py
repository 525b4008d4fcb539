"""What a scrape lets pass and the text format forbids."""

import pytest

from scraper.exposition.declarations import check_declarations
from scraper.exposition.errors import ExpositionError


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"# TYPE a gauge\n# HELP a x\na 1\n", id="each once"),
        pytest.param(b"a 1\n# HELP a x\n", id="help may come last"),
        pytest.param(b"a_total 1\n# TYPE a gauge\n", id="another metric's sample"),
        pytest.param(b'a{b="x\n# TYPE a gauge\n"} 1\n', id="a value over several lines"),
        pytest.param(b"# UNIT a s\n# UNIT a s\n# a\n# a\n", id="comments that say nothing"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_good(body: bytes) -> None:
    check_declarations(body)


@pytest.mark.parametrize(
    ("body", "line_no", "reason"),
    [
        pytest.param(
            b"# TYPE a gauge\n\n# TYPE a gauge\n", 3, "a second TYPE line of a", id="type"
        ),
        pytest.param(b'# HELP a x\n# HELP "a" y\n', 2, "a second HELP line of a", id="spelt so"),
        pytest.param(b"a 1\n# TYPE a gauge\n", 2, "stands behind samples", id="behind a sample"),
        pytest.param(b"a_sum 1\n  # TYPE a summary", 2, "stands behind", id="behind a part of it"),
    ],
)
def test_bad(body: bytes, line_no: int, reason: str) -> None:
    with pytest.raises(ExpositionError, match=reason) as caught:
        check_declarations(body)
    assert caught.value.line_no == line_no
    assert caught.value.line.strip().startswith((b"# TYPE", b"# HELP"))
