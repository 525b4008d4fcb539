"""Target groups as documents write them."""

import pytest

from scraper.discovery.groups import GroupsError, parse_json, parse_yaml
from scraper.settings import TargetGroup


def group(*targets: str, **labels: str) -> TargetGroup:
    return TargetGroup(targets=targets, labels=labels, source="here")


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        pytest.param(b"[]", [], id="no groups"),
        pytest.param(b'[{"targets": ["a:1", "b:2"]}]', [group("a:1", "b:2")], id="targets"),
        pytest.param(
            b'[{"targets": ["a:1"], "labels": {"x": "1", "__meta_y": ""}}]',
            [group("a:1", x="1", __meta_y="")],
            id="labels",
        ),
        pytest.param(b'[{"labels": {"x": "1"}}]', [group(x="1")], id="labels alone"),
        pytest.param(b'[{"targets": null, "labels": null}]', [group()], id="nulls"),
        pytest.param(
            '[{"targets": ["a"], "labels": {"ü": "€"}}]'.encode(), [group("a", ü="€")], id="UTF-8"
        ),
    ],
)
def test_json_and_yaml_alike(text: bytes, groups: list[TargetGroup]) -> None:
    assert parse_json(text, "here") == groups
    if b"null" not in text:
        assert parse_yaml(text, "here") == groups


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        pytest.param(b"", [], id="an empty file"),
        pytest.param(b"# nothing\n", [], id="comments alone"),
        pytest.param(
            b"- targets:\n  - a:1\n  labels:\n    port: 9100\n    on: yes\n    zero: 010\n",
            [group("a:1", port="9100", on="yes", zero="010")],
            id="scalars as they are written",
        ),
        pytest.param(
            b"- &x\n  targets: [a]\n- *x\n", [group("a"), group("a")], id="anchors and aliases"
        ),
    ],
)
def test_yaml(text: bytes, groups: list[TargetGroup]) -> None:
    assert parse_yaml(text, "here") == groups


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(b"{}", "expected a list", id="no list"),
        pytest.param(b'["a:1"]', "group 0: expected targets", id="a list of addresses"),
        pytest.param(b"[[]]", "group 0: expected targets", id="a list of lists"),
        pytest.param(b'[{}, {"target": []}]', "group 1: unknown key 'target'", id="a wrong key"),
        pytest.param(b'[{"targets": "a"}]', "targets must be a list", id="a text of targets"),
        pytest.param(
            b'[{"targets": [{}]}]', "targets must be a list", id="a target of another kind"
        ),
        pytest.param(b'[{"labels": []}]', "labels must be a mapping", id="a list of labels"),
        pytest.param(b'[{"labels": {"x": {}}}]', "label 'x' must", id="a label of labels"),
        pytest.param(b'[{"labels": {"": "x"}}]', "label '' must", id="a label without a name"),
        pytest.param(b"[" * 100_000, "not (JSON|YAML)", id="very deep"),
        pytest.param(b"[{", "not (JSON|YAML)", id="cut off"),
        pytest.param(b'[{"targets": ["\xff"]}]', "not (JSON|YAML)", id="bytes that are no text"),
    ],
)
def test_bad_documents(text: bytes, message: str) -> None:
    for parse in (parse_json, parse_yaml):
        with pytest.raises(GroupsError, match=message):
            parse(text, "here")


def test_json_numbers_are_no_labels() -> None:
    with pytest.raises(GroupsError, match="label 'port' must have a text"):
        parse_json(b'[{"labels": {"port": 9100}}]', "here")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            b"- &g {targets: [" + b"a," * 999 + b"a]}\n" + b"- *g\n" * 250, id="groups repeated"
        ),
        pytest.param(b"- &a [" + b"x," * 2000 + b"x]\n- [" + b"*a," * 120 + b"]\n", id="laughs"),
        pytest.param(b"&a\n- targets: *a\n", id="a list that contains itself"),
    ],
)
def test_aliases_are_bounded(text: bytes) -> None:
    with pytest.raises(GroupsError, match=r"aliases add more than|contains itself"):
        parse_yaml(text, "here")


def test_aliases_share_labels() -> None:
    text = b"- {targets: [a], labels: &l {x: 1}}\n- {targets: [b], labels: *l}\n"
    assert parse_yaml(text, "here") == [group("a", x="1"), group("b", x="1")]
