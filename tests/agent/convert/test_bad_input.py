"""Files that are not what they claim, half of them, or hostile: a message with file and line."""

import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.errors import ConfigErrors
from agent.convert.detect import convert, convert_words
from agent.convert.note import Kind
from tests.agent.convert.files import Case, cases

ALL = list(cases())
_PLACED = re.compile(r"^f(:\d+)?(:\d+)?: ")


def told(text: bytes) -> list[str]:
    """The messages; none where it could be converted, and then each note has its place."""
    try:
        outcome = convert("f", text)
    except ConfigErrors as exc:
        return [str(error) for error in exc.errors]
    assert all(note.place.startswith("f") for note in outcome.notes)
    outcome.script("new.yml")
    return []


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ALL])
def test_a_part_of_a_file_is_told_by_its_place(case: Case) -> None:
    text = case.path.read_bytes()
    for end in (len(text) // 7, len(text) // 3, len(text) * 2 // 3, len(text) - 3):
        for message in told(text[:end]):
            assert _PLACED.match(message), message


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in ALL[::3]])
def test_a_template_is_told_by_its_line(case: Case) -> None:
    lines = case.path.read_text().splitlines()
    number = len(lines) // 2
    lines.insert(number, "{{- if .Values.enabled }}")
    for message in told("\n".join(lines).encode()):
        assert _PLACED.match(message), message


@given(st.binary(max_size=300))
def test_any_bytes(text: bytes) -> None:
    for message in told(text):
        assert message.startswith("f"), message


_WORDS = ["vmagent", "receivers:", "service:", "metrics:", "[Service]", "ExecStart=", "- ", "  ",
          "{", "}", "[", "]", "'", '"', "\\\n", "\n", "$X", "${X:-", "%i", "*a", "&a", ": ", "|",
          "-remoteWrite.url=", "services:", "apiVersion: v1", "kind: List", "items:", "image:",
          "configs:", "command:", "pipelines:", "exporters:", "#", "null", "sh -c", "docker run",
          "scrape_configs:", "job_name: a", "global:", "!!binary", "? ", "---", "env:"]  # fmt: skip


@given(st.lists(st.sampled_from(_WORDS), max_size=30))
def test_any_words_of_the_formats(words: list[str]) -> None:
    for message in told(" ".join(words).encode()):
        assert message.startswith("f"), message


BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    + ["scrape_configs: *a8"]
)
RECEIVER = "receivers: {prometheus: {config: {scrape_configs: [%s]}}}\n"
SERVICE = (
    "exporters: {prometheusremotewrite: {endpoint: 'http://a/w'}}\n"
    "service: {pipelines: {metrics: {receivers: [prometheus], exporters: [prometheusremotewrite]}}}"
)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param(BOMB.encode(), "f:", "alias", id="a bomb of aliases"),
        pytest.param(b"a: &a [*a]\nscrape_configs: *a\n", "f:1", "contains itself", id="a ring"),
        pytest.param(b"metrics: " + b"[" * 500 + b"]" * 500, "f:1", "deep", id="deep nesting"),
        pytest.param(b"\x7fELF\x02\x01\x01\0\0\0", "f:1", "NUL", id="a program"),
        pytest.param(gzip.compress(b"vmagent"), "f:1:2", "not valid UTF-8", id="a compressed file"),
        pytest.param("vmagent -a".encode("utf-16-le"), "f:1", "NUL", id="UTF-16 without a mark"),
        pytest.param(b"#" * (32 * 2**20 + 1), "f", "larger", id="a file of 32 MiB"),
        pytest.param(b"vmagent\n" * 3, "f", "several agents", id="several calls"),
        pytest.param(b"services: [a]\n", "f:1:11", "mapping", id="services that are a list"),
        pytest.param(b"services: {v: vmagent}\n", "f", "no agent", id="a service that is a text"),
        pytest.param(b"services: {v: {image: vmagent, command: {a: b}}}\n", "f:1", "list",
                     id="a command that is a mapping"),
        pytest.param(b"services: {v: {image: [vmagent]}}\n", "f:1", "text", id="an odd image"),
        pytest.param(b"apiVersion: v1\nkind: List\nitems: 3\n", "f", "no agent", id="odd items"),
        pytest.param(b"apiVersion: operator.victoriametrics.com/v1beta1\nkind: VMAgent\n"
                     b"spec: {remoteWrite: [{url: x}]}\n", "f:2:7", "custom resource",
                     id="a custom resource"),
        pytest.param(b"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: vmagent, "
                     b"args: [['-a']]}]}\n", "f:3", "text", id="an argument that is a list"),
        pytest.param(b"[Service]\nExecStart=\n", "f", "no agent", id="a unit without a command"),
        pytest.param(b"[Service]\nExecStart=/usr/bin/vmagent 'a\n", "f:2", "quotation mark",
                     id="a unit with an open quotation"),
        pytest.param((RECEIVER % "3" + SERVICE).encode(), "f:1", "job_name", id="an odd job"),
        pytest.param((RECEIVER % "{job_name: a, relabel_configs: [{regex: '('}]}" + SERVICE)
                     .encode(), "f:1:", "regex", id="a wrong regex, in its place"),
        pytest.param(b"metrics:\n  configs:\n  - scrape_configs:\n    - {x: y}\n", "f:3",
                     "job_name", id="Grafana Agent's job without a name"),
        pytest.param(b"receivers: {otlp: {protocols: {grpc: }}}\nexporters: {debug: }\nservice: "
                     b"{pipelines: {metrics: {receivers: [otlp], exporters: [debug]}}}\n", "f:2",
                     "nothing would be sent", id="a Collector that sends nothing"),
        pytest.param(b"metrics: {configs: [3]}\n", "f:1", "mapping", id="Grafana's odd config"),
        pytest.param(b"global: {}\nscrape_configs: [{job_name: a, 'x.y[0]': 1}]\n", "f:2:",
                     "unknown key", id="a key that looks like a path"),
        pytest.param(b"global: {scrape_interval: often}\n", "f:1:27", "often",
                     id="a prometheus.yml with a wrong value"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_a_place(text: bytes, place: str, message: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        convert("f", text)
    assert str(caught.value).startswith(place)
    assert message in str(caught.value)


def test_variables_that_grow_without_end_stay_as_they_are() -> None:
    lines = [f'Environment="A{n}=%{{A{n + 1}}}%{{A{n + 1}}}"' for n in range(60)]
    unit = "\n".join(["[Service]", *lines, "ExecStart=/usr/bin/vmagent -remoteWrite.url=${A0}"])
    outcome = convert("f", unit.encode())
    assert outcome.flags == ["-remoteWrite.url=%{A0}"]


def test_no_secret_is_in_the_report() -> None:
    secrets = ("hunter2", "tok3n")
    outcome = convert_words(
        ["vmagent", "-remoteWrite.url=http://u:hunter2@a/w", "-remoteWrite.bearerToken=tok3n",
         "-remoteWrite.basicAuth.passwrd=hunter2", "-remoteWrite.bearrToken", "tok3n",
         "-remoteWrite.headers=X: hunter2$(id)", "-remoteWrite.oauth2.clientSecret", "tok3n"]
    )  # fmt: skip
    text = "\n".join(map(str, outcome.notes))
    assert not any(secret in text for secret in secrets)
    assert any(note.kind is Kind.LOST for note in outcome.notes)
