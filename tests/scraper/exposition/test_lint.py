"""One row for each habit."""

import pytest

from scraper.exposition.lint import lint


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (b"# HELP a b\na 1\n", []),
        (b"a 1\n", ["has no help text"]),
        (b"# HELP a_ms b\na_ms 1\n", ["write the unit out in place of ms"]),
        (b"# HELP a_days b\na_days 1\n", ["use the base unit seconds in place of days"]),
        (b"# HELP a b\n# TYPE a counter\na 1\n", ["a counter's name ends in _total"]),
        (b"# HELP a_total b\n# TYPE a_total gauge\na_total 1\n", ["only a counter's name"]),
        (b"# HELP a_bucket b\n# TYPE a_bucket gauge\na_bucket 1\n", ["only a histogram has a"]),
        (b'# HELP a b\n# TYPE a gauge\na{le="1"} 1\n', ["only a histogram has the label le"]),
        (b"# HELP a_gauge b\na_gauge 1\n", ["the name says its type: gauge"]),
        (b"# HELP a:b b\na:b 1\n", ["colons are for recording rules"]),
        (b"# HELP aB b\naB 1\n", ["write the name in snake_case"]),
        (b'# HELP a b\na{cD="1"} 1\n', ["write the label cD in snake_case"]),
        (b"# HELP a b\na 1\na 2\n", ["the same series stands there more than once"]),
        (b'# HELP h b\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 1\nh_sum 1\n', []),
    ],
)
def test_problems(body: bytes, texts: list[str]) -> None:
    found = [problem.text for problem in lint(body).problems]
    assert len(found) == len(texts)
    assert all(each.startswith(text) for each, text in zip(found, texts, strict=True))
