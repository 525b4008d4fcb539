"""Random patterns: does Go (Debian's promtool) accept the same ones as we do?

Each pattern becomes a small configuration; one call of `promtool check config` judges them all.
Run: python tests/differential/relabel_dialect.py --patterns 5000 --seed 1
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import attrs

sys.path.insert(0, str(Path(__file__).parents[2]))

from relabel.errors import PatternError
from relabel.pattern import compile_pattern
from tests.integration.peers import program

# What Go 1.19, which built Debian's promtool, does not know yet: `(?<name>...)` (1.22) and the
# scripts of newer Unicode versions.
ATOMS = (
    *("a", "b", "é", ".", "^", "$", "|", "(", ")", "(?:", "[", "]", "[^", "-", "*", "+", "?"),
    *("{", "}", "{2}", "{,2}", "{2,}", "{1001}", "{3,1}", "a{1000}", "(?i)", "(?-s)", "(?U)"),
    *("(?sm:", "(?P<n>", "(?P<é>", "(?P<1>", "(?P<", "(?P=n)", "(?=", "(?!", "(?<=", "(?>", "(?#"),
    *("\\", "\\d", "\\D", "\\w", "\\s", "\\b", "\\B", "\\A", "\\z", "\\Z", "\\C", "\\Q", "\\E"),
    *("\\1", "\\8", "\\07", "\\0", "\\x41", "\\x{41}", "\\x{110000}", "\\x", "\\u0041", "\\cA"),
    *("\\pL", "\\PL", "\\p{Greek}", "\\p{^Lu}", "\\p{greek}", "\\p{Any}", "\\pZ", "\\p", "\\p{"),
    *("[[:alpha:]]", "[[:foo:]]", "[:word:]", "[a-z]", "[z-a]", "[a-\\d]", "[]a]", "[\\d-z]"),
    *("\\.", "\\_", "\\-", "\\é", "\\e", "\\n", "\\a", "\\v", "\\h", "\\R", "\\X", "\\K", "\n"),
)


@attrs.frozen
class Disagreement:
    pattern: str
    go: str
    ours: str


def random_patterns(seed: int, count: int) -> list[str]:
    random = Random(seed)
    return ["".join(random.choices(ATOMS, k=random.randint(1, 5))) for _ in range(count)]


def disagreements(patterns: Sequence[str]) -> list[Disagreement]:
    found = []
    for pattern, go in zip(patterns, _ask_go(patterns), strict=True):
        ours = _ask_us(pattern)
        if (go == "") != (ours == ""):
            found.append(Disagreement(pattern, go, ours))
    return found


def _ask_us(pattern: str) -> str:
    try:
        compile_pattern(pattern)
    except PatternError as error:
        return error.reason
    return ""


def _ask_go(patterns: Sequence[str]) -> list[str]:
    """Go's error for each pattern, "" if it has none."""
    answers: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        for start in range(0, len(patterns), 1000):
            names = []
            for number, pattern in enumerate(patterns[start : start + 1000]):
                path = Path(directory) / f"{number}.yml"
                rule = {"source_labels": ["a"], "target_label": "b", "regex": pattern}
                job = {"job_name": "job", "relabel_configs": [rule]}
                path.write_text(json.dumps({"scrape_configs": [job]}))
                names.append(str(path))
            answers += _check(names)
    return answers


def _check(names: Sequence[str]) -> list[str]:
    argv = [program("promtool"), "check", "config", "--syntax-only", *names]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    failed = {}
    for line in done.stderr.splitlines():
        for name in names:
            if f" {name}: " in line:
                failed[name] = line
    checked = [line.removeprefix("Checking ") for line in done.stdout.splitlines()]
    assert [name for name in names if name not in checked] == [], done.stdout[-2000:]
    return [failed.get(name, "") for name in names]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patterns", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    patterns = random_patterns(chosen.seed, chosen.patterns)
    found = disagreements(patterns)
    for disagreement in found[:30]:
        print(f"{disagreement.pattern!r}\n  Go:   {disagreement.go[-150:]}")
        print(f"  ours: {disagreement.ours}")
    accepted = sum(_ask_us(pattern) == "" for pattern in patterns)
    print(
        f"seed {chosen.seed}: {len(patterns)} patterns, {accepted} accepted, {len(found)} disputed"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
