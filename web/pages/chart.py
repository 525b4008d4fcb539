"""Small charts as SVG from the server: no script, no style attribute, readable without colours.

Takes numbers with one step between them, NaN for gaps; gives one figure with its last, least and
greatest value as text.
"""

import math
from collections.abc import Callable, Iterator, Sequence

from web.pages.markup import Markup, Template, join

WIDTH, HEIGHT = 360, 60
_MARGIN = 3

_FIGURE = Template(
    '<figure class="chart"><figcaption>%s <b>%s</b></figcaption>'
    '<svg viewBox="0 0 %s %s" role="img" aria-label="%s" preserveAspectRatio="none">'
    '<line class="zero" x1="0" x2="%s" y1="%s" y2="%s"/>%s</svg>'
    '<p class="quiet">%s</p></figure>\n'
)
_LINE = Template('<polyline points="%s"/>')
_DOT = Template('<circle cx="%s" cy="%s" r="1.5"/>')

Show = Callable[[float], str]


def chart(title: str, points: Sequence[float], step_s: float, show: Show) -> Markup:
    """`show` writes a number with its unit."""
    known = [point for point in points if not math.isnan(point)]
    if not known:
        return Markup("")
    top = max(known)
    minutes = max(1, round(len(points) * step_s / 60))
    span = f"{minutes} min: {show(min(known))} to {show(top)}"
    bottom = HEIGHT - _MARGIN
    return _FIGURE(
        title,
        show(known[-1]),
        WIDTH,
        HEIGHT,
        f"{title}: now {show(known[-1])}, in the last {span}",
        WIDTH,
        bottom,
        bottom,
        join(_runs(points, top or 1.0)),
        span,
    )


_SPARK = Template(
    '<svg class="spark" viewBox="0 0 90 16" role="img" aria-label="%s" '
    'preserveAspectRatio="none">%s</svg>'
)


def spark(points: Sequence[float], label: str) -> Markup:
    """A line as small as a word; nothing without two numbers."""
    if len(points) < 2:
        return Markup("")
    return _SPARK(label, join(_runs(points, max(points) or 1.0, 90, 16, 1)))


def _runs(
    points: Sequence[float], top: float, width: int = WIDTH, height: int = HEIGHT, margin: int = 3
) -> Iterator[Markup]:
    """A line for each stretch without a gap; a dot for a lonely number."""
    across = width / max(1, len(points) - 1)
    run: list[tuple[float, float]] = []
    for at, value in enumerate([*points, math.nan]):
        if not math.isnan(value):
            above = (height - 2 * margin) * value / top
            run.append((round(at * across, 1), round(height - margin - above, 1)))
            continue
        if len(run) > 1:
            yield _LINE(" ".join([f"{x:g},{y:g}" for x, y in run]))
        elif run:
            yield _DOT(*run[0])
        run = []


def count_text(number: float) -> str:
    """1234 -> 1,234; 1234567 -> 1.23 M."""
    if number >= 1e9:
        return f"{number / 1e9:.3g} G"
    if number >= 1e6:
        return f"{number / 1e6:.3g} M"
    if number >= 10 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.2g}"


def bytes_text(number: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    raise AssertionError("the last unit takes everything")
