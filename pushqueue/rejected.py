"""What remotes have refused for good: the samples, with the receiver's words.

Takes Blocks and words; writes JSON lines, one for each refused part of a Block:

    {"time": "2026-11-24T10:00:00Z", "remote": "far", "kind": "refused", "words": "...",
     "left_out": 0, "samples": [{"labels": {...}, "value": "1.5", "timestamp": 1795514400000}]}

Invariant: two files at most, each within MAX_FILE_BYTES (the newer one and the one before it); a
line holds MAX_SAMPLES samples, what is more is counted in `left_out`. A failing disk costs lines,
never anything else, and they are counted.
Blocks; called from a thread. Source of the duty: DESIGN section 8, 7.
"""

import json
import math
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from pushqueue.block import Block
from pushqueue.codec import CodecError, series_of
from pushqueue.progress import RefusedWords
from series.labels import Labels, canonical
from series.wire import WireError, encode_labels

FOLDER = "rejected"
MAX_FILE_BYTES = 1024 * 1024
MAX_SAMPLES = 100
MAX_WORDS = 1000

# Of series that are asked for later (`promferry whynot`): 8 bytes each, and words they share.
MAX_KNOWN = 20_000


@attrs.frozen(kw_only=True)
class Rejection:
    """`kind` is refused or maybe_delivered; `time_ms` is when the remote said `words`."""

    part: Block
    words: str
    kind: str
    time_ms: int


def line_of(rejection: Rejection, remote: str) -> str:
    """Without its line end."""
    samples: list[dict[str, Any]] = [
        {"labels": dict(labels), "value": value, "timestamp": timestamp_ms}
        for labels, value, timestamp_ms in islice(_samples(rejection.part), MAX_SAMPLES)
    ]
    document = {
        "time": moment(rejection.time_ms),
        "remote": remote,
        "kind": rejection.kind,
        "words": rejection.words[:MAX_WORDS],
        "left_out": max(0, rejection.part.sample_count - len(samples)),
        "samples": samples,
    }
    return json.dumps(document, ensure_ascii=False)


def _samples(part: Block) -> Iterator[tuple[Labels, str, int]]:
    """Labels, value as text, time. A Block that cannot be read has none."""
    try:
        for series in series_of(part):
            for sample in series.samples:
                yield series.labels, number_text(sample.number), sample.timestamp_ms
            if series.histograms:
                yield series.labels, "native histogram", part.newest_ms
    except (CodecError, WireError):
        return


def number_text(number: float) -> str:
    """As the text format writes it: JSON has no NaN and no infinities."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    return repr(number)


def moment(epoch_ms: int) -> str:
    """UTC by the second; the number where no calendar has it."""
    try:
        return datetime.fromtimestamp(epoch_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return f"{epoch_ms} ms"


def fingerprint(labels: Labels) -> bytes:
    return blake2b(encode_labels(canonical(dict(labels))), digest_size=8).digest()


class RejectedFile:
    """The files of one remote: `NAME.jsonl` and `NAME.1.jsonl`, the older.

    `forgotten_lines`: those of files that had to make room.
    """

    def __init__(self, folder: Path, name: str, remote: str) -> None:
        self._remote = remote
        self.forgotten_lines = 0
        self._newer, self._older = folder / f"{name}.jsonl", folder / f"{name}.1.jsonl"

    def write(self, rejections: Sequence[Rejection]) -> None:
        """Raises OSError; then some of the lines may be missing."""
        self._newer.parent.mkdir(parents=True, exist_ok=True)
        for rejection in rejections:
            line = (line_of(rejection, self._remote) + "\n").encode("utf-8", "replace")
            if self._size() + len(line) > MAX_FILE_BYTES:
                self._turn()
            descriptor = os.open(self._newer, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
            with os.fdopen(descriptor, "ab") as file:
                file.write(line)

    def _size(self) -> int:
        try:
            return self._newer.stat().st_size
        except FileNotFoundError:
            return 0

    def _turn(self) -> None:
        if self._older.exists():
            self.forgotten_lines += self._older.read_bytes().count(b"\n")
        if self._newer.exists():
            self._newer.replace(self._older)


class Known:
    """The newest refusal of each series, for whoever asks about one. Bounded; the oldest goes."""

    def __init__(self) -> None:
        self._words: dict[bytes, RefusedWords] = {}

    def note(self, rejection: Rejection) -> None:
        words = RefusedWords(rejection.words[:MAX_WORDS], rejection.time_ms)
        for labels, _, _ in _samples(rejection.part):
            key = fingerprint(labels)
            self._words.pop(key, None)
            self._words[key] = words
        while len(self._words) > MAX_KNOWN:
            del self._words[next(iter(self._words))]

    def of(self, labels: Labels) -> RefusedWords | None:
        return self._words.get(fingerprint(labels))


@attrs.frozen(kw_only=True)
class Rejected:
    """One line, read back."""

    time: str
    remote: str
    kind: str
    words: str
    left_out: int
    samples: tuple[dict[str, Any], ...]


def read_rejected(folder: Path) -> Iterator[Rejected]:
    """What is in a data path's files, the oldest first for each remote. Lines that are none (a
    torn last one) are left out."""
    newer = sorted(path for path in folder.glob("*.jsonl") if not path.name.endswith(".1.jsonl"))
    names = {path.name.removesuffix(".1.jsonl") for path in folder.glob("*.1.jsonl")}
    names |= {path.name.removesuffix(".jsonl") for path in newer}
    for name in sorted(names):
        for path in (folder / f"{name}.1.jsonl", folder / f"{name}.jsonl"):
            yield from _lines(path)


def _lines(path: Path) -> Iterator[Rejected]:
    try:
        with path.open("rb") as file:
            for line in file:
                found = _read_line(line)
                if found is not None:
                    yield found
    except FileNotFoundError:
        return


def _read_line(line: bytes) -> Rejected | None:
    try:
        document = json.loads(line)
        return Rejected(
            time=str(document["time"]),
            remote=str(document["remote"]),
            kind=str(document["kind"]),
            words=str(document["words"]),
            left_out=int(document["left_out"]),
            samples=tuple(
                {**sample, "labels": dict(sample["labels"])} for sample in document["samples"]
            ),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
