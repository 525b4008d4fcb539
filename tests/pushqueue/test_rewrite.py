"""A remote's own rules and labels, once for each layout."""

from array import array
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushqueue import rewrite
from pushqueue.rewrite import Rewriter
from relabel.limits import LabelLimits
from relabel.pipeline import compile_rules
from relabel.remote_steps import RemoteSteps
from relabel.rule import RelabelRule
from series.batch import Batch
from series.exemplar import Exemplar
from series.labels import Labels, canonical
from series.layout import Layout
from series.stale import STALE_NAN_BYTES, stale_values
from series.template import Template
from series.wire import encode_label
from tests.pushqueue.blocks import NOW_MS, batch, layout


def labels_of(rewritten: Batch | None) -> list[Labels]:
    assert rewritten is not None
    return [template.labels(rewritten.chunks) for template in rewritten.layout.templates]


def keep_even(labels: Mapping[str, str]) -> dict[str, str] | None:
    return dict(labels) if int(labels["__name__"][-1]) % 2 == 0 else None


Function = Callable[[Mapping[str, str]], dict[str, str] | None]


class Rules:
    """Rules that count how often they run; they read all labels."""

    def __init__(self, function: Function) -> None:
        self.function, self.calls = function, 0

    def apply(self, labels: Mapping[str, str]) -> dict[str, str] | None:
        self.calls += 1
        return self.function(labels)

    def reads_among(self, names: Collection[str]) -> frozenset[str]:
        return frozenset(names)


KEEP_EVEN = Rules(keep_even)


def test_without_rules_and_labels_it_is_the_batch_itself() -> None:
    original = batch(3)
    assert Rewriter(None, {}).rewrite(original) is original


def test_extra_labels_are_sorted_in_and_overwrite() -> None:
    rewritten = Rewriter(None, {"a": "1", "job": "edge", "z": "2"}).rewrite(batch(1))
    assert labels_of(rewritten) == [
        (("__name__", "metric_00000"), ("a", "1"), ("job", "edge"), ("z", "2"))
    ]


def test_rules_drop_samples() -> None:
    rewriter = Rewriter(KEEP_EVEN, {})
    rewritten = rewriter.rewrite(batch(5))
    assert rewritten is not None
    assert [dict(labels)["__name__"] for labels in labels_of(rewritten)] == [
        "metric_00000",
        "metric_00002",
        "metric_00004",
    ]
    assert list(rewritten.values) == [0.0, 2.0, 4.0]
    assert rewriter.dropped_samples == 2


def test_everything_dropped_is_nothing() -> None:
    assert Rewriter(Rules(lambda labels: None), {}).rewrite(batch(3)) is None


def test_labels_come_after_rules() -> None:
    seen = []

    def rules(labels: Mapping[str, str]) -> dict[str, str]:
        seen.append("a" in labels)
        return {**labels, "a": "from rules"}

    rewritten = Rewriter(Rules(rules), {"a": "from the remote"}).rewrite(batch(1))
    assert seen == [False]
    assert dict(labels_of(rewritten)[0])["a"] == "from the remote"


def test_rules_run_once_for_each_series_of_a_layout() -> None:
    rules = Rules(keep_even)
    rewriter = Rewriter(rules, {})
    shared = layout(10)
    first = rewriter.rewrite(batch(10, of=shared))
    again = rewriter.rewrite(batch(10, of=shared, time_ms=NOW_MS + 1))
    assert rules.calls == 10
    assert first is not None
    assert again is not None
    assert first.layout is again.layout
    assert again.timestamps == NOW_MS + 1


def test_a_layout_that_is_gone_is_forgotten() -> None:
    rewriter = Rewriter(KEEP_EVEN, {})
    rewriter.rewrite(batch(10))
    assert len(rewriter._memo) == 0


def with_hole(instance: str, of: Layout) -> Batch:
    return attrs.evolve(batch(1, of=of), chunks=(encode_label("instance", instance),))


def test_targets_of_one_layout_with_holes_are_told_apart() -> None:
    name, tail = (Template.constant((pair,)).pieces[0] for pair in (("__name__", "m"), ("z", "1")))
    shared = Layout((Template((name, tail), (0,)),))
    rewriter = Rewriter(None, {"a": "1"})
    for instance in ("h1", "h2", "h1"):
        assert labels_of(rewriter.rewrite(with_hole(instance, shared))) == [
            (("__name__", "m"), ("a", "1"), ("instance", instance), ("z", "1"))
        ]


