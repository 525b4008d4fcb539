"""Random rules and random label sets that have to do with each other, from a seed.

Takes a `random.Random`; gives rules of Prometheus' eleven actions and label sets that a target may
expose. Every rule is valid for Prometheus 2.42 and for us; the label names that rules compute are
mostly legal.
"""

from collections.abc import Mapping
from random import Random

from relabel.errors import RuleError
from relabel.names import LEGACY
from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule

NAMES = ("a", "b", "c", "code", "le", "path", "pod", "instance", "job", "__tmp", "a_1", "a_2")
METRICS = ("http_requests_total", "node_cpu_seconds_total", "up_time", "a:b", "x")
WORDS = ("a", "b", "ab", "aab", "foo", "bar", "foo-bar", "a.b", "a;b", "10.0.0.1:9100", "/api/v1")
VALUES = (
    *WORDS,
    "Foo_BAR",
    "straße",
    "ÄÖÜ",
    "Ζεύς",
    "\u0130stanbul",
    "\U0001f600",
    "two\nlines",
    'quote"d',
    "back\\slash",
    "$1",
    "${1}x",
    " blank ",
    "0",
    "1.5",
    "a" * 50,
    "\u00a0",
)
# Pieces of patterns: each is a whole pattern, and so is each sequence of them.
PIECES = (
    "a",
    "b",
    "foo",
    ".*",
    ".+",
    "(.*)",
    "(.+)",
    "(.*?)",
    "(a|b)",
    "(?:foo|bar)",
    "[a-z]+",
    "([^.;:]+)",
    "(\\d+)",
    "\\w+",
    "\\.",
    "-?",
    "a*",
    "(a*)",
    "(a+?)",
    "[^a]",
    "(?P<name>[a-f]+)",
    "(?i:FOO)",
    "(?i)A",
    "\\pL",
    "\\p{Greek}+",
    "(ß|é)?",
    "[[:alpha:]]",
    "\\b",
    "(^a)?",
    "(b$)?",
    "(|x)",
    "a{2}",
    "(a{1,2})",
    ";",
    ":",
    "\\x61",
    "\\Qa.b\\E",
    "(((a)b)?)",
    "\n",
    "é",
)
WHOLE = ("(.*)", "(.+)", ".*", ".+", "", "foo|bar", "a|b|ab", "a.*", ".*b", ".*a.*", "(.*):(.*)")
REPLACEMENTS = (
    "$1",
    "${1}",
    "$0",
    "$2",
    "x",
    "",
    "$1-$2",
    "${1}_y",
    "$1_y",
    "$name",
    "${name}!",
    "$$",
    "$",
    "${",
    "a$",
    "$10",
    "$01",
    "é$1",
    "ünïcode",
)
SEPARATORS = (None, None, "", "-", ";;")


def label_set(random: Random) -> dict[str, str]:
    """Labels of one exposed series; a few have an empty value."""
    names = random.sample(NAMES, random.randint(0, 7))
    labels = {name: random.choice(VALUES) for name in names}
    if random.random() < 0.05:
        labels[random.choice(("a", "b", "c"))] = ""
    return {"__name__": random.choice(METRICS), **labels}


def pattern(random: Random) -> str:
    if random.random() < 0.35:
        return random.choice(WHOLE)
    if random.random() < 0.2:
        return random.choice(WORDS).replace(".", "\\.")
    return "".join(random.choices(PIECES, k=random.randint(1, 4)))


def rule_list(random: Random, *, legal_names_only: bool) -> list[RelabelRule]:
    """One to six rules. `legal_names_only`: labelmap never makes a name that fails a scrape."""
    count = random.choice((1, 1, 2, 2, 3, 4, 6))
    return [_valid_rule(random, legal_names_only) for _ in range(count)]


def _valid_rule(random: Random, legal_names_only: bool) -> RelabelRule:
    while True:
        rule = _rule(random, legal_names_only)
        try:
            compile_rules([rule], scheme=LEGACY)
        except RuleError:
            continue
        return rule


_WEIGHTS: Mapping[str, int] = {
    "replace": 12,
    "keep": 2,
    "drop": 3,
    "keepequal": 1,
    "dropequal": 1,
    "hashmod": 2,
    "labelmap": 3,
    "labeldrop": 2,
    "labelkeep": 1,
    "lowercase": 2,
    "uppercase": 2,
}


def _rule(random: Random, legal_names_only: bool) -> RelabelRule:
    action = random.choices(tuple(_WEIGHTS), weights=tuple(_WEIGHTS.values()))[0]
    keys: dict[str, object] = {"action": random.choice((action, action, action.upper()))}
    if action in ("labelmap", "labeldrop", "labelkeep"):
        keys["regex"] = _name_pattern(random)
        if action == "labelmap":
            # No empty names: see EXCEPTIONS in relabel_vs_prometheus.py.
            has_group = "(" in str(keys["regex"])
            more = ("$1", "${1}_x") if has_group and not legal_names_only else ()
            keys["replacement"] = random.choice(("m_$1", "m", "m_${1}_x", *more))
        return RelabelRule(**keys)  # type: ignore[arg-type]
    sources = random.choices((*NAMES, "__name__"), k=random.choice((0, 1, 1, 1, 2, 2, 3)))
    keys["source_labels"] = tuple(sources)
    if action not in ("keepequal", "dropequal"):
        keys["separator"] = random.choice(SEPARATORS)
    if action in ("keep", "drop", "replace"):
        keys["regex"] = pattern(random)
    if action not in ("keep", "drop"):
        keys["target_label"] = random.choice((*NAMES, "new", "other"))
    if action == "hashmod":
        keys["modulus"] = random.choice((1, 2, 7, 1000, 2**63, 2**64 - 1))
    if action == "replace":
        keys["replacement"] = random.choice(REPLACEMENTS)
        if random.random() < 0.15:
            keys |= _computed_target(random)
    return RelabelRule(**keys)  # type: ignore[arg-type]


def _computed_target(random: Random) -> dict[str, object]:
    # With a value that is never empty: see EXCEPTIONS in relabel_vs_prometheus.py.
    return {
        "target_label": random.choice(("$1", "${1}_t", "t_$2", "$name", "l$1$2")),
        "replacement": random.choice(("v", "v$1", "v-$2")),
    }


def _name_pattern(random: Random) -> str:
    return random.choice(
        (
            "a",
            "a|b",
            "a.*",
            "(a.*)",
            "__(.*)",
            "(.).*",
            "a_(\\d)",
            "(.*)",
            "(a|code|path)",
            "[a-c]",
            "(.+)_(.+)",
            "(p.+)",
            ".*e",
            "__name__|job|instance|a",
            "nothing",
        )
    )
