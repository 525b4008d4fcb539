"""Names made fit to be stored."""

import pytest

from relabel.naming import label_name, metric_name, prometheus_compatible, without_reserved


@pytest.mark.parametrize(
    ("name", "metric", "label"),
    [
        pytest.param("", "", "", id="nothing"),
        pytest.param("a", "a", "a", id="a legal name"),
        pytest.param(
            "foo.bar/baz:a", "foo_bar_baz:a", "foo_bar_baz_a", id="colons are for metrics"
        ),
        pytest.param("foo...bar", "foo___bar", "foo___bar", id="each character for itself"),
        pytest.param("é", "_", "_", id="one for a character, not for a byte"),
    ],
)
def test_names(name: str, metric: str, label: str) -> None:
    assert (metric_name(name), label_name(name)) == (metric, label)


def test_prometheus_compatible() -> None:
    labels = {"__name__": "foo.bar", "a.b": "c.d", "a_b": "kept", "x": "y"}
    assert prometheus_compatible(labels) == {"__name__": "foo_bar", "a_b": "kept", "x": "y"}


@pytest.mark.parametrize(
    ("labels", "stored"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"a": "1", "__a": "2", "__address__": "3"}, {"a": "1"}, id="scratch labels"),
        pytest.param({"__name__": "up", "_a": "1"}, {"__name__": "up", "_a": "1"}, id="the name"),
    ],
)
def test_without_reserved(labels: dict[str, str], stored: dict[str, str]) -> None:
    assert without_reserved(labels) == stored