# Rules for labels of targets: read, unread, copied, renamed, dropped; constants in their places.
RULES = [
    RelabelRule(action="drop", source_labels=("instance",), regex="h1"),
    RelabelRule(action="keep", source_labels=("__name__", "job"), regex="m;.*"),
    RelabelRule(source_labels=("instance",), target_label="host"),
    RelabelRule(source_labels=("job",), target_label="instance", regex="(.+)"),
    RelabelRule(source_labels=("instance", "job"), target_label="both"),
    RelabelRule(action="labelmap", regex="(i.*|z)", replacement="x_$1"),
    RelabelRule(action="labeldrop", regex="instance"),
    RelabelRule(action="hashmod", source_labels=("instance",), target_label="shard", modulus=3),
    RelabelRule(target_label="job", replacement="constant", if_=('{z="1"}',)),
    RelabelRule(target_label="__tmp", replacement="1"),
]


@given(
    st.lists(st.sampled_from(RULES), max_size=3),
    st.lists(st.sampled_from(RULES), max_size=3),
    st.dictionaries(st.sampled_from(["a", "host", "job"]), st.sampled_from(["", "e"]), max_size=2),
    st.builds(LabelLimits, max_labels=st.sampled_from([0, 5]), max_value_bytes=st.just(0)),
    st.booleans(),
)
def test_holes_change_nothing(
    common: list[RelabelRule],
    own: list[RelabelRule],
    extra: dict[str, str],
    limits: LabelLimits,
    mends: bool,
) -> None:
    """What rules make of series with holes is what they make of them filled, for each target."""
    name, tail = (Template.constant((pair,)).pieces[0] for pair in (("__name__", "m"), ("z", "1")))
    templates = (Template((name, b"", tail), (0, 1)), Template((name, b""), (1,)))
    shared = Layout(templates)
    steps = RemoteSteps(
        common=compile_rules(common),
        limits=limits,
        own=compile_rules(own),
        is_compatible_naming=mends,
    )
    rewriter = Rewriter(steps, extra)
    for instance, job in (("h1", "j"), ("h2", "j"), ("h2", "h2"), ("h1", "j")):
        chunks: tuple[bytes, ...] = (
            encode_label("instance", instance),
            encode_label("job", job),
        )
        if (instance, job) == ("h2", "h2"):
            # The shape has found another hole since.
            chunks = (*chunks, encode_label("later", "label"))
        expected = []
        for template in templates:
            labels = steps.apply(dict(template.labels(chunks)))
            if labels is not None and (final := canonical({**labels, **extra})):
                expected.append(final)
        rewritten = rewriter.rewrite(attrs.evolve(batch(2, of=shared), chunks=chunks))
        assert (labels_of(rewritten) if rewritten else []) == expected


def test_rules_run_once_for_all_targets_that_they_do_not_tell_apart() -> None:
    name = Template.constant((("__name__", "m"),)).pieces[0]
    shared = Layout((Template((name, b"", b""), (0, 1)),))
    copy = compile_rules([RelabelRule(source_labels=("instance",), target_label="host")])
    rewriter = Rewriter(RemoteSteps(own=copy), {})
    batches = [
        attrs.evolve(
            batch(1, of=shared), chunks=(encode_label("instance", h), encode_label("job", "j"))
        )
        for h in ("h1", "h2")
    ]
    first, second = [rewriter.rewrite(each) for each in batches]
    assert first is not None
    assert second is not None
    assert first.layout is second.layout
    assert dict(labels_of(second)[0]) == {
        "__name__": "m",
        "host": "h2",
        "instance": "h2",
        "job": "j",
    }


def test_what_is_beside_the_values_moves_along() -> None:
    exemplar = (Exemplar((), 1.0),)
    full = attrs.evolve(
        batch(4),
        timestamps=array("q", [10, 11, 12, 13]),
        start_timestamps=array("q", [1, 2, 3, 4]),
        exemplars={1: exemplar, 2: exemplar},
        is_pushed=True,
    )
    rewritten = Rewriter(KEEP_EVEN, {}).rewrite(full)
    assert rewritten is not None
    assert rewritten.timestamps == array("q", [10, 12])
    assert rewritten.start_timestamps == array("q", [1, 3])
    assert rewritten.exemplars == {1: exemplar}
    assert rewritten.histograms is None
    assert rewritten.is_pushed


def test_a_single_sample_with_its_own_time_is_kept() -> None:
    only_first = attrs.evolve(batch(2), timestamps=array("q", [10, 11]))
    rewritten = Rewriter(KEEP_EVEN, {}).rewrite(only_first)
    assert rewritten is not None
    assert rewritten.timestamps == array("q", [10])


def test_a_staleness_marker_keeps_its_bits() -> None:
    markers = attrs.evolve(batch(3), values=stale_values(3), is_markers=True)
    rewritten = Rewriter(KEEP_EVEN, {}).rewrite(markers)
    assert rewritten is not None
    assert rewritten.values.tobytes() == STALE_NAN_BYTES * 2
    assert rewritten.is_markers


