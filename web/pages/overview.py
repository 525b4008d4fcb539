"""`/` in a browser: what flows, as one picture, and how it went in the last hour.

Takes snapshots; gives HTML. A stage is a box with its live rate, what was lost there below it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from web.durations import ago_text
from web.pages.chart import bytes_text, chart, count_text
from web.pages.markup import NOTHING, Markup, Template, join

if TYPE_CHECKING:
    from pushqueue.statistics import RemoteStatistics
    from scraper.status import TargetStatus
    from web.views import Flow, Track

REFRESH_S = 5

_HEAD = Template('<h1>%s</h1>\n<div data-refresh-s="%s">\n')
_STAGE = Template(
    '<li class="stage %s"><h2><a href="%s">%s</a></h2><p class="rate">%s</p>'
    '<p class="quiet">%s</p>%s</li>\n'
)
_LOSS = Template('<li><b class="number">%s</b> %s</li>')
_LOSSES = Template('<ul class="losses" aria-label="lost here, in samples since the start">%s</ul>')
_ITEM = Template('<li><a href="%s">%s</a> <span class="quiet">%s</span></li>\n')
_ACTION = Template('<li><code>%s</code> <span class="quiet">%s</span></li>\n')

# What acts is no link: a click, a prefetch or a crawler must not reload the configuration.
ACTIONS = frozenset({"/-/reload"})

_REASONS = {
    "rules": "dropped by metric_relabel_configs",
    "duplicate": "duplicates on their page",
    "out_of_order": "not newer than the sample before",
    "out_of_bounds": "dated too far ahead",
    "series_limit": "over series_limit",
}


@attrs.frozen(kw_only=True)
class Overview:
    """What the page is made of."""

    targets: "Sequence[TargetStatus]"
    dropped_targets: int
    flow: "Flow"
    remotes: "Sequence[RemoteStatistics]"
    tracks: "Sequence[Track]"


def overview_html(
    title: str, seen: Overview, entries: Sequence[tuple[str, str]]
) -> Iterator[Markup]:
    yield _HEAD(title, REFRESH_S)
    yield Markup('<ol class="pipeline" aria-label="The way of a sample">\n')
    yield _targets(seen)
    yield _scraping(seen)
    for remote in seen.remotes:
        yield _remote(remote, seen.tracks)
    if not seen.remotes:
        yield _STAGE("bad", "./remotes", "Remotes", "none", "nothing is sent anywhere", NOTHING)
    yield Markup("</ol>\n<h2>The last hour</h2>\n")
    yield from charts([track for track in seen.tracks if track.name in _ON_OVERVIEW])
    yield Markup('</div>\n<h2>Everything there is</h2>\n<ul class="links">\n')
    for path, what in entries:
        yield _ACTION(path, what) if path in ACTIONS else _ITEM("." + path, path, what)
    yield Markup("</ul>\n")


def _targets(seen: Overview) -> Markup:
    up = sum(target.health == "up" for target in seen.targets)
    down = sum(target.health == "down" for target in seen.targets)
    waiting = len(seen.targets) - up - down
    more = [f"{down} down"] if down else []
    more += [f"{waiting} not scraped yet"] if waiting else []
    more += [f"{seen.dropped_targets} dropped by rules"] if seen.dropped_targets else []
    link = "./targets?show_only_unhealthy=true" if down else "./targets"
    return _STAGE(
        "bad" if down else "good",
        link,
        "Targets",
        f"{up} of {len(seen.targets)} up",
        ", ".join(more) or "all of them answer",
        NOTHING,
    )


def _scraping(seen: Overview) -> Markup:
    flow = seen.flow
    rate = _latest(seen.tracks, "samples")
    return _STAGE(
        "good",
        "./cardinality",
        "Samples",
        f"{count_text(rate)}/s" if rate is not None else "no rate yet",
        f"{count_text(flow.stored_total)} taken since the start",
        _losses({_REASONS.get(reason, reason): count for reason, count in flow.lost.items()}),
    )


def _remote(remote: "RemoteStatistics", tracks: "Sequence[Track]") -> Markup:
    samples = _latest(tracks, "sent_samples", remote.name)
    size = _latest(tracks, "sent_bytes", remote.name)
    rate = f"{count_text(samples)}/s" if samples is not None else "no rate yet"
    rate += f", {bytes_text(size)}/s" if size is not None else ""
    lost = dict(remote.dropped_samples)
    if remote.dropped_by_rules_total:
        lost["dropped by its rules"] = remote.dropped_by_rules_total
    return _STAGE(
        "good" if remote.state == "ok" else "bad",
        "./remotes",
        f"Remote {remote.name}",
        rate if remote.state == "ok" else remote.state,
        waiting_text(remote),
        _losses({reason.replace("_", " "): count for reason, count in lost.items()}),
    )


def waiting_text(remote: "RemoteStatistics") -> str:
    if not remote.pending_samples:
        return "nothing waits"
    age = f", the oldest of {ago_text(remote.oldest_age_s)}" if remote.oldest_age_s else ""
    return f"{count_text(remote.pending_samples)} samples wait{age}"


def _losses(lost: Mapping[str, int]) -> Markup:
    found = [_LOSS(count_text(count), reason) for reason, count in lost.items() if count]
    return _LOSSES(join(found)) if found else NOTHING


def _latest(tracks: "Sequence[Track]", name: str, remote: str = "") -> float | None:
    for track in tracks:
        if (track.name, track.remote) == (name, remote) and not math.isnan(track.points[-1]):
            return track.points[-1]
    return None


def _per_second(number: float) -> str:
    return f"{count_text(number)}/s"


def _bytes_per_second(number: float) -> str:
    return f"{bytes_text(number)}/s"


def _seconds(number: float) -> str:
    return f"{number:.0f} s" if number < 120 else f"{number / 60:.0f} min"


_SHOWN = {
    "samples": ("Samples taken", _per_second),
    "up": ("Targets up", count_text),
    "down": ("Targets down", count_text),
    "lost": ("Samples dropped at the scrape", _per_second),
    "sent_samples": ("Samples sent", _per_second),
    "sent_bytes": ("Bytes sent", _bytes_per_second),
    "pending_samples": ("Samples waiting", count_text),
    "oldest_age_s": ("Age of the oldest", _seconds),
    "lost_samples": ("Samples lost", _per_second),
}


# The page of remotes has all of them.
_ON_OVERVIEW = frozenset({"samples", "up", "down", "lost", "sent_samples", "pending_samples"})


def charts(tracks: "Sequence[Track]", remote: str | None = None) -> Iterator[Markup]:
    """One for each track; of one remote only, if it is named."""
    wanted = [track for track in tracks if remote is None or track.remote == remote]
    if not wanted:
        yield Markup('<p class="quiet">Nothing yet: the first numbers come after 20 s.</p>\n')
        return
    yield Markup('<div class="charts">\n')
    for track in wanted:
        title, show = _SHOWN[track.name]
        where = f", {track.remote}" if track.remote and remote is None else ""
        yield chart(title + where, track.points, track.step_s, show)
    yield Markup("</div>\n")
