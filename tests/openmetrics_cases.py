"""The strict mode on OpenMetrics' own tests: `python -m tests.openmetrics_cases DIR`.

DIR is `tests/testdata/parsers` of a checkout of OpenObservability/OpenMetrics: folders with a page
and a `test.json` that says whether it should parse. Exit code 1 lists those that are judged wrong.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from scraper.exposition.errors import ExpositionError
from scraper.exposition.lint import check_openmetrics


def is_good(body: bytes) -> bool:
    try:
        check_openmetrics(body)
    except ExpositionError:
        return False
    return True


def main() -> int:
    counts: Counter[tuple[str, bool]] = Counter()
    for path in sorted(Path(sys.argv[1]).glob("*/test.json")):
        case = json.loads(path.read_text())
        wanted = case["shouldParse"]
        found = is_good((path.parent / case.get("file", "metrics")).read_bytes())
        counts["good" if wanted else "bad", found == wanted] += 1
        if found != wanted:
            print(path.parent.name)
    print(dict(counts))
    return 1 if any(not right for _, right in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