@pytest.mark.parametrize("extra", [{"a": ""}, {"job": ""}])
def test_an_empty_extra_label_removes_the_label(extra: dict[str, str]) -> None:
    found = dict(labels_of(Rewriter(None, extra).rewrite(batch(1)))[0])
    assert not set(extra) & set(found)
    assert canonical(found)


def test_obfuscated_values_are_hashes_in_holes_too() -> None:
    """A target's own label stays a hole, so that targets go on sharing their layout."""
    pieces = (encode_label("__name__", "m"), encode_label("job", "edge"))
    shared = Layout((Template(pieces, (0,)),))
    first, second = (
        attrs.evolve(batch(1, of=shared), chunks=(encode_label("instance", name),))
        for name in ("x", "y")
    )
    rewriter = Rewriter(None, {"user": "u"}, ("instance", "user", "gone"))
    one, other = rewriter.rewrite(first), rewriter.rewrite(second)
    assert one is not None
    assert other is not None
    assert one.layout is other.layout
    assert labels_of(other) == [
        (
            ("__name__", "m"),
            ("instance", sha256(b"y").hexdigest()),
            ("job", "edge"),
            ("user", sha256(b"u").hexdigest()),
        )
    ]


def test_obfuscation_comes_after_rules_that_read_and_copy() -> None:
    rule = RelabelRule(source_labels=("instance",), target_label="copy")
    drop = RelabelRule(action="drop", source_labels=("instance",), regex="bad")
    steps = RemoteSteps(own=compile_rules((rule, drop)))
    shared = Layout((Template((encode_label("__name__", "m"), b""), (0,)),))
    rewriter = Rewriter(steps, {}, ("copy",))
    good, bad = (
        attrs.evolve(batch(1, of=shared), chunks=(encode_label("instance", name),))
        for name in ("good", "bad")
    )
    (labels,) = labels_of(rewriter.rewrite(good))
    assert dict(labels)["copy"] == sha256(b"good").hexdigest()
    assert dict(labels)["instance"] == "good"
    assert rewriter.rewrite(bad) is None


def pushed(*names: str) -> Batch:
    templates = tuple([Template.constant((("__name__", name),)) for name in names])
    values = array("d", range(len(names)))
    return Batch(
        lane_key=0, layout=Layout(templates), values=values, timestamps=NOW_MS, is_pushed=True
    )


def test_rules_run_once_for_each_pushed_series_in_whatever_layout_it_comes() -> None:
    rules = Rules(keep_even)
    rewriter = Rewriter(rules, {"site": "s"})
    first = rewriter.rewrite(pushed("a1", "a2", "a4"))
    assert labels_of(first) == [
        (("__name__", "a2"), ("site", "s")),
        (("__name__", "a4"), ("site", "s")),
    ]
    assert rules.calls == 3
    again = rewriter.rewrite(pushed("a4", "a1", "a2", "a6"))
    assert [dict(one)["__name__"] for one in labels_of(again)] == ["a4", "a2", "a6"]
    assert again is not None
    assert list(again.values) == [0.0, 2.0, 3.0]
    assert rules.calls == 4
    assert rewriter.rewrite(pushed("a1")) is None
    assert rewriter.dropped_samples == 3


def test_what_is_prepared_runs_no_rule_later() -> None:
    rules = Rules(keep_even)
    rewriter = Rewriter(rules, {})
    batch_ = pushed(*[f"m{at}" for at in range(250)])
    steps = sum(1 for _ in rewriter.prepared(batch_.layout))
    assert (steps, rules.calls) == (2, 250)
    assert len(labels_of(rewriter.rewrite(batch_))) == 125
    assert rules.calls == 250


def test_a_rewriter_without_rules_prepares_nothing() -> None:
    assert list(Rewriter(None, {}).prepared(pushed("a").layout)) == []


def test_what_is_remembered_of_pushed_series_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "MAX_SERIES", 10)
    rewriter = Rewriter(None, {"site": "s"})
    for at in range(30):
        rewriter.rewrite(pushed(f"m{at}", f"n{at}"))
    assert rewriter.remembered_series == 10


def test_a_series_twice_in_a_layout_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "MAX_SERIES_BYTES", 2000)
    rewriter = Rewriter(None, {"site": "s"})
    for at in range(400):
        rewriter.rewrite(pushed(f"m{at}", f"m{at}"))
    final = pushed("m399").layout.templates[0]
    # A surplus in the count would have put out everything.
    assert rewriter.remembered_series > 10
    assert final in rewriter._finals
    assert rewriter._finals_bytes == sum(map(len, rewriter._finals.values()))
