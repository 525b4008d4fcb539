"""What a file is, and what is said of one that is none of them."""

import pytest

from agent.config.errors import ConfigErrors
from agent.convert.detect import convert
from agent.convert.note import Kind

GRAFANA = b"""\
metrics:
  wal_directory: /tmp/wal
  global:
    scrape_interval: 15s
    remote_write: [{url: 'http://a.example/w'}]
  configs:
    - name: one
      scrape_configs: [{job_name: a, static_configs: [{targets: ['x:1']}]}]
    - name: two
      scrape_configs: [{job_name: a, static_configs: [{targets: ['y:1']}]}]
"""


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param(b"", "f", "empty", id="an empty file"),
        pytest.param(b"a: b\n  c: [\n", "f:2:4", "not valid YAML", id="half a file"),
        pytest.param(b"\xff\xfe\x00", "f:", "", id="bytes"),
        pytest.param(b"a:\0b\n", "f:1", "NUL", id="a NUL"),
        pytest.param(b"hello: world\n", "f:1:1", "nothing known", id="another YAML"),
        pytest.param(b"ls -l\n", "f", "no agent that is known", id="another script"),
        pytest.param(b"vmagent 'open\n", "f:1", "quotation mark", id="an open quotation"),
        pytest.param(
            b"a: 1\nreceivers:\n{{- if .x }}\n  otlp: {}\n", "f:3", "a template", id="a chart"
        ),
        pytest.param(
            b"vmagent -remoteWrite.url={{ url }}\n", "f:1", "a template", id="a template's word"
        ),
        pytest.param(b"vmagent -a\nvmagent -b\n", "f", "several agents", id="two agents"),
        pytest.param(
            b"receivers: {otlp: {protocols: {grpc: }}}\nservice:\n  pipelines:\n    metrics:\n"
            b"      receivers: [otlp]\n      exporters: [gone]\n",
            "f:6", "names 'gone'", id="a pipeline that names nothing",
        ),
        pytest.param(b"receivers: [1]\nservice: {pipelines: {metrics: {}}}\n", "f:1", "mapping",
                     id="a list in place of a mapping"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_it_claims(text: bytes, place: str, message: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        convert("f", text)
    assert str(caught.value).startswith(place)
    assert message in str(caught.value)


def test_instances_of_grafana_agent_run_together() -> None:
    outcome = convert("agent.yml", GRAFANA)
    jobs = outcome.config["scrape_configs"]
    assert [job["job_name"] for job in jobs] == ["a", "two/a"]
    assert jobs[1]["relabel_configs"] == [{"target_label": "job", "replacement": "a"}]
    assert outcome.config["remote_write"] == [{"url": "http://a.example/w"}]
    assert outcome.flags == ["-remoteWrite.tmpDataPath=/tmp/wal"]


@pytest.mark.parametrize(
    ("text", "flag", "lost"),
    [
        pytest.param(
            b"vmagent -remoteWrite.url=$URL\n", "-remoteWrite.url=%{URL}", [], id="the shell's"
        ),
        pytest.param(
            b"services: {v: {image: vmagent, command: '-remoteWrite.url=${URL:-x}'}}\n",
            "-remoteWrite.url=%{URL}", [], id="compose's with a default",
        ),
        pytest.param(b"vmagent -remoteWrite.url=a $ARGS\n", "-remoteWrite.url=a", ["$ARGS"],
                     id="a word that may be many"),
    ],
)  # fmt: skip
def test_references_to_variables(text: bytes, flag: str, lost: list[str]) -> None:
    outcome = convert("f", text)
    assert outcome.flags[0] == flag
    assert [note.what for note in outcome.notes if note.kind is Kind.LOST] == lost


def test_pipelines_that_keep_sources_apart_lose_that() -> None:
    text = b"""\
receivers: {otlp: {protocols: {grpc: }}, prometheus: {config: {scrape_configs: []}}}
exporters: {prometheusremotewrite/a: {endpoint: 'http://a'}, prometheusremotewrite/b: {endpoint: 'http://b'}}
service:
  pipelines:
    metrics/1: {receivers: [otlp], exporters: [prometheusremotewrite/a]}
    metrics/2: {receivers: [prometheus], exporters: [prometheusremotewrite/b]}
"""
    outcome = convert("c.yml", text)
    assert [remote["name"] for remote in outcome.config["remote_write"]] == ["a", "b"]
    lost = [note.place for note in outcome.notes if "every remote gets all" in note.text]
    assert lost == ["c.yml:5", "c.yml:6"]


TWO = b"""\
services:
  edge: {image: vmagent, command: [-remoteWrite.url=http://a/w], environment: {A: '1'}}
  core: {image: vmagent, command: [-remoteWrite.url=http://b/w, '-remoteWrite.label=a=%{A}']}
"""


def test_one_of_several_is_chosen_by_name() -> None:
    outcome = convert("c.yml", TWO, only="core")
    # What another service sets is none of its business.
    assert outcome.flags == ["-remoteWrite.url=http://b/w", "-remoteWrite.label=a=%{A}"]
    with pytest.raises(ConfigErrors, match="it has core, edge"):
        convert("c.yml", TWO, only="other")
