"""`promferry queue rejected`: what remotes have refused for good, with their words.

Takes an agent's data path and, if given, a selector; prints each refusal with its samples, or JSON
lines as they are in the file. Reads only, also while an agent runs.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs

from agent.commands.queue import ERRORS, Options
from pushqueue.rejected import FOLDER, Rejected, read_rejected
from relabel.errors import SelectorError
from relabel.selector import Predicate, parse_selector
from series.labels import canonical, readable

# Of one refusal, for people; -json shows all that are kept.
_SHOWN_SAMPLES = 10


def rejected(options: Options) -> int:
    try:
        suits = parse_selector(options.selector).predicate() if options.selector else None
    except SelectorError as exc:
        sys.stderr.write(f"promferry queue: {exc}\n")
        return ERRORS
    for found in _suiting(Path(options.path), suits):
        if options.json:
            sys.stdout.write(json.dumps(attrs.asdict(found), ensure_ascii=False) + "\n")
        else:
            sys.stdout.writelines(f"{line}\n" for line in lines(found))
    return 0


def _suiting(path: Path, suits: Predicate | None) -> Iterator[Rejected]:
    """With the samples that suit only. Raises OSError for a path that is not there."""
    path.stat()
    for found in read_rejected(path / FOLDER):
        if suits is None:
            yield found
            continue
        samples = tuple(sample for sample in found.samples if suits(sample["labels"]))
        if samples:
            yield attrs.evolve(found, samples=samples)


def lines(found: Rejected) -> Iterator[str]:
    yield f"{found.time} {found.remote}: {found.kind.replace('_', ' ')}: {found.words}"
    for sample in found.samples[:_SHOWN_SAMPLES]:
        series = readable(canonical(sample["labels"]))
        yield f"  {series} {sample['value']} {sample['timestamp']}"
    more = len(found.samples) - _SHOWN_SAMPLES + found.left_out
    if more > 0:
        yield f"  and {more} more"
