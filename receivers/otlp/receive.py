"""OTLP metrics taken: bytes to batches, with all that is remembered between requests.

Takes a message and its form; gives `Taken`, or raises DecodeError. What is remembered depends on
the translation: another one is another receiver.
"""

from collections.abc import Generator, Iterator

from receivers.errors import DecodeError
from receivers.otlp.cumulate import Cumulation, CumulationStatistics
from receivers.otlp.json_form import read_json
from receivers.otlp.json_nodes import JsonError
from receivers.otlp.known import Known, UnfoldsError
from receivers.otlp.settings import Translation
from receivers.otlp.translate import Request, Taken
from receivers.otlp.wire import Reader
from series.labels import Labels
from series.wire import WireError

Steps = Generator[None, None, Taken]


class OtlpReceiver:
    """One for each agent and translation."""

    def __init__(self, translation: Translation) -> None:
        self.translation = translation
        self._known = Known(translation)
        self._cumulation = Cumulation()

    def cumulation(self) -> CumulationStatistics:
        """What is held to add delta points up."""
        return self._cumulation.statistics()

    def protobuf(self, data: bytes, extra: Labels = ()) -> Steps:
        """Stops every few milliseconds of work; its value is what was taken."""
        request = Request(self._known, self._cumulation, len(data))
        return _finished(request, Reader(data, request, extra).read())

    def json(self, data: bytes, extra: Labels = ()) -> Steps:
        request = Request(self._known, self._cumulation, len(data))
        return _finished(request, read_json(data, request, extra))


def _finished(request: Request, steps: Iterator[None]) -> Steps:
    try:
        yield from steps
    except WireError as exc:
        raise DecodeError("protobuf", str(exc)) from exc
    except JsonError as exc:
        raise DecodeError("json", str(exc)) from exc
    except UnfoldsError as exc:
        raise DecodeError("too_large", str(exc)) from exc
    return request.finish()


def drain(steps: Steps) -> Taken:
    """All of it at once."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            taken: Taken = done.value
            return taken
