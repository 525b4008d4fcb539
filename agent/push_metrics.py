"""Pushes the agent's own metrics, where nobody can come and scrape them (`-pushmetrics.*`).

Takes a way to render them; posts the text to each URL on a grid, as vmagent does.
Invariant: a URL that fails is told at the change of state, and never shown; one URL never holds up
another.
"""

import logging
import zlib
from collections.abc import Callable
from math import floor

import trio

from agent.push_settings import PushSettings
from agent.version import VERSION
from transport.client import Client
from transport.errors import TransportError
from transport.settings import HttpSettings
from transport.tls import TlsContexts

log = logging.getLogger("promferry.agent")

_MAX_ANSWER_BYTES = 4096


async def push_for_ever(
    settings: PushSettings, render: Callable[[], bytes], contexts: TlsContexts
) -> None:
    async with trio.open_nursery() as nursery:
        for number, url in enumerate(settings.urls, start=1):
            client = Client(
                url.reveal(), HttpSettings(), contexts=contexts, user_agent=f"promferry/{VERSION}"
            )
            nursery.start_soon(_push_to, f"URL {number}", client, settings, render)


async def _push_to(
    name: str, client: Client, settings: PushSettings, render: Callable[[], bytes]
) -> None:
    last_error = ""
    due_s = trio.current_time()
    try:
        while True:
            due_s += settings.interval_s * (
                1 + floor((trio.current_time() - due_s) / settings.interval_s)
            )
            await trio.sleep_until(due_s)
            error = await _push_once(client, settings, render())
            if error and not last_error:
                log.warning("-pushmetrics.url: %s: %s", name, error)
            elif last_error and not error:
                log.info("-pushmetrics.url: %s works again", name)
            last_error = error
    finally:
        with trio.CancelScope(shield=True):
            await client.aclose()


async def _push_once(client: Client, settings: PushSettings, text: bytes) -> str:
    """Why it failed, "" if it did not."""
    body = with_labels(text, settings.labels.encode()) if settings.labels else text
    headers = [("Content-Type", "text/plain"), *((k, v.reveal()) for k, v in settings.headers)]
    if settings.compresses:
        body = zlib.compress(body, 1, wbits=31)
        headers.append(("Content-Encoding", "gzip"))
    try:
        answer = await client.request(
            "POST",
            headers=headers,
            body=body,
            timeout_s=settings.interval_s,
            max_body_bytes=_MAX_ANSWER_BYTES,
            when_too_large="cut",
        )
    except TransportError as exc:
        return f"the push failed: {exc.kind}"
    return "" if answer.status < 300 else f"HTTP status {answer.status}"


def with_labels(text: bytes, labels: bytes) -> bytes:
    """The text with `labels` in the braces of every sample."""
    lines = []
    for line in text.splitlines():
        if line and not line.startswith(b"#"):
            name, brace, rest = line.partition(b"{")
            if brace and b" " not in name:
                line = b"%b{%b%b%b" % (name, labels, b"" if rest.startswith(b"}") else b",", rest)
            else:
                name, _, rest = line.partition(b" ")
                line = b"%b{%b} %b" % (name, labels, rest)
        lines.append(line)
    return b"\n".join(lines) + b"\n"
