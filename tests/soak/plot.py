"""Time series as SVG, without dependencies."""
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 240, 60, 20, 40, 40
COLOURS = ["#1f6feb", "#cf222e", "#1a7f37", "#8250df", "#9a6700"]
# More points than pixels make files large.
POINTS = 240


def text(x, y, content, anchor="middle", size=12, fill="#57606a"):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}" font-family="sans-serif" fill="{fill}">{content}</text>'


def ticks(top):
    """At most six round numbers from 0 to at least `top`."""
    step = 10 ** math.floor(math.log10(top))
    step = next(s for s in (step / 5, step / 2, step, step * 2) if top / s <= 5)
    return [step * i for i in range(math.ceil(top / step) + 1)]


def thinned(points):
    """The averages of consecutive points, at most POINTS."""
    size = math.ceil(len(points) / POINTS)
    blocks = [points[at : at + size] for at in range(0, len(points), size)]
    return [tuple(sum(column) / len(block) for column in zip(*block)) for block in blocks]


def lines(title, unit, series):
    """One line for each list of (seconds, y) in `series`; y begins at 0."""
    series = {name: thinned(points) for name, points in series.items() if points}
    end = max(points[-1][0] for points in series.values())
    rows = ticks(max(y for points in series.values() for _, y in points) or 1)
    minutes = ticks(end / 60)
    across = lambda seconds: LEFT + seconds / 60 / minutes[-1] * (WIDTH - LEFT - RIGHT)
    down = lambda y: HEIGHT - BOTTOM - y / rows[-1] * (HEIGHT - TOP - BOTTOM)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>', text(WIDTH / 2, 16, title, size=14)]
    for y in rows:
        out.append(f'<line x1="{LEFT}" y1="{down(y):.1f}" x2="{WIDTH - RIGHT}" y2="{down(y):.1f}" stroke="#d0d7de"/>')
        out.append(text(LEFT - 8, down(y) + 4, f"{y:g}", "end"))
    out += [text(across(minute * 60), HEIGHT - BOTTOM + 16, f"{minute:g}") for minute in minutes]
    out += [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "minutes"), text(8, TOP - 10, unit, "start")]
    for i, (name, points) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)
        out += [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
                text(WIDTH - RIGHT - 110 * (len(series) - 1 - i), TOP - 10, name, "end", fill=colour)]
    return "\n".join([*out, "</svg>"]) + "\n"
