"""`promferry lint` and Debian's `promtool check metrics` on the same texts.

Where they differ is written beside the text. The words are each one's own: compared are exit codes
(0 good, 1 no exposition text, 3 problems), which metrics have problems, and how many series each
has.
"""

import io
import subprocess
import sys

import attrs
import pytest

from agent.commands.lint import run
from tests.integration.peers import program


@attrs.frozen
class Judged:
    code: int
    metrics: frozenset[str]
    sizes: dict[str, int]


def theirs(body: bytes, *flags: str) -> Judged:
    argv = [program("promtool"), "check", "metrics", *flags]
    done = subprocess.run(argv, input=body, capture_output=True, timeout=30, check=False)
    said = done.stderr.decode().splitlines() if done.returncode == 3 else []
    rows = [line.split() for line in done.stdout.decode().splitlines()[1:-1]]
    return Judged(
        done.returncode,
        frozenset(line.split(" ")[0] for line in said),
        {row[0]: int(row[1]) for row in rows},
    )


def ours(body: bytes, capsys: pytest.CaptureFixture[str], *flags: str) -> Judged:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
        code = run(flags)
    out, err = capsys.readouterr()
    said = err.splitlines() if code == 3 else []
    rows = [line.split() for line in out.splitlines()[:-1]]
    return Judged(
        code,
        frozenset(line.split(": ")[0] for line in said),
        {row[0]: int(row[1]) for row in rows},
    )


def metric(name: str, kind: str = "gauge", labels: str = "") -> str:
    return f"# HELP {name} x\n# TYPE {name} {kind}\n{name}{labels} 1\n"


HISTOGRAM = (
    '# HELP h x\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\n'
    "h_count 1\nh_sum 1\n"
)
SUMMARY = '# HELP s x\n# TYPE s summary\ns{quantile="0.5"} 1\ns_sum 1\ns_count 2\n'


@pytest.mark.integration
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param(metric("a"), id="a good gauge"),
        pytest.param(HISTOGRAM, id="a good histogram"),
        pytest.param(SUMMARY, id="a good summary"),
        pytest.param("# TYPE a gauge\na 1\n", id="no help"),
        pytest.param("# HELP a \n# TYPE a gauge\na 1\n", id="an empty help"),
        pytest.param("# HELP a x\na 1\n", id="no type"),
        pytest.param("# HELP a x\n# TYPE a gauge\n", id="no sample"),
        pytest.param("# TYPE a gauge\na 1\n# HELP a x\n", id="the help behind the samples"),
        pytest.param("a 1\n# TYPE a gauge\n", id="the type behind the samples"),
        pytest.param("# TYPE a gauge\n# TYPE a counter\na 1\n", id="two types"),
        pytest.param("# TYPE a gauge\n# TYPE a gauge\na 1\n", id="the same type twice"),
        pytest.param("# HELP a x\n# HELP a y\na 1\n", id="two helps"),
        pytest.param("# TYPE a foo\na 1\n", id="an unknown type"),
        pytest.param(metric("a", "counter"), id="a counter without _total"),
        pytest.param(metric("a_total"), id="a gauge with _total"),
        pytest.param(metric("a_total", "untyped"), id="untyped with _total"),
        pytest.param(metric("a_ms"), id="an abbreviated unit"),
        pytest.param(metric("a_sec"), id="another one"),
        pytest.param(metric("a_milliseconds"), id="no base unit"),
        pytest.param(metric("a_days"), id="days"),
        pytest.param(metric("a_minutes_total", "counter"), id="a counter of minutes"),
        pytest.param(metric("a_kilobytes"), id="kilobytes"),
        pytest.param(metric("a_fahrenheit"), id="fahrenheit"),
        pytest.param(metric("a_celsius"), id="celsius"),
        pytest.param(metric("aB"), id="a metric in camelCase"),
        pytest.param(metric("a", labels='{bC="1"}'), id="a label in camelCase"),
        pytest.param(metric("a:b"), id="a colon"),
        pytest.param(metric("a_gauge"), id="a type in the name"),
        pytest.param(metric("a_bucket"), id="a gauge with _bucket"),
        pytest.param(metric("a_count"), id="a gauge with _count"),
        pytest.param(metric("a_sum"), id="a gauge with _sum"),
        pytest.param(metric("a", labels='{le="1"}'), id="a gauge with le"),
        pytest.param(metric("a", labels='{quantile="1"}'), id="a gauge with quantile"),
        pytest.param(metric("a", labels='{b="é"}'), id="UTF-8 in a value"),
        pytest.param(metric("a", labels='{b="1",b="2"}'), id="a label twice"),
        pytest.param("a x\n", id="no number"),
        pytest.param("a 1_0\n", id="an underscore in a number"),
        pytest.param("# HELP a x\r\n# TYPE a gauge\r\na 1\r\n", id="lines of Windows"),
    ],
)
def test_judged_alike(body: str, capsys: pytest.CaptureFixture[str]) -> None:
    mine, other = ours(body.encode(), capsys), theirs(body.encode())
    assert (mine.code, mine.metrics) == (other.code, other.metrics)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("body", "our_code", "their_code"),
    [
        pytest.param(metric("a") + "a 2\n", 3, 0, id="a series twice: a scrape drops the second"),
        pytest.param(metric("a_percent"), 3, 0, id="percent: the guidelines ask for ratios"),
        pytest.param(
            metric("a").rstrip("\n"), 0, 1, id="no line feed at the end: Prometheus scrapes it"
        ),
        pytest.param('# HELP "a.b" x\n{"a.b"} 1\n', 0, 1, id="a quoted name: 2.42 knows none"),
        pytest.param(HISTOGRAM + 'h_bucket{le="x"} 1\n', 3, 1, id="a bound: a scrape takes it"),
    ],
)
def test_judged_otherwise(
    body: str, our_code: int, their_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ours(body.encode(), capsys).code == our_code
    assert theirs(body.encode()).code == their_code


@pytest.mark.integration
def test_the_same_cardinality(capsys: pytest.CaptureFixture[str]) -> None:
    labelled = "".join(f'a{{b="{number}"}} 1\n' for number in range(7))
    body = ("# HELP a x\n# TYPE a gauge\n" + labelled + HISTOGRAM + SUMMARY + metric("z")).encode()
    found = ours(body, capsys, "-extended")
    # Theirs counts a summary's sum and count for two, there or not; here they are there.
    assert found.sizes == theirs(body, "--extended").sizes == {"a": 7, "h": 4, "s": 3, "z": 1}
