"""Series spread over remotes: each at exactly its replicas, and few move when one is added."""

from collections import Counter

import attrs
import pytest

from pushqueue.settings import ShardSettings
from pushqueue.sharding import Sharding
from series.batch import Batch
from series.labels import Labels, canonical
from series.layout import Layout
from series.stale import stale_values
from series.template import Template
from series.wire import encode_label
from tests.pushqueue.blocks import NOW_MS, batch, layout

KEYS = ["a", "b", "c", "d"]
COUNT = 2000


def labels_of(found: Batch | None) -> list[Labels]:
    if found is None:
        return []
    return [template.labels(found.chunks) for template in found.layout.templates]


def owners(keys: list[str], settings: ShardSettings, whole: Batch) -> dict[Labels, set[str]]:
    found: dict[Labels, set[str]] = {}
    parts = Sharding(settings, keys).split(whole)
    for key, part in zip(keys, parts, strict=True):
        for labels in labels_of(part):
            assert key not in found.setdefault(labels, set())
            found[labels].add(key)
    return found


@pytest.mark.parametrize("replicas", [1, 2, 4])
def test_every_series_is_at_exactly_its_replicas(replicas: int) -> None:
    found = owners(KEYS, ShardSettings(replicas=replicas), batch(COUNT))
    assert len(found) == COUNT
    assert {len(each) for each in found.values()} == {replicas}


def test_more_replicas_than_remotes_is_all_of_them() -> None:
    assert {len(each) for each in owners(["a"], ShardSettings(replicas=3), batch(9)).values()} == {
        1
    }


def test_the_remotes_get_equal_parts() -> None:
    found = owners(KEYS, ShardSettings(), batch(COUNT))
    counts = Counter(key for keys in found.values() for key in keys)
    assert all(0.8 < count / (COUNT / 4) < 1.2 for count in counts.values())


@pytest.mark.parametrize("replicas", [1, 2])
def test_adding_a_remote_moves_its_share_only(replicas: int) -> None:
    settings, whole = ShardSettings(replicas=replicas), batch(COUNT)
    before, after = owners(KEYS, settings, whole), owners([*KEYS, "new"], settings, whole)
    moved = [labels for labels in before if before[labels] != after[labels]]
    assert all("new" in after[labels] for labels in moved)
    assert 0.8 < len(moved) / (COUNT * replicas / 5) < 1.2


def test_the_order_of_remotes_means_nothing() -> None:
    settings, whole = ShardSettings(), batch(COUNT)
    assert owners(KEYS, settings, whole) == owners(KEYS[::-1], settings, whole)


def test_values_go_with_their_series_and_markers_the_same_way() -> None:
    data = batch(50)
    markers = attrs.evolve(data, values=stale_values(50), is_markers=True, layout=layout(50))
    sharding = Sharding(ShardSettings(), KEYS)
    for own, ended in zip(sharding.split(data), sharding.split(markers), strict=True):
        assert labels_of(own) == labels_of(ended)
        assert own is None or [dict(labels)["__name__"] for labels in labels_of(own)] == [
            f"metric_{int(value):05}" for value in own.values
        ]
        assert ended is None or ended.values.tobytes() == stale_values(len(ended)).tobytes()


def two_names(count: int) -> Batch:
    pairs = [{"__name__": f"m{at // 2}", "side": "lr"[at % 2]} for at in range(count)]
    templates = tuple(Template.constant(canonical(pair)) for pair in pairs)
    return attrs.evolve(batch(count), layout=Layout(templates))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(ShardSettings(labels=("__name__",)), id="only these labels count"),
        pytest.param(ShardSettings(ignored_labels=("side",)), id="all but these labels count"),
    ],
)
def test_labels_that_do_not_count(settings: ShardSettings) -> None:
    by_name: dict[str, set[frozenset[str]]] = {}
    for labels, keys in owners(KEYS, settings, two_names(200)).items():
        by_name.setdefault(dict(labels)["__name__"], set()).add(frozenset(keys))
    assert {len(each) for each in by_name.values()} == {1}


def of_target(shared: Layout, instance: str) -> Batch:
    return Batch(
        lane_key=1,
        layout=shared,
        values=batch(len(shared)).values,
        timestamps=NOW_MS,
        chunks=(encode_label("instance", instance),),
    )


def test_targets_that_share_a_layout_are_decided_apart_and_once() -> None:
    pieces = [encode_label("__name__", f"m{at}") for at in range(100)]
    shared = Layout(tuple(Template((piece, b""), (0,)) for piece in pieces))
    sharding = Sharding(ShardSettings(), KEYS)
    first = [labels_of(part) for part in sharding.split(of_target(shared, "x"))]
    other = [labels_of(part) for part in sharding.split(of_target(shared, "y"))]
    assert [len(each) for each in first] != [len(each) for each in other]
    layouts = [
        [part.layout for part in sharding.split(of_target(shared, "x")) if part] for _ in range(2)
    ]
    assert all(one is two for one, two in zip(*layouts, strict=True))
