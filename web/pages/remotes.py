"""`/remotes`: each remote and its queue: how far behind, and when it will have caught up.

Takes snapshots; gives HTML.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from web.durations import ago_text
from web.pages.chart import bytes_text, count_text
from web.pages.markup import NOTHING, Markup, Template, join
from web.pages.overview import charts, waiting_text

if TYPE_CHECKING:
    from pushqueue.statistics import RemoteStatistics
    from web.views import Track

REFRESH_S = 5
_DAY_S = 86_400
# What a forecast looks back on, in steps of the history: five minutes.
_LOOK_BACK = 30

_HEAD = Template('<h1>Remotes</h1>\n<div data-refresh-s="%s">\n')
_REMOTE = Template(
    '<section><h2>%s <small class="state %s">%s</small></h2>\n'
    "<p><code>%s</code></p>\n%s<dl>%s</dl>\n"
)
_PAIR = Template("<dt>%s<dd>%s")
_ERROR = Template('<p class="error">%s, %s</p>\n')


def remotes_html(
    remotes: "Sequence[RemoteStatistics]",
    tracks: "Sequence[Track]",
    now_ms: int,
    running_s: float,
) -> Iterator[Markup]:
    yield _HEAD(REFRESH_S)
    if not remotes:
        yield Markup("<p>There is no remote: nothing is sent anywhere.</p>\n")
    for remote in remotes:
        error = NOTHING
        if remote.last_error and remote.last_error_ms is not None:
            error = _ERROR(remote.last_error, ago_text((now_ms - remote.last_error_ms) / 1000))
        pairs = join(
            [_PAIR(name, text) for name, text in _facts(remote, tracks, now_ms, running_s)]
        )
        is_fine = remote.state == "ok"
        yield _REMOTE(
            remote.name, "up" if is_fine else "down", remote.state, remote.url, error, pairs
        )
        yield from charts(tracks, remote.name)
        yield Markup("</section>\n")
    yield Markup("</div>\n")


def _facts(
    remote: "RemoteStatistics", tracks: "Sequence[Track]", now_ms: int, running_s: float
) -> Iterator[tuple[str, str]]:
    queue = remote.queue
    yield "waits", waiting_text(remote)
    yield "caught up", forecast_text(remote, tracks)
    if remote.lag_s is not None:
        yield "behind", f"{remote.lag_s:.1f} s, newest sample read against newest delivered"
    if remote.last_sent_ms is not None:
        yield "last success", ago_text((now_ms - remote.last_sent_ms) / 1000)
    yield (
        "sent",
        f"{count_text(remote.sent_samples_total)} samples in "
        f"{count_text(remote.sent_blocks_total)} requests, {bytes_text(remote.sent_bytes_total)}",
    )
    if remote.bytes_per_sample is not None:
        yield "size", f"{remote.bytes_per_sample:.2f} bytes a sample"
    answers = ", ".join(
        f"{count_text(n)} x {status}" for status, n in sorted(remote.answers.items())
    )
    yield "answers", answers or "none yet"
    lost = ", ".join(
        f"{count_text(n)} {reason.replace('_', ' ')}"
        for reason, n in remote.dropped_samples.items()
        if n
    )
    yield "lost", lost or "nothing"
    if remote.rejected_lines_total:
        refused = f"{count_text(remote.rejected_lines_total)} refusals are kept with its words: "
        yield "refused", f"{refused}promferry queue rejected"
    yield from _limits(remote)
    yield (
        "on disk",
        f"{bytes_text(queue.disk_file_bytes)} in {queue.disk_segments} files; "
        f"{_disk_text(queue.disk_state)}",
    )
    per_day = queue.disk_written_bytes_total / max(running_s, 60.0) * _DAY_S
    yield (
        "written to disk",
        f"{bytes_text(queue.disk_written_bytes_total)}, {bytes_text(per_day)} a day",
    )


_PRESSURES = {
    "free": "it lasts",
    "warn": "at this rate it will not last",
    "hold": "the backlog waits for the next period",
    "thin": "the backlog waits, live data goes by every second tick",
    "stop": "everything waits for the next period",
}


def _limits(remote: "RemoteStatistics") -> Iterator[tuple[str, str]]:
    throttle = remote.throttle
    if throttle.rate_limit_bytes:
        yield (
            "rate limit",
            f"{bytes_text(throttle.rate_limit_bytes)} a second, waited for "
            f"{count_text(throttle.rate_limit_reached_total)} times",
        )
    if throttle.budget_bytes:
        forecast = throttle.budget_forecast_bytes
        ahead = "" if forecast is None else f", {bytes_text(forecast)} by its end at this rate"
        yield (
            "data budget",
            f"{bytes_text(throttle.budget_spent_bytes)} of {bytes_text(throttle.budget_bytes)} "
            f"spent{ahead}; {_PRESSURES[throttle.pressure]}",
        )
    if throttle.backlog_window_open is not None:
        yield "backlog", "may go now" if throttle.backlog_window_open else "waits for its hours"


def _disk_text(state: str) -> str:
    return {"ok": "the disk is fine", "off": "no disk is used"}.get(state, state)


def forecast_text(remote: "RemoteStatistics", tracks: "Sequence[Track]") -> str:
    """When the backlog will be gone, from how it changed in the last minutes."""
    if not remote.pending_samples:
        return "now"
    points = next(
        (
            track.points
            for track in tracks
            if track.name == "pending_samples" and track.remote == remote.name
        ),
        (),
    )
    step_s = tracks[0].step_s if tracks else 0.0
    recent = [point for point in list(points)[-_LOOK_BACK:] if not math.isnan(point)]
    if len(recent) < 3:
        return "not known yet"
    # From its highest point on: what grew before the link was back says nothing of the draining.
    top = max(range(len(recent)), key=lambda at: (recent[at], at))
    falling = recent[top:]
    gone = falling[0] - falling[-1]
    if len(falling) < 3 or gone <= 0:
        return "not before the backlog shrinks; it does not now"
    left_s = falling[-1] / gone * (len(falling) - 1) * step_s
    if left_s < 90:
        return "within a minute or two"
    if left_s < 5400:
        return f"in about {left_s / 60:.0f} min"
    return f"in about {left_s / 3600:.1f} h"
