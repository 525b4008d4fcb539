"""The faults: what is done to an agent, its disk and its remote, and what it lost by it.

Takes the name of an agent; gives Losses. Every scrape has a number of its own, so that a lost one
has a name and an age.
"""

import random
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from tests.durability.far_end import METRIC, FarEnd
from tests.durability.subjects import Subject
from tests.integration.gate import Gate
from tests.integration.pages import Pages, Visit
from tests.integration.process import wait_until

# vmagent waits for up to a minute between two attempts.
RECOVERY_S = 90.0
_SCRAPE_S = 0.1
_ON_THE_WAY_S = 0.15
# How long after its due time a scrape that fails may have reached the target.
_LATE_S = 0.2


@attrs.frozen(kw_only=True)
class Losses:
    """`lost` of `scraped` numbers never arrived; `oldest_s`: age of the oldest when the blow came,
    None where there was no single blow; `repeated` came more than once."""

    scraped: int
    lost: int
    repeated: int
    oldest_s: float | None = None
    has_ended: bool = False
    note: str = ""

    def __str__(self) -> str:
        ended = "the process ended; " if self.has_ended else ""
        age = f", up to {self.oldest_s:.1f} s old" if self.oldest_s is not None else ""
        lost = f"{self.lost} of {self.scraped} lost{age if self.lost else ''}"
        repeated = f", {self.repeated} twice" if self.repeated else ""
        return f"{ended}{lost}{repeated}{self.note}"


@attrs.define
class Stage:
    """One agent between its target and its remote. `blows`: when it was hit, by monotonic time.

    `quiet_s`: when nothing old has arrived for so long, all has.
    """

    subject: Subject
    pages: Pages
    gate: Gate
    far_end: FarEnd
    dice: random.Random
    blows: list[float] = attrs.field(factory=list)
    has_ended: bool = False
    has_failed: bool = False
    note: str = ""
    quiet_s: float = 3.0
    _failed_at_s: list[float] = attrs.field(factory=list)

    def scrape_for(self, seconds: float) -> None:
        """At least so long, and at least one scrape more than before."""
        before = len(self.pages.visits("/metrics"))
        time.sleep(seconds)
        wait_until(lambda: len(self.pages.visits("/metrics")) > before, "a scrape", timeout_s=60)

    def kill(self) -> None:
        self.subject.kill()
        # What was asked just before may reach the target only now; it is of before the blow.
        time.sleep(_ON_THE_WAY_S)
        self.blows.append(time.monotonic())

    def recover(self) -> None:
        """The remote is there, the agent runs; until a new scrape has arrived and all is quiet."""
        self.gate.open()
        if not self.subject.process.is_running:
            self.subject.start()
        now = len(self.pages.visits("/metrics"))
        wait_until(
            lambda: max(self.far_end.arrivals(), default=-1) > now,
            "a new scrape at the remote",
            timeout_s=RECOVERY_S,
            evidence=self.subject.process.output,
        )
        before = -1
        while (arrived := sum(n <= now for n in self.far_end.arrivals())) != before:
            before = arrived
            time.sleep(self.quiet_s)

    def losses(self) -> Losses:
        arrivals = self.far_end.arrivals()
        self._failed_at_s = self.far_end.failed_at_s()
        visits = self.pages.visits("/metrics")
        if not self.has_failed:
            newest = max(arrivals, default=-1)
            visits = [visit for visit in visits if visit.number < newest]
        visits = [v for v in visits if arrivals[v.number] or not self._timed_out(v)]
        lost = [v for v in visits if not arrivals[v.number]]
        ages = [min((b - v.at_s for b in self.blows if b >= v.at_s), default=0.0) for v in lost]
        return Losses(
            scraped=len(visits),
            lost=len(lost),
            repeated=sum(count > 1 for count in arrivals.values()),
            oldest_s=max(ages, default=0.0) if self.blows else None,
            has_ended=self.has_ended,
            note=self.note,
        )

    def _timed_out(self, visit: Visit) -> bool:
        """Whether the agent says that this scrape failed: on a busy machine 0.1 s may be short."""
        at_s = visit.at_s + time.time() - time.monotonic()
        return any(-_SCRAPE_S / 2 < at_s - failed < _LATE_S for failed in self._failed_at_s)


def numbered(visit: int) -> str:
    return f"{METRIC} {visit}\n"


def numbered_and_bulky(visit: int, *, lines: int = 3000) -> str:
    """Some 40 kB a scrape that do not compress well."""
    dice = random.Random(visit)
    return numbered(visit) + "".join(f"noise_{n} {dice.random()!r}\n" for n in range(lines))


@contextmanager
def stage(
    name: str,
    directory: Path,
    *,
    seed: int,
    flags: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    page: Callable[[int], str] = numbered,
    every: str = "100ms",
) -> Iterator[Stage]:
    with Pages() as pages, FarEnd() as far_end, Gate(far_end.port) as gate:
        pages.put("/metrics", page)
        url = f"http://127.0.0.1:{gate.port}/api/v1/write"
        subject = Subject(
            name, directory, target=pages.address, url=url, flags=flags, env=env, every=every
        )
        try:
            yield Stage(subject, pages, gate, far_end, random.Random(seed))
        finally:
            subject.process.kill()


# A fault leaves the agent as it may be; `recover` follows.
Fault = Callable[[Stage], None]


