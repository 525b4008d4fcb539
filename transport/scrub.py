"""A server's words without what we had told it in confidence.

Some servers repeat a refused request in their answer, and answers are logged and shown.
Takes a body and the identity's header lines; gives the body with their values masked.
"""

from transport.secret import MASK

# What is shorter is no secret, and would mask every other word.
_LEAST_BYTES = 6
_MASK = MASK.encode()


def without_identity(body: bytes, identity: bytes) -> bytes:
    for line in identity.split(b"\r\n"):
        name, _, value = line.partition(b": ")
        parts = value.replace(b",", b" ").split()  # a signature has several
        if name.lower() == b"authorization" and len(parts) > 1:
            del parts[0]  # the scheme is no secret
        for part in parts:
            if len(part) >= _LEAST_BYTES and part in body:
                body = body.replace(part, _MASK)
    return body
