"""Keeps what lets people in up to date: passwords from files, users and certificates.

Takes WebSettings; gives the contexts and the access rules that the server and its pages use.
Invariant: a file that can no longer be used changes nothing but a log line.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs
import trio

from agent.flags.passwords import REREAD_AFTER_S
from agent.web_settings import WebSettings
from web.access import Access
from web.front_settings import FrontSettings
from web.tls_settings import ServerTls

if TYPE_CHECKING:
    from agent.web_config import WebConfigFile
    from web.tls import Contexts

log = logging.getLogger("promferry.agent")


class Doorkeeper:
    """Raises web_config.WebConfigError if the web configuration cannot be used."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        self._file = _web_config(settings.web_config)
        self._last_error = ""
        self.contexts: Sequence[Contexts | None] = [self._contexts_of(tls) for tls in settings.tls]

    def access(self) -> Access:
        file = self._file
        if file is None or not file.current.users:
            return self._settings.access()
        from agent.basic_users import BasicUsers  # late: hardly anybody has users in a file

        users = BasicUsers(lambda: file.current.users, trio.to_thread.run_sync)
        return self._settings.access(users.check)

    def front(self) -> FrontSettings:
        """Headers of the web configuration, and those of flags, which win."""
        front = self._settings.front
        own = self._file.current.headers if self._file else {}
        lower = {name.lower(): value for name, value in own.items()}
        return attrs.evolve(front, headers={**lower, **front.headers})

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Started once every password was read or has failed."""
        async with trio.open_nursery() as nursery:
            if any(one.source for one in self._settings.passwords.values()):
                from agent.password_sources import keep_fresh, read_source  # late, as above

                read = trio.to_thread.run_sync
                await nursery.start(keep_fresh, self._settings.passwords, read_source, read)
            task_status.started()
            while self._file is not None:
                await trio.sleep(REREAD_AFTER_S)
                self._tell(await trio.to_thread.run_sync(self._file.refresh))

    def _tell(self, error: str) -> None:
        if error and not self._last_error:
            log.error("what the web configuration said before stays: %s", error)
        elif self._last_error and not error:
            log.info("the web configuration can be used again")
        self._last_error = error

    def _contexts_of(self, tls: ServerTls | None) -> "Contexts | None":
        file = self._file
        read: Callable[[], ServerTls]
        if tls is not None:
            read = lambda: tls  # noqa: E731
        elif file is not None and file.current.tls is not None:
            started_with = file.current.tls
            read = lambda: file.current.tls or started_with  # noqa: E731
        else:
            return None
        from web.tls import Contexts  # late: TLS is only for who asks for it

        return Contexts(read, trio.to_thread.run_sync)


def _web_config(path: str) -> "WebConfigFile | None":
    if not path:
        return None
    from agent.web_config import WebConfigFile

    return WebConfigFile(path)
