"""What is known of a question: what a look at targets, queues and refusals has brought to light.

Immutable values, gathered by `agent.whynot.inquiry` and read by `agent.whynot.verdict`.
Times are epoch milliseconds.
"""

from collections.abc import Mapping

import attrs

from relabel.explain import Explanation
from scraper.status import DroppedTarget, TargetStatus
from series.labels import Labels


@attrs.frozen(kw_only=True)
class RemoteEvidence:
    """One remote and one series. `dropped_by`: its rule or limit, "" for none.

    `newest_put_ms`, `newest_sent_ms`: of the lane of the series' target, None before the first;
    `waiting_since_ms`: the oldest that waits there. `refusal`: the receiver's words for this
    series, and when.
    """

    name: str
    state: str
    last_error: str = ""
    dropped_by: str = ""
    steps: tuple[str, ...] = ()
    sent_as: Labels = ()
    newest_put_ms: int | None = None
    newest_sent_ms: int | None = None
    waiting_since_ms: int | None = None
    refusal: str = ""
    refused_ms: int | None = None


@attrs.frozen(kw_only=True)
class SeriesEvidence:
    """One series of a page that was looked at just now. `raw`: as exposed.

    `final`: as handed to the remotes, None if a rule dropped it or a limit failed it (`error`).
    `stamp_ms`: the time that the page itself gives the sample, if that counts.
    """

    raw: Mapping[str, str]
    explanation: Explanation
    final: Labels | None
    error: str = ""
    is_duplicate: bool = False
    stamp_ms: int | None = None
    remotes: tuple[RemoteEvidence, ...] = ()


@attrs.frozen(kw_only=True)
class TargetEvidence:
    """One target that may have the series. `error`: of the look just now, "" if that went well.

    `similar`: what it exposes that comes near to the question. `remotes`: for its report series.
    `dropped_stamps`: samples of the job that were out of order or too far ahead, so far.
    """

    status: TargetStatus
    error: str = ""
    exposed_count: int = 0
    series: tuple[SeriesEvidence, ...] = ()
    similar: tuple[str, ...] = ()
    remotes: tuple[RemoteEvidence, ...] = ()
    dropped_stamps: int = 0


@attrs.frozen(kw_only=True)
class Evidence:
    """`nearest`: a target or job that the question may have meant. `discovery_errors`: by job."""

    targets: tuple[TargetEvidence, ...] = ()
    dropped: tuple[DroppedTarget, ...] = ()
    discovery_errors: Mapping[str, str] = attrs.field(factory=dict)
    nearest: str = ""
    target_count: int = 0
    not_looked_at: int = 0
    now_ms: int = 0
