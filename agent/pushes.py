"""Pushed metrics: the intake of all listeners, OTLP's own listeners, and what a reload changes.

Takes flags, the fan-out and the settings that count; gives an intake, made when the first pusher
comes. Invariant: a reload that changes nothing of the translation keeps all that is remembered.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs
import trio

from agent.flags.values import Values
from agent.otlp_listeners import otlp_listeners
from agent.settings import Settings
from pushqueue.fanout import FanOut
from receivers.counts import PushCounts, PushStatistics
from receivers.families import PushedFamilies
from receivers.otlp.settings import Delta
from web.admission import Admission
from web.limits import ServerLimits
from web.server import Server

if TYPE_CHECKING:
    from web.asgi import AsgiApp
    from web.push.intake import Intake, Receivers
    from web.tls import Contexts

log = logging.getLogger("promferry.agent")

# A gRPC channel is kept open between exports, which may be minutes apart.
IDLE_TIMEOUT_S = 600.0


class Pushes:
    """`settings` gives those that count now."""

    def __init__(
        self,
        flags: Values,
        fan_out: FanOut,
        admission: Admission,
        settings: Callable[[], Settings],
    ) -> None:
        self._flags = flags
        self._fan_out = fan_out
        self._admission = admission
        self._settings = settings
        self.counts = PushCounts()
        self.families = PushedFamilies()
        self._listeners = otlp_listeners(flags)
        self._intake: Intake | None = None
        self._receivers: Receivers | None = None
        self._making = threading.Lock()  # applications are built in threads

    def intake(self) -> "Intake":
        with self._making:
            if self._intake is None:
                self._intake = self._made()
            return self._intake

    def _made(self) -> "Intake":
        from web.push.intake import Intake  # late, like the pages

        return Intake(
            sink=self._fan_out,
            admission=self._admission,
            counts=self.counts,
            families=self.families,
            receivers=self._current,
            is_durable=self._flags["push.ack"] == "durable",
            max_otlp_bytes=self._flags["opentelemetry.maxRequestSize"],
            max_write_bytes=self._flags["maxInsertRequestSize"],
        )

    def _current(self) -> "Receivers":
        translation = self._settings().translation
        if self._receivers is None or self._receivers.otlp.translation != translation:
            from receivers.known_series import KnownSeries
            from receivers.otlp.receive import OtlpReceiver
            from receivers.remote_write_receive import RemoteWriteReceiver
            from web.push.intake import Receivers

            known = KnownSeries(translation.external_labels)
            self._receivers = Receivers(
                otlp=OtlpReceiver(translation), remote_write=RemoteWriteReceiver(known)
            )
        return self._receivers

    def statistics(self) -> PushStatistics:
        counted = self.counts.statistics()
        if (
            self._receivers is None
            or self._receivers.otlp.translation.delta is not Delta.CUMULATIVE
        ):
            return counted
        return attrs.evolve(counted, cumulation=self._receivers.otlp.cumulation())

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serves OTLP's own listeners, if there are any. Raises ListenError, TlsError."""
        own = self._listeners
        if not own.addresses:
            task_status.started()
            return
        async with trio.open_nursery() as nursery:
            if any(one.source for one in own.passwords.values()):
                from agent.password_sources import keep_fresh, read_source  # late: it is rare

                await nursery.start(keep_fresh, own.passwords, read_source, trio.to_thread.run_sync)
            server = Server(
                self._build,
                addresses=own.addresses,
                tls=[self._contexts() for _ in own.addresses],
                limits=ServerLimits(idle_timeout_s=IDLE_TIMEOUT_S),
                http2=True,
            )
            bound = await nursery.start(server.run)
            log.info("listening for OTLP on %s", ", ".join(bound))
            task_status.started()

    def _contexts(self) -> "Contexts | None":
        tls = self._listeners.tls
        if tls is None:
            return None
        from web.tls import Contexts  # late: TLS is only for who asks for it

        return Contexts(lambda: tls, trio.to_thread.run_sync)

    def _build(self) -> "AsgiApp":
        from web.push.listener import Credentials, create_otlp_app  # late, like the pages

        own = self._listeners
        credentials = Credentials(basic=own.basic(), bearer=own.bearer())
        return create_otlp_app(self.intake(), credentials)
