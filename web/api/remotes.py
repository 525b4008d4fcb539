"""`/api/v1/remotes`, `/api/v1/queue`: what each remote and its queue tell of themselves.

Takes snapshots, gives documents; the names are those of the snapshots' fields.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from pushqueue.statistics import RemoteStatistics


def remotes(statistics: Sequence["RemoteStatistics"]) -> list[dict[str, object]]:
    documents = []
    for remote in statistics:
        document = attrs.asdict(remote)
        del document["queue"]
        document["answers"] = {str(status): count for status, count in remote.answers.items()}
        document["bytes_per_sample"] = remote.bytes_per_sample
        documents.append(document)
    return documents


def queues(statistics: Sequence["RemoteStatistics"]) -> list[dict[str, object]]:
    return [
        {
            "name": remote.name,
            "key": remote.key,
            "pending_blocks": remote.pending_blocks,
            "pending_samples": remote.pending_samples,
            "pending_bytes": remote.pending_bytes,
            "oldest_age_s": remote.oldest_age_s,
            **attrs.asdict(remote.queue),
        }
        for remote in statistics
    ]
