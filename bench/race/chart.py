"""Results as a bar chart: an SVG of our own, readable in a browser and in a page of Markdown."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from race.run import Result

COLOURS = ("#2563eb", "#d97706", "#6b7280", "#059669", "#9333ea", "#dc2626")
LEFT, WIDTH, BAR, GAP, HEAD = 90, 300, 13, 12, 46
PANELS: tuple[tuple[str, Callable[[Result], float], str], ...] = (
    ("CPU, us a sample", lambda result: result.us_per_sample, "{:.2f}"),
    ("resident memory, MiB", lambda result: result.resident_mib, "{:.0f}"),
)


def svg(results: Mapping[str, Sequence[Result]]) -> str:
    """Two panels side by side; for each shape one bar an agent."""
    agents = list(dict.fromkeys(row.agent for rows in results.values() for row in rows))
    colour = {agent: COLOURS[at % len(COLOURS)] for at, agent in enumerate(agents)}
    height = HEAD + sum(BAR * len(rows) + GAP for rows in results.values()) + 10
    width = LEFT + len(PANELS) * (WIDTH + 70)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for at, agent in enumerate(agents):
        x = LEFT + 110 * at
        parts.append(f'<rect x="{x}" y="6" width="10" height="10" fill="{colour[agent]}"/>')
        parts.append(f'<text x="{x + 14}" y="15">{escape(agent)}</text>')
    for panel, (title, read, form) in enumerate(PANELS):
        left = LEFT + panel * (WIDTH + 70)
        parts.append(f'<text x="{left}" y="36" font-weight="bold">{title}</text>')
        parts += _bars(results, left, read, form, colour)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bars(
    results: Mapping[str, Sequence[Result]],
    left: int,
    read: Callable[[Result], float],
    form: str,
    colour: Mapping[str, str],
) -> list[str]:
    parts = []
    y = HEAD
    for shape, rows in results.items():
        # The costliest of a shape fills the panel: shapes differ too much for one scale.
        most = max(map(read, rows)) or 1.0
        if left == LEFT:
            middle = y + BAR * len(rows) / 2 + 4
            parts.append(f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end">{shape}</text>')
        for row in rows:
            length = max(1.0, WIDTH * read(row) / most)
            parts.append(
                f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{BAR - 2}" '
                f'fill="{colour[row.agent]}"/>'
                f'<text x="{left + length + 4:.1f}" y="{y + 9}">{form.format(read(row))}</text>'
            )
            y += BAR
        y += GAP
    return parts
