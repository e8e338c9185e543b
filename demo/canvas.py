"""A sheet to draw on: twice the size while drawing, brought down at the end so that every edge is smooth."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

PAPER = "#f3ecdf"
INK = "#2b2520"
PINE = "#1d5c4d"
SAGE = "#8fae9f"
SUN = "#d9713f"
NIGHT = "#26314a"
SAND = "#e9dcc3"

FLAME = "#f6c36b"

WIDTH, HEIGHT = 1600, 1100
SCALE = 2

Point = tuple[float, float]
Colour = str | tuple[int, int, int] | tuple[int, int, int, int]


def rgb(colour: Colour) -> tuple[int, int, int]:
    """The three numbers behind #rrggbb; a tuple passes through without its opacity."""
    if isinstance(colour, str):
        return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
    return colour[0], colour[1], colour[2]


def mix(first: Colour, second: Colour, share: float) -> tuple[int, int, int]:
    """A colour on the way from the first to the second."""
    a, b = rgb(first), rgb(second)
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def veil(colour: Colour, opacity: float) -> tuple[int, int, int, int]:
    """The colour as a thin layer."""
    return (*rgb(colour), round(255 * opacity))


def smooth(points: Sequence[Point], closed: bool = True, steps: int = 14) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    count = len(points)
    curve: list[Point] = []
    for i in range(count if closed else count - 1):
        if closed:
            near = [points[(i + k) % count] for k in (-1, 0, 1, 2)]
        else:
            near = [points[min(max(i + k, 0), count - 1)] for k in (-1, 0, 1, 2)]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = near
        for step in range(steps):
            t = step / steps
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
            x = sum(w * v for w, v in zip(weights, (ax, bx, cx, dx), strict=True)) / 2
            y = sum(w * v for w, v in zip(weights, (ay, by, cy, dy), strict=True)) / 2
            curve.append((x, y))
    if not closed:
        curve.append(points[-1])
    return curve


