"""What becomes of exposed labels."""

import pytest

from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from scraper.labelling import LabelLimitError, LabelLimits, Labelling, SeriesError, merge
from series.labels import readable

Labels = dict[str, str]


@pytest.mark.parametrize(
    ("exposed", "target", "expected"),
    [
        pytest.param({"a": "1"}, {"b": "2"}, {"a": "1", "b": "2"}, id="no conflict"),
        pytest.param(
            {"a": "1"}, {"a": "2"}, {"a": "2", "exported_a": "1"}, id="the exposed one is renamed"
        ),
        pytest.param({"a": ""}, {"a": "2"}, {"a": "2"}, id="an empty one is no conflict"),
        pytest.param(
            {"a": "1"},
            {"a": "2", "exported_a": "3"},
            {"a": "2", "exported_a": "3", "exported_exported_a": "1"},
            id="the target has the renamed name too",
        ),
        pytest.param(
            {"a": "1", "exported_a": "2"},
            {"a": "3"},
            {"a": "3", "exported_a": "2", "exported_exported_a": "1"},
            id="the page has the renamed name too",
        ),
        pytest.param(
            {"exported_a": "1"},
            {"exported_a": "2"},
            {"exported_a": "2", "exported_exported_a": "1"},
            id="both are renamed names already",
        ),
        pytest.param(
            {"a": "1", "exported_a": "2"},
            {"a": "3", "exported_a": "4"},
            {
                "a": "3",
                "exported_a": "4",
                "exported_exported_a": "1",
                "exported_exported_exported_a": "2",
            },
            id="both names conflict, the shorter is renamed first",
        ),
        pytest.param(
            {"a": "3", "exported_a": "4", "exported_exported_exported_a": "5"},
            {"a": "0", "exported_exported_a": "1", "exported_exported_exported_a": "2"},
            {
                "a": "0",
                "exported_a": "4",
                "exported_exported_a": "1",
                "exported_exported_exported_a": "2",
                "exported_exported_exported_exported_a": "3",
                "exported_exported_exported_exported_exported_a": "5",
            },
            id="names are searched until one is free",
        ),
    ],
)
def test_merge_without_honor_labels(exposed: Labels, target: Labels, expected: Labels) -> None:
    assert merge(exposed, target, honor=False) == expected


@pytest.mark.parametrize(
    ("exposed", "target", "expected"),
    [
        pytest.param({"a": "1"}, {"a": "2"}, {"a": "1"}, id="the exposed one stays"),
        pytest.param({"b": "1"}, {"a": "2"}, {"b": "1", "a": "2"}, id="missing ones are added"),
        pytest.param({"a": ""}, {"a": "2"}, {"a": ""}, id="an empty one blocks the target's"),
    ],
)
def test_merge_with_honor_labels(exposed: Labels, target: Labels, expected: Labels) -> None:
    assert merge(exposed, target, honor=True) == expected


def final(exposed: Labels, *rules: RelabelRule, **settings: object) -> str | None:
    defaults: dict[str, object] = {
        "target_labels": {"instance": "h:1", "job": "j"},
        "external_labels": {},
        "pipeline": compile_rules(rules),
    }
    labels = Labelling(**{**defaults, **settings}).final(exposed)  # type: ignore[arg-type]
    return None if labels is None else readable(labels)


DROP = RelabelRule(action="drop", source_labels=("a",), regex="1")
NO_NAME = RelabelRule(action="labeldrop", regex="__name__")
NO_LABELS = RelabelRule(action="labeldrop", regex=".*")
RENAME = RelabelRule(source_labels=("job",), target_label="__name__", replacement="${1}_m")
NO_JOB = RelabelRule(action="labeldrop", regex="job")


