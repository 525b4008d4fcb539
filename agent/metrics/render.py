"""Renders the rows as exposition text.

Takes a snapshot, gives text format 0.0.4. Imported when somebody first asks for /metrics.
Not by prometheus_client: its import takes 4.5 MiB, a tenth of what an idle agent may have, and it
writes no vmrange; tests read our text with its parser.
"""

from collections.abc import Iterable, Iterator

from agent.metrics import kernel, limits, process, prometheus_names, pushes, remotes, scraping
from agent.metrics.family import Family, Sample, Snapshot

FAMILIES: tuple[Family, ...] = (
    *remotes.FAMILIES,
    *limits.FAMILIES,
    *scraping.FAMILIES,
    *pushes.FAMILIES,
    *process.FAMILIES,
    *kernel.FAMILIES,
)
_INFINITY = float("inf")
_WHOLE_BELOW = 2**53  # up to there every whole number is exact

PROMETHEUS_FAMILIES: tuple[Family, ...] = prometheus_names.FAMILIES


class Renderer:
    """`with_prometheus_names`: the same figures under Prometheus' names as well."""

    def __init__(self, *, with_prometheus_names: bool = False) -> None:
        more = PROMETHEUS_FAMILIES if with_prometheus_names else ()
        self._families = tuple(one for one in (*FAMILIES, *more) if one is not process.FLAG)

        self._flags: object = None
        self._flag_text = ""

    def render(self, snapshot: Snapshot) -> bytes:
        lines = [self._flag_lines(snapshot)]
        for family in self._families:
            lines += _lines(family, family.read(snapshot))
        return "".join(lines).encode("utf-8", "replace")

    def _flag_lines(self, snapshot: Snapshot) -> str:
        # Flags never change, and are half of all lines.
        if self._flags is not snapshot.flags:
            self._flags = snapshot.flags
            self._flag_text = "".join(_lines(process.FLAG, process.FLAG.read(snapshot)))
        return self._flag_text


def _lines(family: Family, samples: Iterable[Sample]) -> Iterator[str]:
    """Nothing at all for a family without samples."""
    is_first = True
    for values, value in samples:
        if is_first:
            yield f"# HELP {family.name} {_escaped(family.help)}\n"
            yield f"# TYPE {family.name} {family.kind}\n"
            is_first = False
        labels = ",".join(map(_pair, family.labels, values))
        yield f"{family.name}{f'{{{labels}}}' if labels else ''} {_number(value)}\n"


def _pair(name: str, value: str) -> str:
    # Fast path: nearly all values.
    if '"' not in value and "\\" not in value and "\n" not in value:
        return f'{name}="{value}"'
    return f'{name}="{_escaped(value).replace(chr(34), chr(92) + chr(34))}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    if value in (_INFINITY, -_INFINITY):
        return "+Inf" if value > 0 else "-Inf"
    if value != value:
        return "NaN"
    is_whole = abs(value) < _WHOLE_BELOW and value == int(value)
    return str(int(value)) if is_whole else repr(float(value))
