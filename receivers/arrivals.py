"""Who sent how much since the last look: what `promferry receive` prints each second.

Takes requests' figures; gives one line for each sender. Bounded: at most MAX_SENDERS are told
apart, the rest is one sender.
"""

import attrs

MAX_SENDERS = 50
OTHERS = "others"


@attrs.define
class Arrivals:
    """Counts of one sender since the last `take`; `series` are the different ones."""

    requests: int = 0
    samples: int = 0
    series: set[bytes] = attrs.field(factory=set)
    wire_bytes: int = 0
    decoded_bytes: int = 0
    refused: int = 0
    last_refusal: str = ""


class ArrivalBook:
    def __init__(self) -> None:
        self._senders: dict[str, Arrivals] = {}

    def of(self, sender: str) -> Arrivals:
        """The counts of `sender`, to be added to."""
        if sender not in self._senders and len(self._senders) >= MAX_SENDERS:
            sender = OTHERS
        return self._senders.setdefault(sender, Arrivals())

    def take(self) -> dict[str, Arrivals]:
        """What was counted since the last time; counting starts anew."""
        taken, self._senders = self._senders, {}
        return taken


def arrival_line(sender: str, arrivals: Arrivals) -> str:
    """One line for the terminal."""
    parts = []
    if arrivals.requests:
        parts.append(
            f"{counted(arrivals.samples, 'sample')} of {len(arrivals.series)} series in "
            f"{counted(arrivals.requests, 'request')}, {bytes_text(arrivals.wire_bytes)} "
            f"({bytes_text(arrivals.decoded_bytes)} unpacked)"
        )
    if arrivals.refused:
        parts.append(f"{arrivals.refused} refused, last: {arrivals.last_refusal}")
    return f"{'; '.join(parts)} from {sender}"


def counted(number: int, noun: str) -> str:
    """`1 sample`, `2 samples`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def bytes_text(size: float) -> str:
    """12 B, 3.4 KiB, 1.2 MiB."""
    if size < 1024:
        return f"{size:.0f} B"
    for unit in ("KiB", "MiB"):
        size /= 1024
        if size < 1024:
            return f"{size:.1f} {unit}"
    return f"{size / 1024:.1f} GiB"
