"""What a remote is spoken to in: message and compression, and what its answers teach.

Takes statuses and headers of answers; gives the encoding of new Blocks, and the one in which a
Block that is queued must go out. Pure; DESIGN section 8, 7 and 8.
Invariants: what the remote was seen to take is never given up for a single odd answer; a Block is
never sent twice in the same encoding because of this module.
"""

from collections.abc import Callable

import attrs

from pushqueue.block import Encoding
from pushqueue.settings import RW2, VmProto

_COMMON = ("Content-Type", "application/x-protobuf")
_VERSION_1 = ("X-Prometheus-Remote-Write-Version", "0.1.0")
_V2 = (
    ("Content-Type", f"application/x-protobuf;proto={RW2}"),
    ("X-Prometheus-Remote-Write-Version", "2.0.0"),
)
HEADERS: dict[Encoding, tuple[tuple[str, str], ...]] = {
    Encoding.RW1_SNAPPY: (("Content-Encoding", "snappy"), _COMMON, _VERSION_1),
    Encoding.RW1_ZSTD: (
        ("Content-Encoding", "zstd"),
        _COMMON,
        ("X-VictoriaMetrics-Remote-Write-Version", "1"),
    ),
    Encoding.RW2_SNAPPY: (("Content-Encoding", "snappy"), *_V2),
}
# As people say it.
WORDS = {
    Encoding.RW1_SNAPPY: "remote write 1.0",
    Encoding.RW1_ZSTD: "remote write 1.0 compressed by zstd",
    Encoding.RW2_SNAPPY: "remote write 2.0",
}
# 2.0 knows no other compression than snappy, so nothing is ever sent so.
_SENT_AS = {Encoding.RW2_ZSTD: Encoding.RW2_SNAPPY}

PROBE_QUERY = "get_vm_proto_version=1"
_MAX_COUNT = 10**15


@attrs.frozen
class Written:
    """How much a 2.0 receiver says that it took; a header that is missing counts as none."""

    samples: int = 0
    histograms: int = 0
    exemplars: int = 0

    @classmethod
    def of(cls, header: Callable[[str], str | None]) -> "Written | None":
        """None if there is none of the three headers (2.0, "Required Written Response Headers")."""
        found = [
            header(f"x-prometheus-remote-write-{kind}-written")
            for kind in ("samples", "histograms", "exemplars")
        ]
        if found == [None, None, None]:
            return None
        return cls(*[_count(text) for text in found])

    @property
    def points(self) -> int:
        return self.samples + self.histograms


def _count(text: str | None) -> int:
    digits = (text or "").strip()
    # More digits than any count has are a lie.
    return min(int(digits[:16]), _MAX_COUNT) if digits.isascii() and digits.isdigit() else 0


class Dialect:
    """One for all lanes of a remote. `message` is what its settings ask for."""

    def __init__(self, message: str, vm_proto: VmProto = VmProto.OFF) -> None:
        self._is_v2 = message == RW2
        self._has_accepted_v2 = False
        self._doubts_v2 = False
        self._is_forced = vm_proto is VmProto.FORCED and not self._is_v2
        self._probes = vm_proto is VmProto.PROBE and not self._is_v2
        self._is_zstd = self._is_forced
        self._probe_due = self._probes
        self._has_failed = False

    @property
    def encoding(self) -> Encoding:
        """That of new Blocks."""
        if self._is_v2:
            return Encoding.RW2_SNAPPY
        return Encoding.RW1_ZSTD if self._is_zstd else Encoding.RW1_SNAPPY

    def sendable(self, queued: Encoding) -> Encoding:
        """In what a Block of the encoding `queued` goes out now."""
        if queued.is_v2 != self._is_v2:
            return self.encoding
        if queued is Encoding.RW1_ZSTD and not self._is_zstd:
            return Encoding.RW1_SNAPPY
        return _SENT_AS.get(queued, queued)

    # The probe: whether the remote is VictoriaMetrics and takes zstd.

    def take_probe(self) -> bool:
        """Whether to ask now; True once for each time that it is due."""
        is_due, self._probe_due = self._probe_due, False
        return is_due

    def probed(self, status: int, body: bytes) -> None:
        """The answer: a version number says yes, anything else no."""
        text = body.strip()
        self._is_zstd = 200 <= status < 300 and text.isdigit() and int(text[:9]) >= 1

    def unreachable(self) -> None:
        """An attempt got no answer: who answers next may be another."""
        self._has_failed = True

    # Answers to what was sent.

    def accepted(self, sent: Encoding) -> None:
        if self._has_failed:
            self._has_failed = False
            self._probe_due = self._probes
        if sent.is_v2:
            self._has_accepted_v2 = True
        elif self._doubts_v2:
            # It refused these samples in 2.0 and took them in 1.0.
            self._doubts_v2 = self._is_v2 = False

    def other(self, sent: Encoding, status: int, written: Written | None) -> Encoding | None:
        """The encoding to send the same samples in at once; None: the answer stands.

        2.0: a 415; a 400 from a remote that never took 2.0 and tells of nothing written; a success
        that tells of nothing written, which comes from a 1.0 receiver that looked at no header
        (2.0 specification: to be treated like a 415). zstd: 400 and 415, as vmagent does.
        """
        if sent.is_v2:
            if status == 415 or (200 <= status < 300 and written is None):
                self._is_v2 = self._doubts_v2 = False
                return Encoding.RW1_SNAPPY
            if status == 400 and written is None and not self._has_accepted_v2:
                self._doubts_v2 = True
                return Encoding.RW1_SNAPPY
        elif sent is Encoding.RW1_ZSTD and status in (400, 415):
            self._is_zstd = self._is_forced
            return Encoding.RW1_SNAPPY
        return None