def turn(points: Iterable[Point], degrees: float, centre: Point) -> list[Point]:
    """The points, turned around a centre."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    cx, cy = centre
    return [(cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos) for x, y in points]


WOOD = mix(SUN, INK, 0.45)


class Canvas:
    """Coordinates are those of the finished picture."""

    def __init__(self, width: int, height: int, ground: Colour = PAPER, seed: int = 7) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), rgb(ground))
        self.pen = ImageDraw.Draw(self.image, "RGBA")
        self.random = np.random.default_rng(seed)

    @classmethod
    def over(cls, image: Image.Image) -> "Canvas":
        """Go on drawing over a copy of an image, which has SCALE times the size of the finished picture."""
        sheet = cls(1, 1, seed=12)
        sheet.width, sheet.height = image.width // SCALE, image.height // SCALE
        sheet.image = image.copy()
        sheet.pen = ImageDraw.Draw(sheet.image, "RGBA")
        return sheet

    def wash(self, stops: Sequence[tuple[float, Colour]], top: float = 0, bottom: float | None = None) -> None:
        """Fill from edge to edge with colours that run into one another from top to bottom."""
        self.wash_box((0, top, self.width, self.height if bottom is None else bottom), stops)

    def wash_box(self, area: tuple[float, float, float, float], stops: Sequence[tuple[float, Colour]]) -> None:
        """The same within a rectangle."""
        x0, y0, x1, y1 = (round(edge * SCALE) for edge in area)
        where = np.linspace(0, 1, y1 - y0)
        bands = [np.interp(where, [s for s, _ in stops], [rgb(c)[i] for _, c in stops]) for i in range(3)]
        strip = Image.fromarray(np.stack(bands, axis=1).round().astype(np.uint8)[:, None, :])
        self.image.paste(strip.resize((x1 - x0, y1 - y0)), (x0, y0))

    def shape(self, points: Iterable[Point], colour: Colour) -> None:
        """A filled outline."""
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def blob(self, points: Sequence[Point], colour: Colour, steps: int = 14) -> None:
        """A filled outline with rounded corners through the points; small ones need fewer steps."""
        self.shape(smooth(points, steps=steps), colour)

    def oval(self, x: float, y: float, rx: float, ry: float | None = None, colour: Colour = INK) -> None:
        """A filled ellipse around a point."""
        ry = rx if ry is None else ry
        self.pen.ellipse([(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE], fill=colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, radius: float = 0) -> None:
        """A filled rectangle."""
        edges = [x0 * SCALE, y0 * SCALE, x1 * SCALE, y1 * SCALE]
        self.pen.rounded_rectangle(edges, radius * SCALE, fill=colour)

    def stroke(self, points: Sequence[Point], width: float, colour: Colour, curved: bool = True) -> None:
        """A line of even width with round ends."""
        path = [(x * SCALE, y * SCALE) for x, y in (smooth(points, closed=False) if curved else points)]
        self.pen.line(path, fill=colour, width=max(1, round(width * SCALE)), joint="curve")
        if isinstance(colour, str) or len(colour) == 3:  # Round ends would show twice through a veil.
            for x, y in (path[0], path[-1]):
                r = width * SCALE / 2
                self.pen.ellipse([x - r, y - r, x + r, y + r], fill=colour)

    def haze(self, points: Sequence[Point], width: float, colour: Colour, opacity: float, blur: float) -> None:
        """A blurred curve: steam, mist, a shadow. Drawn at a quarter of the size, since it has no edges."""
        curve = smooth(points, closed=False)
        margin = width + 3 * blur
        left, top = min(x for x, _ in curve) - margin, min(y for _, y in curve) - margin
        size = (max(x for x, _ in curve) + margin - left, max(y for _, y in curve) + margin - top)
        mask = Image.new("L", (round(size[0] / 2), round(size[1] / 2)))
        path = [((x - left) / 2, (y - top) / 2) for x, y in curve]
        ImageDraw.Draw(mask).line(path, fill=round(255 * opacity), width=round(width / 2), joint="curve")
        mask = mask.filter(ImageFilter.GaussianBlur(blur / 2)).resize((round(size[0] * SCALE), round(size[1] * SCALE)))
        self.image.paste(rgb(colour), (round(left * SCALE), round(top * SCALE)), mask)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 0.8, flat: float = 1) -> None:
        """Light that falls off from a point; `flat` below 1 presses it together."""
        size = 96
        across = np.linspace(-1, 1, size)
        distance = np.sqrt(across[None, :] ** 2 + across[:, None] ** 2)
        light = (np.clip(1 - distance, 0, 1) ** 2.2 * 255 * strength).astype(np.uint8)
        box = (round(2 * radius * SCALE), round(2 * radius * flat * SCALE))
        mask = Image.fromarray(light).resize(box, Image.Resampling.BICUBIC)
        self.image.paste(rgb(colour), (round((x - radius) * SCALE), round((y - radius * flat) * SCALE)), mask)

    def ridge(self, y: float, swing: float, colour: Colour, phase: float = 0, waves: float = 1.5) -> None:
        """Hills from edge to edge, filled down to the bottom."""
        line = []
        for x in range(0, self.width + 9, 8):
            t = x / self.width * math.tau * waves + phase
            lift = math.sin(t) + 0.45 * math.sin(2.3 * t + 1.7 * phase) + 0.16 * math.sin(5.1 * t + phase)
            line.append((float(x), y - swing * lift))
        self.shape([*line, (self.width, self.height), (0, self.height)], colour)

    def stars(self, count: int, bottom: float, colour: Colour = PAPER, left: float = 0, right: float = 0) -> None:
        """A scatter of small points of different brightness."""
        for _ in range(count):
            x = self.random.uniform(left, right or self.width)
            y = bottom * self.random.random() ** 1.2
            self.oval(x, y, self.random.uniform(0.8, 2.3), colour=veil(colour, self.random.uniform(0.35, 0.95)))

    def ripples(self, count: int, area: tuple[float, float, float, float], colour: Colour, longest: float) -> None:
        """Short level strokes, longer towards the lower edge, as light lies on water."""
        x0, y0, x1, y1 = area
        for _ in range(count):
            depth = self.random.random()
            y = y0 + (y1 - y0) * depth
            x = self.random.uniform(x0, x1)
            half = longest * (0.15 + 0.85 * depth) * self.random.uniform(0.3, 1)
            self.oval(x, y, half, 0.7 + 2.2 * depth, veil(colour, self.random.uniform(0.12, 0.5)))

    def finish(self, grain: float = 5) -> Image.Image:
        """Bring the sheet down to size and give it the tooth of paper."""
        small = self.image.reduce(SCALE)
        tooth = self.random.normal(0, grain, (self.height, self.width, 1)).astype(np.float32)
        fibre = Image.fromarray(self.random.integers(96, 160, (self.height // 24, self.width // 24), dtype=np.uint8))
        cloud = np.asarray(fibre.resize(small.size, Image.Resampling.BICUBIC), dtype=np.float32)[..., None]
        pixels = np.asarray(small, dtype=np.float32) + tooth + (cloud - 128) * 0.09
        return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
