"""`-streamAggr.*` and its twin per URL: known, and refused."""

from agent.flags.flag import BOOL, DURATION, INT, STRING, Flag, Group, Kind, Value
from agent.flags.groups import when

_OPTIONS: tuple[tuple[str, Kind, Value, str], ...] = (
    ("config", STRING, "", "A file with the aggregations."),
    ("keepInput", BOOL, False, "Keep what was aggregated."),
    ("dropInput", BOOL, False, "Drop what was not aggregated."),
    ("dedupInterval", DURATION, 0, "Keep one sample of a series in so long."),
    ("dropInputLabels", STRING, "", "Labels to leave out before."),
    ("ignoreOldSamples", BOOL, False, "Leave out samples that come late."),
    ("ignoreFirstIntervals", INT, 0, "Leave out so many intervals at the start."),
    ("enableWindows", BOOL, False, "Aggregate in fixed windows."),
)

GROUP = Group(
    "streamAggr",
    "Stream aggregation",
    (
        *(
            Flag(
                f"streamAggr.{name}",
                kind,
                default,
                text,
                many=name == "dropInputLabels",
                later=when.AGGREGATION,
            )
            for name, kind, default, text in _OPTIONS
        ),
        *(
            Flag(
                f"remoteWrite.streamAggr.{name}",
                kind,
                default,
                f"For one remote: {text}",
                many=True,
                later=when.AGGREGATION,
            )
            for name, kind, default, text in _OPTIONS
        ),
    ),
)
