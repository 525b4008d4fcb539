"""Both twins of the hot loops side by side, and bodies that follow one another, made by chance."""

import random
from collections.abc import Callable, Sequence
from types import ModuleType

from scraper.exposition import outline, reader
from scraper.exposition.dialect import TEXT, Dialect
from scraper.exposition.errors import ExpositionError
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from scraper.exposition.reader import Reader
from tests.scraper.exposition.pages import Known
from tests.scraper.steps import finish


def told(page: Page) -> tuple[object, ...]:
    """All that a page says, comparable: in the order of the body, values by their bits.

    Whether another order makes another page, or an old one with `places`, is a twin's own choice
    where lines are there twice.
    """
    count = len(page.values)
    places = list(range(count)) if page.places is None else list(page.places)
    order = sorted(range(count), key=places.__getitem__)
    keys, values, stamps = tuple(page.keys), page.values.tobytes(), page.stamps
    exemplars = page.exemplars or {}
    return (
        [keys[at] for at in order],
        [values[8 * at : 8 * at + 8] for at in order],
        None if stamps is None else [stamps[at] for at in order],
        # By what is shown of them: NaN is not itself.
        repr(sorted((places[at], held) for at, held in exemplars.items())),
        sorted(places) == list(range(count)),
        page.bad_count,
    )


class _Any:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


ANY = _Any()


class Side:
    """One twin's reader; `step` is the least that it may read at once."""

    def __init__(self, twin: ModuleType, step: int) -> None:
        self._twin, self._step = twin, step
        self._reader, self._known = Reader(Outlines()), Known()

    def read(self, body: bytes, dialect: Dialect, *, is_lenient: bool = False) -> object:
        """A page and its comments, or the error."""
        held = outline.hot, reader.STEP_LINES
        outline.hot, reader.STEP_LINES = self._twin, self._step
        try:
            steps = self._reader.read(body, self._known, dialect, is_lenient=is_lenient)
            page = finish(steps)
        except ExpositionError as exc:
            return exc.reason, exc.line_no, exc.line
        finally:
            outline.hot, reader.STEP_LINES = held
        # A page in another order says what the old one said.
        comments = frozenset(self._reader.comments()) if page.places is None else ANY
        return told(page), comments


def compare(
    twins: Sequence[ModuleType],
    bodies: Sequence[bytes],
    dialect: Dialect = TEXT,
    *,
    step: int = 8000,
    is_lenient: bool = False,
) -> None:
    """Raises AssertionError with the first body that the twins read otherwise."""
    sides = [Side(twin, step) for twin in twins]
    for body in bodies:
        one, other = (side.read(body, dialect, is_lenient=is_lenient) for side in sides)
        assert one == other, (body, one, other)


def _moved(lines: list[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(lines))
    lines.insert(chance.randrange(len(lines)), lines.pop(at))


def _dropped(lines: list[bytes], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def _doubled(lines: list[bytes], chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))


def _added(lines: list[bytes], chance: random.Random) -> None:
    new = (b'n{a="%d"} 1' % chance.randrange(9), b"# new", b"", b" ", b"#", b"n 1 2", b"1")
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(new))


def _shuffled(lines: list[bytes], chance: random.Random) -> None:
    chance.shuffle(lines)


def _changed(lines: list[bytes], chance: random.Random) -> None:
    values = (b"0", b"1e5", b"-1.5e-300", b"NaN", b"+Inf", b"1 5", b"nan", b"x", b"", b"12 ")
    at = chance.randrange(len(lines))
    head, _, _ = lines[at].rpartition(b" ")
    lines[at] = head + b" " + chance.choice(values)


def _noisy(lines: list[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(lines))
    line = bytearray(lines[at])
    where = chance.randint(0, len(line))
    line[where : where + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
    lines[at] = bytes(line)


def _cut(lines: list[bytes], chance: random.Random) -> None:
    """Some lines in a row go, or go elsewhere."""
    at = chance.randrange(len(lines))
    run = lines[at : at + chance.choice((2, 9, 12, 60))]
    del lines[at : at + len(run)]
    if chance.random() < 0.7:
        at = chance.randint(0, len(lines))
        lines[at:at] = run


CHANGES: tuple[Callable[[list[bytes], random.Random], None], ...] = (
    _moved,
    _dropped,
    _cut,
    _doubled,
    _added,
    _shuffled,
    _changed,
    _changed,
    _noisy,
)


def followed(body: bytes, chance: random.Random) -> bytes:
    """What a target may say next: nearly the same."""
    lines = body.split(b"\n")
    for _ in range(chance.choice((0, 1, 1, 1, 2, 5))):
        if lines:
            chance.choice(CHANGES)(lines, chance)
    return b"\n".join(lines)
