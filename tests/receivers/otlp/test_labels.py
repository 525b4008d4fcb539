"""Labels: escaping, collisions, what the resource gives."""

import attrs
import pytest

from receivers.otlp.labels import job_and_instance, label_name, labels_of, promoted, scope_labels
from receivers.otlp.names import NamingError
from receivers.otlp.settings import Strategy, Translation

# attribute; collapsed; kept; collapsed and prefixed; kept and prefixed. "" is an error.
CASES = [
    ("a:b", "a_b", "a_b", "a_b", "a_b"),
    ("CapitalLetters", *["CapitalLetters"] * 4),
    ("with!special&chars)", *["with_special_chars_"] * 4),
    ("foreign_字符", "foreign_", "foreign___", "foreign_", "foreign___"),
    ("with.dots", *["with_dots"] * 4),
    (".foo", "_foo", "_foo", "key_foo", "key_foo"),
    ("123label", *["key_123label"] * 4),
    ("_one", "_one", "_one", "key_one", "key_one"),
    ("__two", "_two", "__two", "key_two", "__two"),
    ("ようこそ", "", "", "key_", ""),
    ("key", *["key"] * 4),
    ("a__b__c", "a_b_c", "a__b__c", "a_b_c", "a__b__c"),
    ("a.b__c&&d##e", "a_b_c_d_e", "a_b__c__d__e", "a_b_c_d_e", "a_b__c__d__e"),
    ("__a__b__", "__a_b__", "__a__b__", "__a_b__", "__a__b__"),
    ("trailing___", "trailing_", "trailing___", "trailing_", "trailing___"),
    ("", "", "", "", ""),
    ("__", "", "", "", ""),
]
OPTIONS = [(False, False), (False, True), (True, False), (True, True)]  # prefixes, keeps


@pytest.mark.parametrize(
    ("attribute", "wanted", "translation"),
    [
        pytest.param(
            row[0],
            wanted,
            Translation(prefixes_underscore=prefixes, keeps_underscores=keeps),
            id=f"{row[0]!r} prefixed={prefixes} kept={keeps}",
        )
        for row in CASES
        for wanted, (prefixes, keeps) in zip(row[1:], OPTIONS, strict=True)
    ],
)
def test_name(attribute: str, wanted: str, translation: Translation) -> None:
    if wanted:
        assert label_name(attribute, translation) == wanted
        return
    with pytest.raises(NamingError):
        label_name(attribute, translation)


@pytest.mark.parametrize("attribute", [row[0] for row in CASES if row[0].strip("_")])
def test_names_stay_without_escaping(attribute: str) -> None:
    assert label_name(attribute, Translation(strategy=Strategy.UNCHANGED)) == attribute


@pytest.mark.parametrize("attribute", ["", "__"])
def test_nothing_but_underscores_is_no_name_without_escaping_either(attribute: str) -> None:
    with pytest.raises(NamingError):
        label_name(attribute, Translation(strategy=Strategy.UNCHANGED))


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        pytest.param([("a", "1")], {"a": "1"}, id="an attribute is a label"),
        pytest.param(
            [("x_a", "2"), ("x.a", "1")], {"x_a": "1;2"}, id="a collision joins in the keys' order"
        ),
        pytest.param([("a.b", "1"), ("a-b", "1")], {"a_b": "1;1"}, id="equal values are kept"),
        pytest.param([("__name__", "x")], {}, id="an attribute is never the name"),
    ],
)
def test_labels(attributes: list[tuple[str, str]], wanted: dict[str, str]) -> None:
    assert labels_of(attributes, Translation()) == wanted


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        pytest.param({}, {}, id="nobody"),
        pytest.param({"service.name": "shop"}, {"job": "shop"}, id="a name is the job"),
        pytest.param(
            {"service.name": "shop", "service.namespace": "eu", "service.instance.id": "7"},
            {"job": "eu/shop", "instance": "7"},
            id="a namespace goes before it",
        ),
        pytest.param({"service.namespace": "eu"}, {}, id="a namespace alone is no job"),
    ],
)
def test_job_and_instance(attributes: dict[str, str], wanted: dict[str, str]) -> None:
    assert job_and_instance(attributes) == wanted


RESOURCE = (("host.name", "a"), ("service.name", "shop"))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        pytest.param({}, {}, id="nothing by default"),
        pytest.param({"promote": frozenset({"host.name"})}, {"host_name": "a"}, id="those named"),
        pytest.param(
            {"promote_all": True, "ignore": frozenset({"host.name"})},
            {"service_name": "shop"},
            id="all but those ignored",
        ),
    ],
)
def test_promoted(change: dict[str, object], wanted: dict[str, str]) -> None:
    translation = attrs.evolve(Translation(), **change)  # type: ignore[arg-type]
    assert promoted(RESOURCE, translation) == wanted


def test_scope_is_told_if_asked_for() -> None:
    scope = ("lib", "1.2", "http://s", (("a.b", "c"), ("name", "never")))
    assert scope_labels(*scope, Translation()) == {}
    assert scope_labels(*scope, Translation(promote_scope=True)) == {
        "otel_scope_name": "lib",
        "otel_scope_version": "1.2",
        "otel_scope_schema_url": "http://s",
        "otel_scope_a_b": "c",
    }
