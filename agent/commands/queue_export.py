"""`promferry queue export`: what a queue holds, as JSON lines or pushed to a URL.

Takes directories; gives lines that VictoriaMetrics imports, or remote write requests as they would
have been sent. The directory stays as it is, so an export may be repeated.
Invariant: order within a lane is kept; a URL that refuses a Block for good does not stop the rest.
"""

import json
import math
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import trio

from agent.commands.queue import Options
from agent.flags.errors import FlagError, FlagErrors
from agent.flags.parser import parse
from agent.flags.remotes import remotes_from_flags
from agent.version import VERSION
from pushqueue.backoff import Backoff
from pushqueue.block import Block
from pushqueue.codec import CodecError, series_of, transcode
from pushqueue.dialect import HEADERS, Dialect
from pushqueue.errors import DamageError
from pushqueue.judge import Done, Refuse, TooLarge, judge
from pushqueue.sender import MAX_ANSWER_BYTES
from pushqueue.settings import RemoteSettings
from pushqueue.survey import read_blocks, survey
from pushqueue.view import View
from transport.client import Client
from transport.errors import TransportError
from transport.tls import TlsContexts

NOT_DONE = 1
# A person waits: after a few tries the command says where it stopped.
MAX_ATTEMPTS = 5
_INFINITIES = {math.inf: "Infinity", -math.inf: "-Infinity"}


def export(options: Options) -> int:
    remote = _remote(options)
    if remote is not None:
        return trio.run(_push_all, options, remote)
    lost = 0
    for path in options.queues():
        for found in _blocks(path, everything=options.all):
            try:
                if isinstance(found, DamageError):
                    raise found
                for line in json_lines(found):
                    sys.stdout.write(line + "\n")
            except (DamageError, CodecError) as exc:
                lost += 1
                print(f"promferry queue: {path}: {exc}", file=sys.stderr)
    return NOT_DONE if lost else 0


def _remote(options: Options) -> RemoteSettings | None:
    if not options.url:
        if options.flags:
            raise FlagErrors([FlagError(name="url", reason="is missing; the flags are about it")])
        return None
    values = parse([f"-remoteWrite.url={options.url}", *options.flags], os.environ)
    return remotes_from_flags(values)[0]


def _blocks(path: Path, *, everything: bool) -> Iterator[Block | DamageError]:
    view = View(path)
    for segment in survey(view).segments:
        headers = segment.headers if everything else segment.pending
        try:
            yield from read_blocks(view, segment, headers)
        except FileNotFoundError:
            continue  # an agent that runs has sent it meanwhile


def json_lines(block: Block) -> Iterator[str]:
    """A line for each series, as of VictoriaMetrics' /api/v1/export. Raises CodecError. Native
    histograms have no place in that format; they are left out.
    """
    for series in series_of(block):
        if not series.samples:
            continue
        yield json.dumps(
            {
                "metric": dict(series.labels),
                "values": [_number(each.number) for each in series.samples],
                "timestamps": [each.timestamp_ms for each in series.samples],
            },
            ensure_ascii=False,
        )


def _number(value: float) -> float | str | None:
    """NaN, the marker of staleness too, is null, as VictoriaMetrics writes it."""
    return None if math.isnan(value) else _INFINITIES.get(value, value)


async def _push_all(options: Options, remote: RemoteSettings) -> int:
    client = Client(
        remote.url, remote.http, contexts=TlsContexts(), user_agent=f"promferry/{VERSION}"
    )
    # What the queue holds may be in an encoding that this remote does not take.
    dialect = Dialect(remote.protobuf_message, remote.vm_proto)
    counts: Counter[str] = Counter()
    try:
        for path in options.queues():
            for found in _blocks(path, everything=options.all):
                try:
                    if isinstance(found, DamageError):
                        raise found
                    blocks = transcode(found, dialect.sendable(found.encoding))
                except (DamageError, CodecError) as exc:
                    counts["damaged"] += 1
                    print(f"promferry queue: {path}: {exc}", file=sys.stderr)
                    continue
                for block in blocks:
                    outcome = await _push(client, block, remote.send_timeout_s)
                    counts[outcome] += block.sample_count
                    if outcome == "unsent":
                        return _tell(counts)
    finally:
        await client.aclose()
    return _tell(counts)


async def _push(client: Client, block: Block, timeout_s: float) -> str:
    """ "sent", "refused" or "unsent"."""
    backoff = Backoff(0.5, 10.0, random.random)
    for _ in range(MAX_ATTEMPTS):
        try:
            answer = await client.request(
                "POST",
                headers=HEADERS[block.encoding],
                body=block.body,
                timeout_s=timeout_s,
                max_body_bytes=MAX_ANSWER_BYTES,
                when_too_large="cut",
            )
        except TransportError as exc:
            reason = str(exc)
        else:
            verdict = judge(answer.status, answer.header("retry-after"), 0)
            if isinstance(verdict, Done):
                return "sent"
            words = answer.body[:200].decode("utf-8", "replace")
            reason = f"{verdict.reason}: {words}"
            if isinstance(verdict, Refuse | TooLarge):
                print(f"promferry queue: refused: {reason}", file=sys.stderr)
                return "refused"
        print(f"promferry queue: {reason}", file=sys.stderr)
        await trio.sleep(backoff.next_delay_s())
    return "unsent"


def _tell(counts: Counter[str]) -> int:
    stopped = "; stopped, run it again later" if counts["unsent"] else ""
    damaged = f", {counts['damaged']} damaged Blocks" if counts["damaged"] else ""
    print(f"{counts['sent']} samples sent, {counts['refused']} refused{damaged}{stopped}")
    return NOT_DONE if any(counts[kind] for kind in ("refused", "damaged", "unsent")) else 0
