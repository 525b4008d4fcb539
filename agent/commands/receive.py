"""`promferry receive`: a small remote-write receiver for trying things out.

Takes flags; listens, prints each second what arrived from whom, serves a page. Ends cleanly on
Ctrl-C and SIGTERM. Nothing is written to disk.
"""

import signal
import sys
from collections.abc import Iterator, Sequence

import attrs
import trio

from agent.flags.suggest import nearest
from receivers.arrivals import ArrivalBook, arrival_line, counted
from receivers.window import DEFAULT_MAX_SAMPLES, DEFAULT_MAX_SERIES, Window
from web.addresses import AddressError, parse_address
from web.asgi import AsgiApp
from web.limits import ServerLimits
from web.listeners import ListenError
from web.server import Server

USAGE = """\
promferry receive: takes remote write, shows what arrived. For trying things out.

  -listen=ADDRESS   where to listen: host:port or unix:/path (default 127.0.0.1:9201)
  -window=N         how many series are kept at most, written last (default 100000)
  -samples=N        how many of the last samples are kept of each series (default 16)
  -help             this text

Send to /api/v1/write; see what arrived on / or as JSON on /api/v1/series?q=TEXT.
"""
PRINT_EVERY_S = 1.0
QUIET_EVERY = 10  # prints without anything new before a line says so
STOP_GRACE_S = 0.5


class UsageError(ValueError):
    """A flag that is unknown or has a bad value."""


@attrs.frozen(kw_only=True)
class ReceiveOptions:
    listen: str = "127.0.0.1:9201"
    window: int = DEFAULT_MAX_SERIES
    samples: int = DEFAULT_MAX_SAMPLES
    help: bool = False


def parse_options(argv: Sequence[str]) -> ReceiveOptions:
    """The options, one or two dashes, `-flag=value` or `-flag value`. Raises UsageError."""
    values: dict[str, object] = {}
    arguments = iter(argv)
    for argument in arguments:
        name, equals, value = argument.removeprefix("-").removeprefix("-").partition("=")
        if not argument.startswith("-") or name not in attrs.fields_dict(ReceiveOptions):
            raise UsageError(f"unknown argument {argument[:80]!r}; {_hint(name)}")
        if name == "help":
            values[name] = value != "false"
            continue
        if not equals:
            value = next(arguments, "")
        values[name] = _checked_listen(value) if name == "listen" else _positive(name, value)
    return ReceiveOptions(**values)  # type: ignore[arg-type]  # checked one by one above


def _hint(name: str) -> str:
    near = nearest(name, attrs.fields_dict(ReceiveOptions))
    return f"did you mean -{near}?" if near else "promferry receive -help lists the flags"


def _checked_listen(value: str) -> str:
    try:
        parse_address(value)
    except AddressError as exc:
        raise UsageError(f"-listen: {exc}") from exc
    return value


def _positive(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value[:12]) < 10**9):
        raise UsageError(f"-{name}={value[:80]}: a number from 1 to 999999999 is needed")
    return int(value)


def run(argv: Sequence[str]) -> int:
    """Runs until a signal comes; returns the exit code."""
    try:
        options = parse_options(argv)
    except UsageError as exc:
        print(f"promferry receive: {exc}", file=sys.stderr)
        return 2
    if options.help:
        print(USAGE, end="")
        return 0
    failures: list[str] = []
    try:
        trio.run(receive, options)
    except* ListenError as group:
        failures = [str(exc) for exc in _leaves(group)]
    for failure in failures:
        print(f"promferry receive: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _leaves(group: BaseExceptionGroup) -> Iterator[BaseException]:
    for exc in group.exceptions:
        if isinstance(exc, BaseExceptionGroup):
            yield from _leaves(exc)
        else:
            yield exc


async def receive(
    options: ReceiveOptions, *, task_status: "trio.TaskStatus[str]" = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve and print until SIGINT or SIGTERM. `started` gives the address as bound."""
    window = Window(max_series=options.window, max_samples=options.samples)
    book = ArrivalBook()

    def build() -> AsgiApp:
        from web.receiver_app import create_receiver_app  # late: listening comes first

        return create_receiver_app(window, book)

    server = Server(
        build,
        addresses=[options.listen],
        limits=ServerLimits(stop_grace_s=STOP_GRACE_S),
    )
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            (bound,) = await nursery.start(server.run)
            _say(f"promferry receive listens on {_url(bound)} (remote write: /api/v1/write)")
            task_status.started(bound)
            nursery.start_soon(_print_forever, window, book)
            async for _ in signals:
                nursery.cancel_scope.cancel()
                break
    _say(f"ended; {counted(window.statistics().samples_total, 'sample')} arrived in all")


def _url(bound: str) -> str:
    if bound.startswith("unix:"):
        return bound
    return f"http://{'127.0.0.1' if bound.startswith(':') else ''}{bound}/"


async def _print_forever(window: Window, book: ArrivalBook) -> None:
    quiet = 0
    due = trio.current_time()
    while True:
        due = max(due + PRINT_EVERY_S, trio.current_time())
        await trio.sleep_until(due)
        lines = list(report(book))
        for line in lines:
            _say(line)
        quiet = 0 if lines else quiet + 1
        if quiet == QUIET_EVERY:
            quiet = 0
            _say(f"nothing new; {window.statistics().series} series in the window")


def report(book: ArrivalBook) -> Iterator[str]:
    """A line for each sender that sent since the last report."""
    for sender, arrivals in book.take().items():
        yield arrival_line(sender, arrivals)


def _say(line: str) -> None:
    try:
        print(line, flush=True)
    except BrokenPipeError:  # `| head` has seen enough; go on serving
        sys.stdout = None  # print() to None is silent
