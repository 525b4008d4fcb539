"""Any bytes, any YAML, any values at any key: errors or a configuration, never a traceback.

The laws: nothing but ConfigErrors is raised, every error has a place that exists and prints, no
secret is shown, what loads can be written and loaded again.
"""

from time import process_time
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.config.decode import fields_of
from agent.config.errors import ConfigErrors, Problems
from agent.config.lint import lint
from agent.config.load import Loaded, LoadOptions, load, resolve
from agent.config.render import render
from agent.config.root import RootSection
from agent.config.sections import read_sections
from agent.config.writer import Writer

LONGEST_S = 1.0
SECRET = "hunter2hunter2"
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def load_bytes(content: bytes, *, strict: bool = True) -> Loaded | None:
    """Loads the bytes and checks the laws; None if they are refused."""
    options = LoadOptions(
        strict=strict,
        environment={"A": "x"},
        read_file=lambda path: content,
        list_files=lambda pattern: [],
    )
    start = process_time()
    try:
        loaded = load("/etc/p.yml", options=options)
    except ConfigErrors as exc:
        lines = content.count(b"\n") + content.count(b"\r") + 2
        for error in exc.errors:
            assert 0 <= error.line <= lines * 4  # YAML has more line ends than \n
            assert SECRET not in error.with_caret()
        loaded = None
    assert process_time() - start < LONGEST_S
    problems = Problems()
    sections = read_sections("/etc/p.yml", options, problems)
    if loaded is not None and sections is not None:
        for finding in lint(sections, resolve(sections, options)):
            assert SECRET not in finding.with_caret()
    return loaded


@given(st.binary(max_size=200))
@RELAXED
def test_any_bytes(content: bytes) -> None:
    load_bytes(content)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["1m", "5s", "0", "10MB", "http://h/", "a.yml", "(.*)", "[", "$1", "%{A}"]),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(TREES)
@RELAXED
def test_any_yaml(tree: Any) -> None:
    load_bytes(yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "surrogatepass"))


def keys_below(cls: type, depth: int = 0) -> set[str]:
    """The keys of a class and of the sections in it."""
    keys: set[str] = set()
    for key, field in fields_of(cls).items():
        keys.add(key)
        for kind in (field.kind, *getattr(field.kind, "__args__", ())):
            if hasattr(kind, "__attrs_attrs__") and depth < 5:
                keys |= keys_below(kind, depth + 1)
    return keys


KNOWN_KEYS = st.sampled_from(sorted(keys_below(RootSection)))
KNOWN_TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KNOWN_KEYS, inner, max_size=4),
    max_leaves=20,
)


def sections(cls: type, depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """Documents of the right shape with any values: they reach every check."""
    table = {}
    for key, field in fields_of(cls).items():
        inner = field.kind
        arguments = getattr(inner, "__args__", ())
        if hasattr(inner, "__attrs_attrs__") and depth < 3:
            table[key] = sections(inner, depth + 1) | SCALARS
        elif arguments and hasattr(arguments[0], "__attrs_attrs__") and depth < 3:
            table[key] = st.lists(sections(arguments[0], depth + 1), max_size=2) | SCALARS
        else:
            table[key] = KNOWN_TREES
    names = st.lists(st.sampled_from(sorted(table)), max_size=4, unique=True)
    return names.flatmap(lambda given: st.fixed_dictionaries({key: table[key] for key in given}))


@given(sections(RootSection), st.booleans())
@RELAXED
def test_any_values_at_known_keys(tree: dict[str, Any], strict: bool) -> None:
    loaded = load_bytes(yaml.safe_dump(tree).encode("utf-8", "surrogatepass"), strict=strict)
    if loaded is None:
        return
    writer = Writer(reveal=True)
    text = render(loaded.global_, loaded.jobs, loaded.remotes, loaded.otlp, writer=writer)
    again = load_bytes(text.encode("utf-8", "surrogatepass"))
    assert again is not None
    assert (again.jobs, again.remotes) == (loaded.jobs, loaded.remotes)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"basic_auth: {{username: u, password: [{SECRET}]}}", id="a list"),
        pytest.param(f"basic_auth: {{username: u, passwrd: {SECRET}}}", id="a misspelt key"),
        pytest.param(f"bearer_token: {SECRET}\n  bearer_token_file: f", id="two of them"),
        pytest.param(f"bearer_token: {SECRET}\n  bearer_token: {SECRET}", id="twice"),
        pytest.param(f"authorization: {{type: basic, credentials: {SECRET}}}", id="a wrong type"),
        pytest.param(f"tls_config: {{key: {SECRET}}}", id="a key without certificate"),
        pytest.param(
            f"proxy_url: 'http://u:{SECRET}@h'\n  proxy_from_environment: on", id="a proxy"
        ),
    ],
)
def test_secrets_are_in_no_message(text: str) -> None:
    assert load_bytes(f"scrape_configs:\n- job_name: a\n  {text}\n".encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: " + "[" * 5000, id="a tower of lists"),
        pytest.param("{" * 5000, id="a tower of mappings"),
        pytest.param("- " * 5000, id="a tower of items"),
        pytest.param("? " * 5000, id="a tower of keys"),
        pytest.param("!" * 5000, id="tags"),
        pytest.param("&a " * 1000, id="anchors"),
        pytest.param("a: '" + "x" * 500_000, id="an endless text"),
        pytest.param("global: {external_labels: {" + "a: b, " * 5000 + "}}", id="one key often"),
        pytest.param("%{" * 20_000, id="placeholders without an end"),
        pytest.param("%{A}" * 20_000, id="many placeholders"),
        pytest.param("scrape_configs: [" + "{job_name: a}, " * 1000 + "]", id="one job often"),
        pytest.param("\x00\x01\x02", id="control characters"),
    ],
)
def test_hostile_documents_end_soon(text: str) -> None:
    load_bytes(text.encode())
