"""Percentiles, and the slope of a series with its confidence interval."""
import math

# Averages of blocks are nearly independent of each other, unlike samples of consecutive seconds.
BLOCKS = 60


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values):
    return percentile(values, 0.5)


def slope(points):
    """The slope of (x, y) by least squares, and half the width of its 95 % confidence interval."""
    points = averages(points)
    count = len(points)
    x_mean, y_mean = (sum(column) / count for column in zip(*points))
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    rise = sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
    residuals = [y - y_mean - rise * (x - x_mean) for x, y in points]
    squares = sum(each**2 for each in residuals)
    error = math.sqrt(squares / (count - 2) / spread)
    # Residuals that follow each other carry less information than independent ones.
    following = sum(a * b for a, b in zip(residuals, residuals[1:])) / squares if squares else 0
    following = min(max(following, 0), 0.95)
    return rise, 2 * error * math.sqrt((1 + following) / (1 - following))


def averages(points):
    """The averages of at most BLOCKS blocks of points."""
    size = max(1, len(points) // BLOCKS)
    blocks = [points[at : at + size] for at in range(0, len(points) - size + 1, size)]
    return [tuple(sum(column) / len(block) for column in zip(*block)) for block in blocks]
