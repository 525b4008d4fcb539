"""The envelope of Prometheus' API: status and data, or status and error."""

import json
from collections.abc import Iterable, Iterator

from web.answer import Response
from web.request import Request
from web.responses import JSON, respond

STATUS_OF = {
    "bad_data": 400,
    "execution": 422,
    "not_found": 404,
    "internal": 500,
    "too_many": 429,
}


class ApiError(Exception):
    """What an API function cannot answer; `kind` is one of STATUS_OF."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def success(data: object) -> str:
    return json.dumps({"status": "success", "data": data}) + "\n"


def listed(documents: Iterable[object]) -> Iterator[str]:
    """A success whose data is a list, a piece for each element."""
    yield '{"status":"success","data":['
    separator = ""
    for document in documents:
        yield separator + json.dumps(document)
        separator = ","
    yield "]}\n"


async def respond_error(request: Request, error: ApiError) -> Response:
    document = {"status": "error", "errorType": error.kind, "error": str(error)}
    return await respond(request, [json.dumps(document) + "\n"], JSON, status=STATUS_OF[error.kind])
