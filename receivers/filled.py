"""A large bytes object, filled without holding anything else up. The specification of its twin.

Takes a size and what writes so many bytes; gives the bytes. To touch 32 MiB for the first time
takes 16 ms, whoever does it; `filled_c.pyx` lets the one who writes do it, who may have given up
the interpreter's lock (decompressing does). Here they are copied once more.
"""

from collections.abc import Callable, Sequence

# A copy of so much is about 0.1 ms.
_COPY_BYTES = 262_144


def filled(size: int, write: Callable[[memoryview], None]) -> bytes:
    """What `write` wrote. It must fill all of the view, and keep none of it."""
    if size < 0:
        raise ValueError(f"{size} bytes")
    room = bytearray(size)
    with memoryview(room) as view:
        write(view)
    return bytes(room)


def copied_into(pieces: Sequence[bytes]) -> Callable[[memoryview], None]:
    """What writes the pieces one behind the other, in steps between which others run."""

    def write(view: memoryview) -> None:
        at = 0
        for piece in pieces:
            for start in range(0, len(piece), _COPY_BYTES):
                part = piece[start : start + _COPY_BYTES]
                view[at : at + len(part)] = part
                at += len(part)

    return write
