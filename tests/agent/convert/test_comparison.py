"""Two agents side by side."""

import pytest

from agent.convert.comparison import Comparison, Seen, key_of, spell, without_external


def test_what_differs_is_named_and_what_is_the_same_counted() -> None:
    comparison = Comparison()
    theirs = [Seen("a", "http://x/", {"instance": "x:80"}), Seen("b", "http://y/", {"q": "1"})]
    ours = [Seen("a", "http://x/", {"instance": "x"}), Seen("b", "http://y/", {"q": "1"}),
            Seen("c", "http://z/", {})]  # fmt: skip
    assert len(list(comparison.targets(theirs, ours))) == 2
    assert comparison.same_targets == 1
    assert comparison.lines == [
        "target http://x/ of job a: label instance: 'x:80' there, 'x' here",
        "target http://z/ of job c: only here",
    ]


def test_of_many_series_some_are_shown() -> None:
    comparison = Comparison()
    ours = {key_of({"__name__": f"m{number:02}"}) for number in range(12)}
    comparison.series("here", set(), ours)
    assert len(comparison.lines) == 11
    assert comparison.lines[-1] == "here: and 2 more only here"


@pytest.mark.parametrize(
    ("there", "here", "left"),
    [
        pytest.param({"site": "a", "x": "1"}, {"x": "1"}, {"x": "1"},
                     id="an external label that is shown with the target"),
        pytest.param({"site": "b"}, {}, {"site": "b"}, id="another value"),
        pytest.param({"site": "a"}, {"site": "a"}, {"site": "a"}, id="the target has it itself"),
        pytest.param({"x": "1"}, {"x": "1"}, {"x": "1"}, id="none is shown"),
    ],
)  # fmt: skip
def test_external_labels_are_not_the_targets(
    there: dict[str, str], here: dict[str, str], left: dict[str, str]
) -> None:
    theirs, ours = [Seen("a", "http://x/", there)], [Seen("a", "http://x/", here)]
    assert [each.labels for each in without_external(theirs, {"site": "a"}, ours)] == [left]


def test_nothing_moves_about_on_a_terminal() -> None:
    assert spell({"a\x1b": "\x07" * 70}) == '{a?="' + "?" * 60 + '"}'
