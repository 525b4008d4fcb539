"""`promferry lint`: is this exposition text valid, and are its metrics well made?

Takes a body from stdin, a file or a URL; prints problems. Exit codes as promtool's: 0 none, 1 it
cannot be read, 3 there are problems; 2 wrong flags.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from scraper.exposition.errors import ExpositionError
from scraper.exposition.lint import Finding, check_openmetrics, lint

ERRORS, USAGE_ERROR, PROBLEMS = 1, 2, 3
TIMEOUT_S = 10
MAX_BYTES = 256 * 2**20

HELP = """\
promferry lint [-openmetrics] [-extended] [-lint=all|none] [FILE | URL]

Checks exposition text (stdin without FILE): first its syntax, as a scrape does, then the habits of
naming that Prometheus asks for.

  -openmetrics        the text is OpenMetrics, and all that its specification asks is checked
                      (needs: pip install 'promferry[lint]')
  -extended           print how many series each metric has
  -lint=none          syntax only

curl -s localhost:9100/metrics | promferry lint -extended
promferry lint http://localhost:9100/metrics

Exit codes: 0 no problems, 1 cannot be read, 3 problems.
"""


def run(argv: Sequence[str]) -> int:
    flags = {argument.lstrip("-") for argument in argv if argument.startswith("-")}
    sources = [argument for argument in argv if not argument.startswith("-")]
    if flags & {"help", "h"}:
        sys.stdout.write(HELP)
        return 0
    unknown = sorted(flags - {"openmetrics", "extended", "lint=all", "lint=none"})
    if unknown or len(sources) > 1:
        said = f"unknown flag -{unknown[0][:80]}" if unknown else "one file or URL at a time"
        sys.stderr.write(f"promferry lint: {said}; promferry lint -help shows how\n")
        return USAGE_ERROR
    try:
        body = _read(sources[0] if sources else "-")
        if "openmetrics" in flags:
            check_openmetrics(body)
        finding = lint(body, is_openmetrics="openmetrics" in flags)
    except ImportError:
        sys.stderr.write("promferry lint: -openmetrics needs: pip install 'promferry[lint]'\n")
        return ERRORS
    except (OSError, ExpositionError, ValueError) as exc:
        sys.stderr.write(f"promferry lint: {exc}\n")
        return ERRORS
    return _report(finding, flags)


def _read(source: str) -> bytes:
    """Raises OSError."""
    body = _read_some(source)
    if len(body) > MAX_BYTES:
        raise OSError(f"the text is larger than {MAX_BYTES >> 20} MiB, which is as much as is read")
    return body


def _read_some(source: str) -> bytes:
    """One byte more than there may be, at most."""
    if source == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    if source.startswith(("http://", "https://")):
        from urllib.request import Request, urlopen  # late: seldom needed

        request = Request(source, headers={"Accept": "text/plain;version=0.0.4"})  # noqa: S310
        with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 (http and https only)
            body: bytes = answer.read(MAX_BYTES + 1)
            return body
    with Path(source).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _report(finding: Finding, flags: set[str]) -> int:
    problems = () if "lint=none" in flags else finding.problems
    for problem in problems:
        sys.stderr.write(f"{problem.metric}: {problem.text}\n")
    if "extended" in flags:
        total = sum(count for _, count in finding.cardinality)
        width = max([len(name) for name, _ in finding.cardinality], default=0)
        for name, count in finding.cardinality:
            print(f"{name:<{width}}  {count:>8}  {100 * count / total:6.2f}%")
        print(f"{'(all)':<{width}}  {total:>8}")
    return PROBLEMS if problems else 0
