"""The documentation and the schema say what the classes say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from agent.config.decode import fields_of
from agent.config.document import _SECTIONS, PATH, kind_name, render_document
from agent.config.general import GlobalSection
from agent.config.help import HELP
from agent.config.jobs import ScrapeSection
from agent.config.schema import render_schema
from tests.agent.config.support import DATA, Case, read_cases

GOOD = [case for path in sorted((DATA / "good").glob("*.cases")) for case in read_cases(path)]


def test_the_page_is_what_the_classes_say() -> None:
    assert PATH.read_text() == render_document(), "run python -m agent.config.document"


@pytest.mark.parametrize("cls", [pytest.param(cls, id=title) for title, cls, _ in _SECTIONS])
def test_every_key_has_its_sentence_and_no_sentence_is_left_over(cls: type) -> None:
    keys = {key for key, field in fields_of(cls).items() if not field.is_refused}
    assert keys == set(HELP[cls.__name__])


@pytest.mark.parametrize(
    ("cls", "key", "expected"),
    [
        pytest.param(ScrapeSection, "job_name", "text", id="a text"),
        pytest.param(ScrapeSection, "params", "mapping of list of texts", id="nested"),
        pytest.param(ScrapeSection, "max_scrape_size", "bytes", id="vmagent's sizes"),
        pytest.param(ScrapeSection, "relabel_configs", "list of rules", id="rules"),
        pytest.param(GlobalSection, "scrape_interval", "duration", id="a duration"),
        pytest.param(ScrapeSection, "basic_auth", "section", id="a section of its own"),
    ],
)
def test_kind_name(cls: type, key: str, expected: str) -> None:
    assert kind_name(fields_of(cls)[key].kind) == expected


def unknown_keys(document: Any, schema: dict[str, Any], whole: dict[str, Any]) -> Iterator[str]:
    """Keys of a document that the schema does not have."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(document, dict):
        properties = schema.get("properties", {})
        for key, value in document.items():
            inner = properties.get(key, schema.get("additionalProperties", {}))
            if inner is False:
                yield key
            else:
                yield from unknown_keys(value, inner, whole)
    if isinstance(document, list):
        for item in document:
            yield from unknown_keys(item, schema.get("items", {}), whole)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in GOOD])
def test_what_loads_is_in_the_schema(case: Case) -> None:
    text = case.files["p.yml"]
    if "%{" in text:
        return  # no YAML until it is filled
    schema = render_schema()
    assert not list(unknown_keys(yaml.safe_load(text), schema, schema))


def test_the_schema_refuses_unknown_keys_and_is_json() -> None:
    schema = json.loads(json.dumps(render_schema()))
    assert list(unknown_keys({"scrape_configs": [{"jobname": "a"}]}, schema, schema)) == ["jobname"]
    interval = schema["$defs"]["ScrapeSection"]["properties"]["scrape_interval"]
    assert interval["description"].startswith("How often")
