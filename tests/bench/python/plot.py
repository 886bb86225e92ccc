"""Line plots as SVG, without dependencies."""
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 300, 60, 20, 36, 44
COLOURS = ["#1f6feb", "#cf222e", "#8250df", "#1a7f37", "#9a6700"]


def text(x, y, content, anchor="middle", size=12):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'font-family="sans-serif" fill="#57606a">{content}</text>')


def line(x1, y1, x2, y2):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#d0d7de"/>'


def short(number):
    return f"{number / 1000:g}k" if number >= 10_000 else f"{number:g}"


def ticks(top):
    """At most six round numbers from 0 to at least `top`."""
    step = 10 ** math.floor(math.log10(top))
    step = next(s for s in (step / 5, step / 2, step, step * 2) if top / s <= 5)
    return [step * i for i in range(math.ceil(top / step) + 1)]


def lines(title, x_title, y_title, series):
    """One line for each list of points in `series`; x is logarithmic, y begins at 0."""
    xs = sorted({x for points in series.values() for x, _ in points})
    rows = ticks(max(y for points in series.values() for _, y in points))
    low, high, top = math.log(xs[0]), math.log(xs[-1]), rows[-1]
    across = lambda x: LEFT + (math.log(x) - low) / (high - low) * (WIDTH - LEFT - RIGHT)
    down = lambda y: HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>', text(WIDTH / 2, 20, title, size=14)]
    for y in rows:
        out += [line(LEFT, down(y), WIDTH - RIGHT, down(y)), text(LEFT - 8, down(y) + 4, short(y), "end")]
    out += [text(across(x), HEIGHT - BOTTOM + 18, short(x)) for x in xs]
    out += [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_title), text(8, TOP - 8, y_title, "start")]
    for i, (name, points) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        if len(series) > 1:
            out.append(f'<text x="{LEFT + 10}" y="{TOP + 14 + 16 * i}" font-size="12" font-family="sans-serif" fill="{colour}">{name}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"
