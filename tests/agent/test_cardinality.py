"""Series by job, metric and label."""

import pytest

import agent.cardinality
from agent.cardinality import count
from scraper.staleness import Filled
from series.labels import canonical
from series.layout import Layout
from series.template import Template
from series.wire import encode_label, encode_labels
from tests.scraper.steps import finish


def constant(**labels: str) -> Template:
    return Template.constant(canonical({"__name__": "load", **labels}))


def open_at_instance() -> Template:
    """`load{device="sda",instance=...}`."""
    return Template((encode_labels((("__name__", "load"), ("device", "sda"))), b""), (0,))


def target(instance: str, layout: Layout) -> Filled:
    return Filled(layout, (encode_label("instance", instance),))


def test_targets_that_share_a_layout() -> None:
    layout = Layout((open_at_instance(), constant(device="sdb")))
    found = finish(count({"node": [target("a", layout), target("b", layout)]}))
    assert (found.series, found.jobs) == (4, [("node", 4)])
    assert found.metrics == [("load", 4)]
    assert [label[:3] for label in found.labels] == [("device", 2, 4), ("instance", 2, 2)]


def test_one_job_of_many() -> None:
    layout = Layout((constant(),))
    alive = {"a": [Filled(layout)], "b": [Filled(layout), Filled(layout)]}
    assert finish(count(alive, "b")).series == 2
    assert finish(count(alive)).jobs == [("b", 2), ("a", 1)]


def test_nothing_was_scraped_yet() -> None:
    found = finish(count({"a": [Filled(Layout(()))]}))
    assert (found.series, found.metrics, found.labels) == (0, [], [])


def test_too_many_values_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent.cardinality, "MAX_VALUES", 3)
    layout = Layout(tuple([constant(n=str(number)) for number in range(10)]))
    found = finish(count({"a": [Filled(layout)]}))
    assert found.is_cut
    assert found.labels[0][:3] == ("n", 3, 10)
