"""The push endpoints of the agent's main listener, by the names in `web.endpoints`."""

from web.answer import HttpError, Response
from web.push.intake import Intake
from web.push.otlp import answer_otlp
from web.push.remote_write import answer_remote_write
from web.request import Request


class PushHandlers:
    """Without an intake nothing is taken."""

    def __init__(self, intake: Intake | None) -> None:
        self._intake = intake

    @property
    def _open(self) -> Intake:
        if self._intake is None:
            raise HttpError(404, "pushes are not taken here")
        return self._intake

    async def push_otlp(self, request: Request) -> Response:
        return await answer_otlp(self._open, request)

    async def push_remote_write(self, request: Request) -> Response:
        return await answer_remote_write(self._open, request)
