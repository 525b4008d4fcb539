"""Random rules and label sets that often have to do with each other."""

from hypothesis import strategies as st

from relabel.rule import RelabelRule

NAMES = ("__name__", "a", "b", "c", "a_b", "instance", "job")
VALUES = ("a", "b", "ab", "a;b", "A.b", "x:80", "10.0.0.1:9100", "é", "two\nlines", "$1")
REGEXES = (
    "(.*)",
    "(.+)",
    ".*",
    "",
    "a",
    "a|b",
    "a.*",
    "(a)(.*)",
    "(.*):(.*)",
    "(a|b).*",
    ".*;.*",
    "([a-z]+).*",
    "(?i)A.*",
    "(a_|)(b|c)",
)
REPLACEMENTS = ("$1", "$0", "${1}", "x", "", "$2-$1", "${1}_x", "{{a}}", "x-{{b}}", "$1{{job}}")
SELECTORS = ('{a=""}', '{b!=""}', '{a="a"}', '{a=~"a.*",b!="b"}', "up", '{a=~".+" or c="ab"}')


def label_sets() -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=6)


def rule_lists() -> st.SearchStrategy[list[RelabelRule]]:
    return st.lists(rules(), min_size=1, max_size=4)


@st.composite
def rules(draw: st.DrawFn) -> RelabelRule:
    keys = draw(st.sampled_from(_SHAPES))
    values: dict[str, object] = {}
    for key in keys.split()[1:]:
        values[key] = draw(_KEYS[key])
    if draw(st.booleans()):
        values["if_"] = draw(st.lists(st.sampled_from(SELECTORS), max_size=2).map(tuple))
    return RelabelRule(action=keys.split()[0], **values)  # type: ignore[arg-type]


_KEYS: dict[str, st.SearchStrategy[object]] = {
    "source_labels": st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(tuple),
    "sources": st.just(()),
    "target_label": st.sampled_from(NAMES),
    "regex": st.none() | st.sampled_from(REGEXES),
    "replacement": st.none() | st.sampled_from(REPLACEMENTS),
    "separator": st.sampled_from((None, "", "-")),
    "modulus": st.integers(1, 9),
}

# An action and the keys that it may have.
_SHAPES = (
    "replace source_labels separator regex target_label replacement",
    "replace source_labels regex target_label replacement",
    "replace source_labels target_label",
    "replace target_label replacement",
    "keep source_labels regex",
    "drop source_labels regex",
    "keepequal source_labels target_label",
    "dropequal source_labels target_label",
    "hashmod source_labels target_label modulus",
    "lowercase source_labels target_label",
    "uppercase source_labels separator target_label",
    "labelmap regex",
    "labeldrop regex",
    "labelkeep regex",
    "labelmap_all regex",
    "replace_all source_labels target_label regex replacement",
    "keep_if_contains source_labels target_label",
    "drop_if_contains source_labels target_label",
)