@pytest.mark.parametrize(
    ("exposed", "rules", "settings", "expected"),
    [
        pytest.param(
            {"__name__": "m", "a": "1"}, [], {}, 'm{a="1",instance="h:1",job="j"}', id="merged"
        ),
        pytest.param(
            {"__name__": "m", "a": ""}, [], {}, 'm{instance="h:1",job="j"}', id="empty is absent"
        ),
        pytest.param({"__name__": "m", "a": "1"}, [DROP], {}, None, id="dropped by a rule"),
        pytest.param({"__name__": "m"}, [NO_LABELS], {}, None, id="no label left is dropped"),
        pytest.param(
            {"__name__": "m"}, [RENAME], {}, 'j_m{instance="h:1",job="j"}', id="rules see all"
        ),
        pytest.param(
            {"__name__": "m"},
            [],
            {"external_labels": {"region": "n"}},
            'm{instance="h:1",job="j",region="n"}',
            id="external labels are added",
        ),
        pytest.param(
            {"__name__": "m"},
            [],
            {"external_labels": {"job": "other"}},
            'm{instance="h:1",job="j"}',
            id="an external label never replaces one",
        ),
        pytest.param(
            {"__name__": "m"},
            [NO_JOB],
            {"external_labels": {"job": "other"}},
            'm{instance="h:1",job="other"}',
            id="external labels come behind the rules",
        ),
        pytest.param(
            {"__name__": "m", "instance": ""},
            [],
            {"honor_labels": True},
            'm{job="j"}',
            id="an exposed empty label removes the target's",
        ),
        pytest.param(
            {"__name__": "scrape_series_added"},
            [],
            {"honor_labels": True, "external_labels": {"region": "n"}},
            'exported_scrape_series_added{instance="h:1",job="j",region="n"}',
            id="a series like one of the report is renamed",
        ),
        pytest.param(
            {"__name__": "up", "instance": "other"},
            [],
            {"honor_labels": True},
            'up{instance="other",job="j"}',
            id="one of another instance is not",
        ),
        pytest.param(
            {"__name__": "a.b", "c.d": "1"},
            [],
            {},
            'a.b{c.d="1",instance="h:1",job="j"}',
            id="any text is a name",
        ),
    ],
)
def test_final(
    exposed: Labels, rules: list[RelabelRule], settings: dict[str, object], expected: str | None
) -> None:
    assert final(exposed, *rules, **settings) == expected


LEGACY = {"is_legacy": True}


@pytest.mark.parametrize(
    ("exposed", "rules", "settings", "error", "message"),
    [
        pytest.param(
            {"__name__": "m"}, [NO_NAME], {}, SeriesError, "no metric name", id="no name left"
        ),
        pytest.param(
            {"__name__": ""}, [], {}, SeriesError, "no metric name", id="an empty metric name"
        ),
        pytest.param(
            {"__name__": "a.b"}, [], LEGACY, SeriesError, "'a.b' needs", id="a modern metric name"
        ),
        pytest.param(
            {"__name__": "a", "b.c": "1"}, [], LEGACY, SeriesError, "'b.c' needs", id="and label"
        ),
        pytest.param(
            {"__name__": "m", "a": "1"},
            [],
            {"limits": LabelLimits(labels=3)},
            LabelLimitError,
            "label_limit 3 exceeded: m has 4 labels",
            id="one label too many, the name counts",
        ),
        pytest.param(
            {"__name__": "m", "\xe4" * 5: "1"},
            [],
            {"limits": LabelLimits(name_bytes=9)},
            LabelLimitError,
            "label_name_length_limit 9 exceeded: .* has 10 bytes",
            id="a label name too long, in bytes",
        ),
        pytest.param(
            {"__name__": "m", "a": "12345"},
            [],
            {"limits": LabelLimits(value_bytes=4)},
            LabelLimitError,
            "label_value_length_limit 4 exceeded: the value of a of m has 5 bytes",
            id="a label value too long",
        ),
    ],
)
def test_series_that_fail_the_scrape(
    exposed: Labels,
    rules: list[RelabelRule],
    settings: dict[str, object],
    error: type[SeriesError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        final(exposed, *rules, **settings)


def test_what_is_just_within_the_limits_passes() -> None:
    limits = LabelLimits(labels=4, name_bytes=8, value_bytes=5)
    assert final({"__name__": "m", "a": "12345"}, limits=limits) is not None


def test_report_series_have_target_and_external_labels_only() -> None:
    labelling = Labelling(
        target_labels={"instance": "h:1", "job": "j"},
        external_labels={"job": "other", "region": "n"},
        pipeline=compile_rules([NO_LABELS]),
    )
    assert readable(labelling.report("up")) == 'up{instance="h:1",job="j",region="n"}'
