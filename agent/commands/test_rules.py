"""`promferry test`: keeps relabel rules under test, in CI as on a desk.

Takes files of tests (docs/relabelling.md); prints what failed with the difference and the rules'
own account of it. Exit codes: 0 all passed, 1 a test failed or a file cannot be used, 2 no files.
"""

import sys
from collections.abc import Sequence

ERRORS, USAGE_ERROR = 1, 2

HELP = """\
promferry test FILE...

Runs tests of relabel rules. A file is YAML:

  config: prometheus.yml          # beside this file; only for `job` and `remote`
  tests:
    - says: histograms of the Go runtime are not wanted
      job: node                   # metric_relabel_configs of the job; `target: true` means its
                                  # relabel_configs; or `remote: NAME`; or `rules:` written here
      series:
        'go_gc_duration_seconds{quantile="0"}': dropped
        'up{job="node"}': 'up{job="node"}'
"""


def run(argv: Sequence[str]) -> int:
    flags = [argument for argument in argv if argument.startswith("-")]
    if any(flag.lstrip("-") in ("help", "h") for flag in flags):
        sys.stdout.write(HELP)
        return 0
    if flags or not argv:
        said = f"unknown flag {flags[0][:80]}" if flags else "name at least one file"
        sys.stderr.write(f"promferry test: {said}; promferry test -help shows how\n")
        return USAGE_ERROR
    failed = [path for path in argv if not _run_file(path)]
    return ERRORS if failed else 0


def _run_file(path: str) -> bool:
    from agent.commands.rule_tests import load_tests  # late: YAML, RE2
    from agent.config.errors import ConfigErrors

    try:
        tests = load_tests(path)
    except ConfigErrors as exc:
        for error in exc.errors:
            line = error.with_caret() if sys.stderr.isatty() else str(error)
            sys.stderr.write(f"promferry test: {line}\n")
        return False
    from agent.commands.rule_verdict import judge

    passed = failures = 0
    for test in tests:
        for expectation in test.expectations:
            verdict = judge(test, expectation)
            passed += not verdict
            failures += bool(verdict)
            sys.stdout.writelines(f"{line}\n" for line in verdict)
    count = f"{passed} passed" + (f", {failures} failed" if failures else "")
    print(f"{path}: {count if passed or failures else 'no tests'}")
    return not failures
