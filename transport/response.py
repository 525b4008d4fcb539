"""What came back: status, headers, body.

Names of headers are in lower case; the body is already inflated.
"""

import attrs

Headers = tuple[tuple[str, str], ...]


@attrs.frozen
class Response:
    """`wire_bytes`: the answer's bytes as they came, head and body, before inflation.

    `is_truncated`: the caller asked for no more than a bound, and there was more.
    `is_resent`: the request went out twice, because the connection on which it went first was
    closed without an answer; the server may have acted on both.
    """

    status: int
    headers: Headers
    body: bytes
    wire_bytes: int
    is_truncated: bool = False
    is_resent: bool = False

    def header(self, name: str) -> str | None:
        """The first value of the header, None if it is absent. `name` is in lower case."""
        for found, value in self.headers:
            if found == name:
                return value
        return None
