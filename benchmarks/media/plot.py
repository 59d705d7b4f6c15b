"""Charts over the number of calls as an SVG, side by side, in colours that show on light and dark pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN, GAP = 380, 240, 48, 40
COLOURS = ("#2f81f7", "#d29922")
INK = "#8b949e"
STEPS = 4


@dataclass(frozen=True)
class Line:
    """What one engine reached."""

    name: str
    points: Sequence[tuple[float, float]]
    """Calls and value."""


@dataclass(frozen=True)
class Chart:
    """Lines over the same axes."""

    title: str
    lines: Sequence[Line]
    top: float
    """The largest value that is shown; larger ones lie on the edge."""
    limit: float | None = None
    """Drawn as a dashed line."""


def svg(charts: Sequence[Chart]) -> str:
    """Draw them."""
    width = MARGIN + len(charts) * (WIDTH + GAP)
    height = HEIGHT + 2 * MARGIN
    body = "\n".join(
        part for index, chart in enumerate(charts) for part in _chart(chart, MARGIN + index * (WIDTH + GAP))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="12" fill="{INK}">\n{body}\n</svg>\n'
    )


def _chart(chart: Chart, left: float) -> Iterator[str]:
    most = max(calls for line in chart.lines for calls, _ in line.points)
    bottom = MARGIN + HEIGHT

    def across(calls: float) -> float:
        return left + calls / most * (WIDTH - GAP)

    def up(value: float) -> float:
        return bottom - min(value, chart.top) / chart.top * HEIGHT

    yield f'<text x="{left}" y="{MARGIN - 24}" font-weight="bold">{chart.title}</text>'
    for step in range(STEPS + 1):
        value, calls = chart.top * step / STEPS, most * step / STEPS
        edge = left + WIDTH - GAP
        yield f'<path d="M{left} {up(value):.1f}H{edge}" stroke="{INK}" stroke-opacity="0.25"/>'
        yield f'<text x="{left - 6}" y="{up(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        yield f'<text x="{across(calls):.1f}" y="{bottom + 18}" text-anchor="middle">{calls:g}</text>'
    yield f'<text x="{left}" y="{bottom + 36}">calls</text>'
    if chart.limit is not None:
        yield f'<path d="M{left} {up(chart.limit):.1f}H{left + WIDTH - GAP}" stroke="{INK}" stroke-dasharray="6 4"/>'
    for index, (line, colour) in enumerate(zip(chart.lines, COLOURS, strict=False)):
        corners = " ".join(f"{across(calls):.1f},{up(value):.1f}" for calls, value in line.points)
        yield f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for calls, value in line.points:
            yield f'<circle cx="{across(calls):.1f}" cy="{up(value):.1f}" r="3" fill="{colour}"/>'
        yield f'<text x="{left + 8 + index * 120}" y="{MARGIN - 6}" fill="{colour}">{line.name}</text>'
