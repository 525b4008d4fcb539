"""Whatever another agent may say: every flag and key is converted or told, and the result is good.

What comes out must be accepted by the agent itself, which is the only judge.
"""

from pathlib import Path

import pytest

from agent.config.errors import Problems
from agent.config.options import LoadOptions
from agent.config.sections import read_sections
from agent.convert.detect import convert
from agent.convert.note import Kind
from agent.convert.outcome import LOST
from agent.flags.parser import parse
from tests.agent.convert import generated

COMMANDS = [*generated.vmagent(), *generated.prometheus()]
# What is no good configuration alone, there or here.
_NOT_ALONE = {"cert_file", "key_file", "cert_pem", "key_pem", "max_version"}
COLLECTORS = [
    (name, text)
    for name, text in generated.collector()
    if not (name.startswith("exporter") and any(f"'{key}'" in name for key in _NOT_ALONE))
]


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in COMMANDS])
def test_a_command_line_becomes_flags_that_the_agent_takes(text: str) -> None:
    outcome = convert("agent", text.encode())
    wanted = [word for word in text.replace("'", "").split() if word.lstrip("-").count("=")]
    told = {note.what for note in outcome.notes}
    for word in wanted:
        if word.startswith("-"):
            assert f"-{word.lstrip('-').partition('=')[0]}" in told
    parse(outcome.flags, {})
    assert all(note.place.startswith("agent:") for note in outcome.notes)


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in COLLECTORS])
def test_a_collectors_file_becomes_a_configuration_that_is_read(text: str) -> None:
    outcome = convert("collector.yml", text.encode())
    parse(outcome.flags, {})
    assert "unknown key" not in {note.text for note in outcome.notes}
    problems = Problems()
    made = outcome.config_text().encode()
    options = LoadOptions(read_file=lambda _: made, list_files=lambda _: ())
    assert read_sections("made.yml", options, problems) is not None
    assert problems.errors == []


def test_the_corpus_is_large_enough() -> None:
    assert (
        min(len(list(generated.vmagent())), len(list(generated.prometheus())), len(COLLECTORS))
        >= 30
    )


def test_what_has_no_counterpart_decides_the_exit_code() -> None:
    outcome = convert("x.sh", b"vmagent -graphiteListenAddr=:2003 -remoteWrite.url=http://a/b\n")
    lost = [note.what for note in outcome.notes if note.kind is Kind.LOST]
    assert (lost, outcome.exit_code) == (["-graphiteListenAddr"], LOST)


def test_a_prometheus_yml_stays_as_it_is() -> None:
    text = Path(__file__).parents[3].joinpath("examples", "prometheus.yml").read_text()
    outcome = convert("prometheus.yml", text.encode())
    assert (outcome.config_text(), outcome.exit_code) == (text, 0)