def killed_with_remote_down(on: Stage, *, rounds: int = 3) -> None:
    """`kill -9`, the remote down all the time"""
    on.gate.shut()
    for _ in range(rounds):
        on.subject.start()
        on.scrape_for(4.0 + 2.0 * on.dice.random())
        on.kill()


def killed_with_remote_up(on: Stage, *, rounds: int = 3) -> None:
    """`kill -9`, the remote up"""
    for _ in range(rounds):
        on.subject.start()
        on.scrape_for(2.0 + 2.0 * on.dice.random())
        on.kill()


def killed_with_remote_flapping(on: Stage, *, rounds: int = 3) -> None:
    """`kill -9`, the remote up and down every second"""
    for _ in range(rounds):
        on.gate.open()
        on.subject.start()
        for _ in range(2):
            on.scrape_for(0.5 + on.dice.random())
            on.gate.stall() if on.dice.random() < 0.5 else on.gate.shut()
            on.scrape_for(0.5 + on.dice.random())
            on.gate.open()
        on.kill()


def _outage_and_stop(on: Stage, *, seconds: float = 6.0) -> None:
    on.gate.shut()
    on.subject.start()
    on.scrape_for(seconds)
    on.subject.stop()


def stopped_in_an_outage(on: Stage) -> None:
    """SIGTERM in an outage, started again"""
    _outage_and_stop(on)
    on.subject.start()


def outage_while_running(on: Stage) -> None:
    """an outage of 10 s"""
    on.subject.start()
    on.scrape_for(2.0)
    on.gate.shut()
    on.scrape_for(10.0)


def torn_tail(on: Stage) -> None:
    """the last 100 bytes of the queue's newest file are gone"""
    _outage_and_stop(on)
    for path in on.subject.files(on.subject.kind.data)[-1:]:
        with path.open("r+b") as file:
            file.truncate(max(0, path.stat().st_size - 100))


def flipped_byte(on: Stage) -> None:
    """one byte flipped in the middle of the queue's largest file"""
    _outage_and_stop(on)
    files = sorted(on.subject.files(on.subject.kind.data), key=lambda path: path.stat().st_size)
    for path in files[-1:]:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)


def zeroed_page(on: Stage) -> None:
    """the first 512 bytes of the queue's largest file are zeros"""
    _outage_and_stop(on)
    files = sorted(on.subject.files(on.subject.kind.data), key=lambda path: path.stat().st_size)
    for path in files[-1:]:
        with path.open("r+b") as file:
            file.write(bytes(512))


def notes_gone(on: Stage) -> None:
    """the file that says what was sent is gone"""
    _outage_and_stop(on)
    for path in on.subject.files(on.subject.kind.notes):
        path.unlink()


def notes_garbage(on: Stage) -> None:
    """the file that says what was sent is garbage"""
    _outage_and_stop(on)
    for path in on.subject.files(on.subject.kind.notes):
        path.write_bytes(bytes(range(256)) * 32)


def directory_removed(on: Stage) -> None:
    """the queue's directory removed while running, in an outage"""
    on.gate.shut()
    on.subject.start()
    on.scrape_for(4.0)
    subprocess.run(["find", on.subject.data, "-mindepth", "1", "-delete"], check=False)
    on.blows.append(time.monotonic())
    on.scrape_for(6.0)


def full_disk(on: Stage) -> None:
    """a disk of 2 MiB fills up in an outage of 15 s"""
    on.gate.shut()
    on.pages.put("/metrics", numbered_and_bulky)
    with mounted(on.subject.data):
        on.subject.start()
        deadline = time.monotonic() + 15.0
        while time.monotonic() < deadline and on.subject.process.is_running:
            time.sleep(0.1)
        if not on.subject.process.is_running:
            on.has_ended = on.has_failed = True
            on.note = "; not started again: the disk is still full"
            return
        on.recover()
        on.subject.kill()


@contextmanager
def mounted(path: Path, size: str = "2m") -> Iterator[None]:
    """A small tmpfs; needs root."""
    _as_root("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path))
    try:
        yield
    finally:
        _as_root("umount", "-l", str(path))


def _as_root(*argv: str) -> None:
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{argv}: {ended.stderr}"


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """A read-only mount of `path` over itself; needs root.

    The mount below cannot be made read-only while files are open for writing, so those stay
    writable: what fails is to open, to make and to remove any.
    """
    _as_root("mount", "--bind", str(path), str(path))
    try:
        _as_root("mount", "-o", "remount,bind,ro", str(path))
        yield
    finally:
        _as_root("umount", "-l", str(path))


FAULTS: tuple[Fault, ...] = (
    outage_while_running,
    stopped_in_an_outage,
    killed_with_remote_up,
    killed_with_remote_down,
    killed_with_remote_flapping,
    torn_tail,
    flipped_byte,
    zeroed_page,
    notes_gone,
    notes_garbage,
    directory_removed,
    full_disk,
)


def measure(name: str, fault: Fault, directory: Path, *, seed: int = 1) -> Losses:
    with stage(name, directory, seed=seed) as on:
        try:
            fault(on)
            if not on.has_ended and fault is not full_disk:
                on.recover()
        except AssertionError as exc:
            on.has_failed = True
            on.has_ended = not on.subject.process.is_running
            on.note = f"; never came back: {str(exc).partition(';')[0][:120]}"
        return on.losses()
