"""The decoder by itself, on classes made for the purpose."""

import os
from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from agent.config.compose import parse
from agent.config.cursor import Cursor, Reading
from agent.config.decode import decode, join_directory, key, plain_value, refused
from agent.config.errors import Problems
from agent.config.registry import check, other_names
from agent.config.scalars import Count, Duration, FilePath, Size, Wrong
from agent.config.source import Source
from transport.secret import Secret


@attrs.frozen(kw_only=True)
class Inner:
    """A class that needs a key and checks itself."""

    name: str
    most: Count = Count(0)


@check(Inner)
def _check_inner(value: Inner, cursor: Cursor) -> None:
    if value.most > 9 and cursor.is_sound("name"):
        cursor.at("most").error("more than nine")


@attrs.frozen(kw_only=True)
class Outer:
    here: Cursor | None = attrs.field(default=None, metadata=key(None), eq=False)
    text: str = "default"
    class_: str = attrs.field(default="", metadata=key("class"))
    wait: Duration = Duration(1)
    size: Size = Size(0)
    path: FilePath = FilePath("")
    cert_file: str = ""
    secret: Secret = Secret("")
    flag: bool | None = None
    texts: tuple[str, ...] = ()
    table: Mapping[str, tuple[Count, ...]] = attrs.field(factory=dict)
    inners: tuple[Inner, ...] = ()
    later: object = refused()


other_names(Outer, {"delay": "wait"})


def read(text: str, *, strict: bool = True) -> tuple[Any, list[str], list[str]]:
    problems = Problems()
    node = parse(Source("p.yml", text, {}), problems)
    assert node is not None
    reading = Reading(problems=problems, directory="/etc", environment={}, strict=strict)
    cursor = Cursor(node, (), reading)
    try:
        value = decode(cursor, Outer)
    except Wrong as wrong:
        cursor.wrong(wrong)
        value = None
    return value, list(map(str, problems.errors)), list(map(str, problems.warnings))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{}", Outer(), id="nothing is the defaults"),
        pytest.param("text: ~", Outer(), id="null is the default"),
        pytest.param("{text: on, wait: 2m}", Outer(text="on", wait=Duration(120)), id="scalars"),
        pytest.param("class: a", Outer(class_="a"), id="a key with another name"),
        pytest.param("flag: no", Outer(flag=False), id="an optional switch"),
        pytest.param("path: a/b", Outer(path=FilePath("/etc/a/b")), id="a relative path"),
        pytest.param("cert_file: c", Outer(cert_file="/etc/c"), id="a path by its name"),
        pytest.param("secret: 1", Outer(secret=Secret("1")), id="a secret"),
        pytest.param("texts: [a, 1, ~]", Outer(texts=("a", "1", "")), id="a list of texts"),
        pytest.param("table: {a: [1, 2]}", Outer(table={"a": (Count(1), Count(2))}), id="a table"),
        pytest.param("inners: [{name: a}]", Outer(inners=(Inner(name="a"),)), id="classes"),
    ],
)
def test_decode(text: str, expected: Outer) -> None:
    assert read(text) == (expected, [], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "[]", ["p.yml:1:1: must be a mapping, not a list (write key: value)"], id="list"
        ),
        pytest.param(
            "txet: a",
            ["p.yml:1:1: txet: unknown key (did you mean 'text'?)"],
            id="an unknown key near to a known one",
        ),
        pytest.param(
            "delay: 1s", ["p.yml:1:1: delay: unknown key (write 'wait')"], id="another name"
        ),
        pytest.param(
            "later: 1", ["p.yml:1:1: later: not supported yet: later"], id="not built yet"
        ),
        pytest.param(
            "texts: a",
            ["p.yml:1:8: texts: must be a list, not a text (write - before each item)"],
            id="a text where a list belongs",
        ),
        pytest.param(
            "inners: [{most: 1}, ~, {name: [], most: 20}, {name: b, most: 10}]",
            [
                "p.yml:1:10: inners[0]: name is missing",
                "p.yml:1:21: inners[1]: empty or null section in inners",
                "p.yml:1:31: inners[2].name: must be a text, not a list",
                "p.yml:1:24: inners[2]: name is missing",
                "p.yml:1:62: inners[3].most: more than nine",
            ],
            id="each broken item is told, checks run on the sound ones",
        ),
        pytest.param(
            "{wait: 5, size: 5, flag: 5}",
            [
                'p.yml:1:8: wait: not a valid duration string: "5" (a unit is missing: 30s, 1m,'
                " 1h30m)",
                "p.yml:1:17: size: units: unknown unit  in 5 (such as 5MB, 5KiB or 5B)",
                "p.yml:1:26: flag: must be true or false, not '5'",
            ],
            id="all mistakes of a class",
        ),
    ],
)
def test_errors(text: str, expected: list[str]) -> None:
    _, errors, _ = read(text)
    assert errors == expected


def test_without_strict_unknown_keys_are_warnings() -> None:
    value, errors, warnings = read("{text: a, zzz: 1}", strict=False)
    assert value == Outer(text="a")
    assert not errors
    assert warnings == ["p.yml:1:11: zzz: unknown key, ignored"]


def test_the_text_of_a_secret_is_not_in_its_error() -> None:
    problems = Problems()
    node = parse(Source("p.yml", "secret: {deep: 1}", {}), problems)
    assert node is not None
    cursor = Cursor(node, (), Reading(problems=problems, directory="", environment={}))
    decode(cursor, Outer)
    assert [(error.text, error.quote) for error in problems.errors] == [("", "")]


@pytest.mark.parametrize(
    ("directory", "path", "expected"),
    [
        pytest.param("/etc", "a.pem", "/etc/a.pem", id="relative"),
        pytest.param("/etc", "../a.pem", "/etc/../a.pem", id="upwards"),
        pytest.param("/etc", "/run/a.pem", "/run/a.pem", id="absolute"),
        pytest.param("/etc", "", "", id="empty stays empty"),
        pytest.param("/etc", "http://h/a", "http://h/a", id="a URL stays a URL"),
        pytest.param("http://h/c", "a.pem", os.path.abspath("a.pem"), id="named by a URL"),
    ],
)
def test_join_directory(directory: str, path: str, expected: str) -> None:
    assert join_directory(directory, path) == expected


def test_plain_value_keeps_types_where_yaml_has_them() -> None:
    problems = Problems()
    node = parse(Source("p.yml", "{a: 1, b: 1.5, c: yes, d: 'yes', e: [~], f: x}", {}), problems)
    assert node is not None
    assert plain_value(node) == {"a": 1, "b": 1.5, "c": True, "d": "yes", "e": [None], "f": "x"}
