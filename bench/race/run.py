"""One agent on one course: warm it up, measure it over a window, check that it delivered.

Takes a contender and a shape; gives a Result. Agents run one after the other, never together.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from race import proof, web
from race.agents import Contender, Course
from race.measure import Usage, usage
from race.ports import free_port, wait_port
from race.shapes import Shape

# Pushes of the proof may come that much after the scrape: Prometheus collects for 5 s.
PUSH_DELAY_S = 7.0
# Within that an agent delivers all once, or it is not fit for the race.
COLD_LIMIT_S = 120.0
COLD_LOOK_S = 1.0


@attrs.frozen(kw_only=True)
class Result:
    """Samples are those of the page; an agent's own series (`up`, ...) are on its own account.

    `delivered_per_scrape` counts all samples that arrived for one scrape: the page's series and
    the agent's own, so that less than the page's series means loss.
    """

    agent: str
    seconds: float
    cpu_s: float
    resident_mib: float
    peak_mib: float
    scrapes: int
    failed_scrapes: int
    samples: int
    scrape_bytes: int
    pushes: int
    failed_pushes: int
    push_bytes: int
    delivered_per_scrape: float | None

    @property
    def us_per_sample(self) -> float:
        return self.cpu_s / self.samples * 1e6 if self.samples else float("nan")


def race(
    name: str,
    contender: Contender,
    shape: Shape,
    *,
    seconds: float,
    warmup_s: float,
    is_proven: bool,
) -> Result:
    with tempfile.TemporaryDirectory(prefix="promferry-race-") as temporary:
        course = _lay_course(Path(temporary), shape)
        with web.serve(
            course.directory / "nginx", course.addresses, course.push_port, shape
        ) as nginx:
            if shape.is_cold:
                # A start that does not count: an install has compiled the agent's modules.
                with _running(contender, course):
                    time.sleep(1.0)
                return _race_cold(name, contender, course, nginx)
            with _running(contender, course) as pid:
                time.sleep(warmup_s)
                window = _watch(pid, seconds)
                delivered = _prove(nginx, shape) if is_proven else None
            return _result(name, shape, nginx, window, delivered)


def window_of(
    name: str,
    contender: Contender,
    shape: Shape,
    *,
    warmup_s: float,
    seconds: float,
    beside: Callable[[int], float],
) -> tuple[Result, float]:
    """A race without a proof, and by how much `beside` of nginx's process grew in the window."""
    with tempfile.TemporaryDirectory(prefix="promferry-race-") as temporary:
        course = _lay_course(Path(temporary), shape)
        with web.serve(
            course.directory / "nginx", course.addresses, course.push_port, shape
        ) as nginx:
            with _running(contender, course) as pid:
                time.sleep(warmup_s)
                before = beside(nginx.process.pid)
                window = _watch(pid, seconds)
                grown = beside(nginx.process.pid) - before
            time.sleep(0.3)  # until nginx has written its logs
            return _result(name, shape, nginx, window, None), grown


def _race_cold(name: str, contender: Contender, course: Course, nginx: web.Web) -> Result:
    """From the start until each series was delivered; a sample is the first of its series.

    What arrives is decoded late and rarely: the agent needs the processors now. What it had taken
    when the last series came is looked up afterwards.
    """
    shape = course.shape
    arrivals = proof.Arrivals(nginx.record_bodies())
    wanted = shape.targets * shape.series
    since = time.time()
    seen: list[tuple[float, Usage]] = []
    with _running(contender, course) as pid:
        look_at = since + shape.interval_s
        while time.time() < look_at or arrivals.series_count() < wanted:
            if time.time() - since > COLD_LIMIT_S:
                raise SystemExit(f"{name}: not all was delivered within {COLD_LIMIT_S:g} s")
            look_at = max(look_at, time.time() + COLD_LOOK_S)
            while time.time() < look_at:
                seen.append((time.time(), usage(pid)))
                time.sleep(0.1)
        seen.append((time.time(), usage(pid)))
    at, used = next(row for row in seen if row[0] >= arrivals.last_s)
    window = _Window(since, at, Usage(0.0, 0.0, 0.0), used, used.resident_mib)
    result = _result(name, shape, nginx, window, None)
    return attrs.evolve(result, samples=wanted)


def _lay_course(directory: Path, shape: Shape) -> Course:
    (directory / "agent").mkdir()
    return Course(
        directory=directory,
        addresses=shape.addresses(free_port()),
        shape=shape,
        push_port=free_port(),
        listen_port=free_port(),
    )


@contextmanager
def _running(contender: Contender, course: Course) -> Iterator[int]:
    assert contender.program is not None
    log = course.directory / "agent.log"
    argv = [contender.program, *contender.arguments(course)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, stdout=output, stderr=subprocess.STDOUT, env=_environment()
        )
    try:
        wait_port(course.listen_port)
        yield process.pid
        if process.poll() is not None:
            raise SystemExit(f"{argv[0]} ended by itself:\n{log.read_text()[-2000:]}")
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """As an installed agent has it: its bytecode may be kept, whatever this shell wants."""
    refused = "PYTHONDONTWRITEBYTECODE"
    kept = {name: value for name, value in os.environ.items() if name != refused}
    if refused in os.environ:
        kept.setdefault("PYTHONPYCACHEPREFIX", str(Path(tempfile.gettempdir()) / "race-bytecode"))
    return kept


@attrs.frozen
class _Window:
    since: float
    until: float
    before: Usage
    after: Usage
    resident_mib: float


def _watch(pid: int, seconds: float) -> _Window:
    """Memory is looked at each half second; its mean counts, for it goes up and down."""
    before, since = usage(pid), time.time()
    seen: list[float] = []
    while (left := since + seconds - time.time()) > 0:
        time.sleep(min(0.5, left))
        seen.append(usage(pid).resident_mib)
    return _Window(since, time.time(), before, usage(pid), sum(seen) / len(seen))


def _prove(nginx: web.Web, shape: Shape) -> float:
    """Samples delivered for each scrape, over a few seconds after the measured window."""
    bodies = nginx.record_bodies()
    since = time.time()
    until = since + max(2.0, shape.interval_s)
    time.sleep(until - since + PUSH_DELAY_S)
    scrapes = nginx.scraped(since, until).requests
    samples = proof.samples_between(bodies, round(since * 1000), round(until * 1000))
    return samples / scrapes if scrapes else 0.0


def _result(
    name: str, shape: Shape, nginx: web.Web, window: _Window, delivered: float | None
) -> Result:
    scraped = nginx.scraped(window.since, window.until)
    pushed = nginx.pushed(window.since, window.until)
    return Result(
        agent=name,
        seconds=window.until - window.since,
        cpu_s=window.after.cpu_s - window.before.cpu_s,
        resident_mib=window.resident_mib,
        peak_mib=window.after.peak_mib,
        scrapes=scraped.requests,
        failed_scrapes=scraped.other,
        samples=scraped.requests * shape.series,
        scrape_bytes=scraped.bytes_in + scraped.bytes_out,
        pushes=pushed.requests,
        failed_pushes=pushed.other,
        push_bytes=pushed.bytes_in + pushed.bytes_out,
        delivered_per_scrape=delivered,
    )
