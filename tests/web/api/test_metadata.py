import pytest

from scraper.metadata import TargetMetadata
from web.api.envelope import ApiError
from web.api.metadata import MetadataQuery, metadata_by_metric, targets_metadata

LINES = (b"# TYPE a counter", b"# HELP a One.", b"# TYPE b gauge")
OTHER = (b"# TYPE a gauge", b"# HELP a Two.")
TARGETS = (
    TargetMetadata({"job": "x"}, LINES),
    TargetMetadata({"job": "y"}, LINES),
    TargetMetadata({"job": "z"}, OTHER),
)


def names(query: MetadataQuery) -> list[tuple[str, str]]:
    return [
        (one["target"]["job"], str(one.get("metric")))  # type: ignore[index]
        for one in targets_metadata(query, TARGETS)
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({}, [("x", "a"), ("x", "b"), ("y", "a"), ("y", "b"), ("z", "a")], id="all"),
        pytest.param({"metric": "b"}, [("x", "None"), ("y", "None")], id="one metric"),
        pytest.param(
            {"match_target": '{job=~"x|z"}', "metric": "a"},
            [("x", "None"), ("z", "None")],
            id="some",
        ),
        pytest.param({"limit": "1"}, [("x", "a"), ("x", "b")], id="a limit holds between targets"),
        pytest.param({"limit": "0"}, [], id="none"),
    ],
)
def test_of_targets(arguments: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert names(MetadataQuery.of(arguments)) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({}, {"a": ["One.", "Two."], "b": [""]}, id="each said once"),
        pytest.param({"metric": "b"}, {"b": [""]}, id="one metric"),
        pytest.param({"limit": "1"}, {"a": ["One.", "Two."]}, id="so many metrics"),
        pytest.param({"limit_per_metric": "1"}, {"a": ["One."], "b": [""]}, id="so many each"),
        pytest.param({"metric": "nix"}, {}, id="none"),
    ],
)
def test_by_metric(arguments: dict[str, str], expected: dict[str, list[str]]) -> None:
    *_, document = metadata_by_metric(MetadataQuery.of(arguments), TARGETS)
    assert {
        name: [one["help"] for one in several] for name, several in document.items()
    } == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"limit": "x"}, "limit must be a number", id="a limit"),
        pytest.param({"match_target": "{"}, 'invalid parameter "match_target"', id="a selector"),
    ],
)
def test_what_cannot_be_understood(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ApiError, match=message):
        MetadataQuery.of(arguments)
