"""`promferry demo`: an agent and a receiver together on this machine, to see both at work.

Takes nothing; starts the two commands on free loopback ports with a throw-away configuration and
data directory, and shows the receiver's line a second until it is told to stop.
Invariant: neither command outlives this one, unless this one is killed.
"""

import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

USAGE = """\
usage: promferry demo

Starts a receiver and an agent that scrapes itself, the receiver and, if one listens on port 9100,
a node exporter. Nothing is left behind. Ctrl-C ends it.
"""

CONFIG = """\
global:
  scrape_interval: 1s
  scrape_timeout: 900ms
  external_labels:
    host: demo
scrape_configs:
"""
JOB = """\
  - job_name: {job}
    static_configs:
      - targets: ["{address}"]
"""

NODE_EXPORTER = "127.0.0.1:9100"
START_TIMEOUT_S = 15.0
# The promise is that Ctrl-C ends both within 2 s. The agent goes first: what it still holds, it
# sends while the receiver is there.
AGENT_STOP_TIMEOUT_S = 1.3
RECEIVER_STOP_TIMEOUT_S = 0.5

# The command beside the packages, in a work tree as well as where it is installed.
_COMMAND = (sys.executable, str(Path(__file__).parents[2] / "cli.py"))


class DemoError(Exception):
    """One of the two commands did not do what it should; the message says which and how."""


def run(argv: Sequence[str]) -> int:
    if argv:
        is_help = argv[0] in {"-h", "-help", "--help"}
        (sys.stdout if is_help else sys.stderr).write(USAGE)
        return 0 if is_help else 2
    with TemporaryDirectory(prefix="promferry-demo-") as directory:
        try:
            return trio.run(_demo, Path(directory))
        except DemoError as exc:
            sys.stderr.write(f"promferry demo: {exc}\n")
            return 1


async def _demo(directory: Path) -> int:
    receiver_address, agent_address = _free_addresses(2)
    config = directory / "prometheus.yml"
    config.write_text(await _config(agent=agent_address, receiver=receiver_address))
    # Ctrl-C reaches only this process (see _start), and is no KeyboardInterrupt while this holds.
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        receiver = await _start("receive", f"-listen={receiver_address}")
        agent = await _start(
            f"-promscrape.config={config}",
            f"-remoteWrite.url=http://{receiver_address}/api/v1/write",
            f"-remoteWrite.tmpDataPath={directory / 'data'}",
            f"-httpListenAddr={agent_address}",
            # Shorter than the receiver's second, so that each of its lines has something to tell.
            "-remoteWrite.flushInterval=500ms",
            "-loggerLevel=WARN",
        )
        try:
            with trio.CancelScope() as until_signal:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_cancel_on_signal, signals, until_signal)
                    nursery.start_soon(_watch, "the receiver", receiver)
                    nursery.start_soon(_watch, "the agent", agent)
                    await _wait_listening(receiver_address, agent_address)
                    print(f"agent:    http://{agent_address}/targets")
                    print(f"receiver: http://{receiver_address}/", flush=True)
        except* DemoError as group:
            raise group.exceptions[0] from None
        finally:
            codes = await _stop_both(agent, receiver)
    return 0 if codes == (0, 0) else 1


async def _config(*, agent: str, receiver: str) -> str:
    jobs = {"promferry": agent, "receiver": receiver}
    if await _listens(NODE_EXPORTER):
        jobs["node"] = NODE_EXPORTER
    return CONFIG + "".join(JOB.format(job=job, address=at) for job, at in jobs.items())


async def _start(*arguments: str) -> trio.Process:
    # A session of its own, so that the terminal's Ctrl-C leaves the order of stopping to us.
    return await trio.lowlevel.open_process(
        [*_COMMAND, *arguments], stdin=subprocess.DEVNULL, start_new_session=True
    )


async def _cancel_on_signal(signals: AsyncIterator[int], scope: trio.CancelScope) -> None:
    async for _ in signals:
        scope.cancel()


async def _watch(name: str, process: trio.Process) -> None:
    code = await process.wait()
    raise DemoError(f"{name} ended by itself with exit code {code}")


async def _wait_listening(*addresses: str) -> None:
    with trio.move_on_after(START_TIMEOUT_S):
        for address in addresses:
            # No event tells of another process' socket.
            while not await _listens(address):  # noqa: ASYNC110
                await trio.sleep(0.05)
        return
    raise DemoError(f"nobody listens on {' and '.join(addresses)} after {START_TIMEOUT_S:g} s")


async def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with trio.fail_after(1):
            stream = await trio.open_tcp_stream(host, int(port))
    except (OSError, trio.TooSlowError):
        return False
    await stream.aclose()
    return True


def _free_addresses(count: int) -> list[str]:
    """Loopback addresses that nobody listens on, all different."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = ["{}:{}".format(*probe.getsockname()) for probe in probes]
    for probe in probes:
        probe.close()
    return addresses


async def _stop_both(agent: trio.Process, receiver: trio.Process) -> tuple[int, int]:
    """Their exit codes; they are gone then, by force if they must."""
    with trio.CancelScope(shield=True):
        agent_code = await _stop(agent, AGENT_STOP_TIMEOUT_S)
        receiver_code = await _stop(receiver, RECEIVER_STOP_TIMEOUT_S)
    return agent_code, receiver_code


async def _stop(process: trio.Process, timeout_s: float) -> int:
    process.terminate()
    with trio.move_on_after(timeout_s):
        await process.wait()
    if process.returncode is None:
        process.kill()
    return await process.wait()
