"""Which samples must stay in order: those of one lane key.

A lane key is a stable 64-bit hash of the final target labels, so that a target keeps its lane
over restarts and address changes that relabelling hides (DESIGN section 5.6).
"""

from hashlib import blake2b

from series.labels import Labels
from series.wire import encode_labels


def lane_key(labels: Labels) -> int:
    return int.from_bytes(blake2b(encode_labels(labels), digest_size=8).digest(), "big")
