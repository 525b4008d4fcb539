import pytest

from series.labels import Labels, canonical, readable


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({}, (), id="nothing stays nothing"),
        pytest.param({"b": "2", "a": "1"}, (("a", "1"), ("b", "2")), id="names are sorted"),
        pytest.param({"a": "", "b": "2"}, (("b", "2"),), id="an empty value is no label"),
        pytest.param(
            {"é": "1", "z": "2", "\U0001f600": "3", "\uffff": "4"},
            (("z", "2"), ("é", "1"), ("\uffff", "4"), ("\U0001f600", "3")),
            id="the order is that of the UTF-8 bytes, not of UTF-16",
        ),
        pytest.param(
            {"a": "1", "Z": "2", "__name__": "m"},
            (("Z", "2"), ("__name__", "m"), ("a", "1")),
            id="capitals sort before the underscore",
        ),
    ],
)
def test_canonical(labels: dict[str, str], expected: Labels) -> None:
    assert canonical(labels) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param((), "{}", id="no labels"),
        pytest.param((("__name__", "up"),), "up", id="a bare name"),
        pytest.param((("a", "1"),), '{a="1"}', id="no name"),
        pytest.param(
            (("__name__", "m"), ("a", 'x"y\\z\n')),
            r'm{a="x\"y\\z\n"}',
            id="quotes, backslashes and newlines are escaped",
        ),
    ],
)
def test_readable(labels: Labels, expected: str) -> None:
    assert readable(labels) == expected
