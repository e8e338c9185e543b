"""Draw the land and the places of the world map once, from public-domain shapes; the result stands in wall/data/.

    python tools/make_map.py FOLDER

FOLDER is the npm package `world-atlas` (2.0.2) as installed: Natural Earth's shapes (public domain) as TopoJSON (the
package: ISC licence, Copyright Michael Bostock; none of its code is used). The same package gives the same files. Run
it again only to change the drawing: no build and no test needs the package.
"""

from __future__ import annotations

import heapq
import json
import math
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from babel.core import get_global  # noqa: E402

from supporters import countries  # noqa: E402
from wall import world  # noqa: E402

Point = tuple[float, float]
Ring = list[Point]

# A corner that changes less than this area, or an island smaller than the second, is left out (units of the drawing).
CORNER, ISLAND = 5.0, 8.0
# Around Korea, where all look, corners count as if they were larger.
NEAR_KOREA, CLOSER = 24.0, 5.0
SOUTHMOST = -57.0  # Antarctica lies below
# Shapes without a number in the data, by name.
UNNUMBERED = {"Kosovo": "XK"}
# Where the widest part of the largest piece of land is not where one looks for the country, and where there is none.
BY_HAND: dict[str, Point] = {
    "AQ": (-62.0, -56.5),  # at the lower edge, below Cape Horn: the land itself is not drawn
    "AU": (134.0, -25.0),
    "BQ": (-68.3, 12.2),
    "BV": (3.4, -54.4),
    "CA": (-106.0, 55.0),
    "CC": (96.8, -12.2),
    "CX": (105.6, -10.5),
    "GF": (-53.1, 4.0),
    "GI": (-5.4, 36.1),
    "GP": (-61.6, 16.2),
    "ID": (110.3, -7.4),
    "KI": (173.0, 1.4),
    "KR": (127.4, 35.3),  # in the south of it: the largest dot must not reach the envelope
    "MQ": (-61.0, 14.6),
    "MY": (102.2, 4.0),
    "NZ": (175.4, -39.0),
    "RE": (55.5, -21.1),
    "RU": (60.0, 58.0),
    "SE": (15.5, 60.5),
    "SJ": (16.0, 78.6),
    "TK": (-171.8, -9.2),
    "TV": (179.2, -8.5),
    "UM": (166.6, 19.3),
    "US": (-98.0, 39.0),
    "YT": (45.2, -12.8),
}


class Shapes:
    """One TopoJSON file."""

    def __init__(self, path: Path) -> None:
        self._data = json.loads(path.read_text(encoding="utf-8"))
        (scale_x, scale_y), (move_x, move_y) = (self._data["transform"][key] for key in ("scale", "translate"))
        self._arcs = []
        for arc in self._data["arcs"]:
            x = y = 0
            points = []
            for step_x, step_y in arc:
                x, y = x + step_x, y + step_y
                points.append((x * scale_x + move_x, y * scale_y + move_y))
            self._arcs.append(points)

    def geometries(self, name: str) -> list[dict[str, Any]]:
        """The shapes of one layer."""
        found: list[dict[str, Any]] = self._data["objects"][name]["geometries"]
        return found

    def polygons(self, geometry: dict[str, Any]) -> Iterator[list[Ring]]:
        """The polygons of a shape: an outline each, and the holes in it."""
        polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
        for rings in polygons:
            yield [self._ring(indexes) for indexes in rings]

    def _ring(self, indexes: list[int]) -> Ring:
        points: Ring = []
        for index in indexes:
            arc = self._arcs[index] if index >= 0 else self._arcs[~index][::-1]
            points += arc if not points else arc[1:]
        return _unrolled(points)


def _unrolled(ring: Ring) -> Ring:
    """The ring without the jump at the date line, on the side of the map where most of it lies."""
    turned = [ring[0]]
    for longitude, latitude in ring[1:]:
        step = (longitude - turned[-1][0] + 180) % 360 - 180
        turned.append((turned[-1][0] + step, latitude))
    middle = (min(turned)[0] + max(turned)[0]) / 2
    shift = math.floor((middle - world.WEST - 3) / 360) * 360
    return [(longitude - shift, latitude) for longitude, latitude in turned]


def _drawn(ring: Ring) -> Ring:
    """The ring in units of the drawing."""
    # Not by project(): it turns round at the edge of the map, and would tear Greenland apart.
    unit = world.WIDTH / (world.EAST - world.WEST)
    return [((x - world.WEST) * unit, world.project(0, y)[1]) for x, y in ring]


def _area(ring: Ring) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))) / 2


def simplified(ring: Ring, corner: float) -> Ring:
    """The closed ring without the corners that matter least (Visvalingam and Whyatt)."""
    points = ring[:-1]
    count = len(points)
    before = [(index - 1) % count for index in range(count)]
    after = [(index + 1) % count for index in range(count)]

    def weight(index: int) -> float:
        closer = CLOSER if math.dist(points[index], world.destination()) < NEAR_KOREA else 1
        return closer * _area([points[before[index]], points[index], points[after[index]], points[before[index]]])

    weights = [weight(index) for index in range(count)]
    queue = [(size, index) for index, size in enumerate(weights)]
    heapq.heapify(queue)
    gone: set[int] = set()
    while queue and count - len(gone) > 3:
        size, index = heapq.heappop(queue)
        if index in gone or size != weights[index]:
            continue
        if size >= corner:
            break
        gone.add(index)
        before[after[index]], after[before[index]] = before[index], after[index]
        for neighbour in (before[index], after[index]):
            # Never less than what is gone already: the order of leaving is the order of importance.
            weights[neighbour] = max(size, weight(neighbour))
            heapq.heappush(queue, (weights[neighbour], neighbour))
    kept = [point for index, point in enumerate(points) if index not in gone]
    return [*kept, kept[0]]


def land_path(shapes: Shapes) -> str:
    """All land but Antarctica as relative path data in whole units."""
    rings = []
    for geometry in shapes.geometries("land"):
        for polygon in shapes.polygons(geometry):
            if max(latitude for _longitude, latitude in polygon[0]) < SOUTHMOST:
                continue
            rings += [ring for ring in map(_drawn, polygon) if _area(ring) >= ISLAND]
    parts = []
    here = (0, 0)
    for ring in sorted((simplified(ring, CORNER) for ring in rings), key=lambda ring: (-_area(ring), ring)):
        corners = [(round(x), round(y)) for x, y in ring[:-1]]
        corners = [corner for corner, last in zip(corners, [None, *corners], strict=False) if corner != last]
        if len(corners) < 3:
            continue
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise([here, *corners])]
        parts.append("m" + "".join(f" {x} {y}" for x, y in steps).strip().replace(" -", "-") + "z")
        here = corners[0]
    return "".join(parts)


def _distance(point: Point, ring: Ring) -> float:
    """From a point to the nearest stretch of the ring."""
    x, y = point
    nearest = math.inf
    for (ax, ay), (bx, by) in pairwise(ring):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        along = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / length)) if length else 0.0
        nearest = min(nearest, math.hypot(x - ax - along * dx, y - ay - along * dy))
    return nearest


def is_inside(point: Point, ring: Ring) -> bool:
    x, y = point
    crossings = 0
    for (ax, ay), (bx, by) in pairwise(ring):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            crossings += 1
    return crossings % 2 == 1


def heart(ring: Ring) -> Point:
    """The point of the ring that is farthest from its edge, found on grids that get finer."""
    xs, ys = [x for x, _y in ring], [y for _x, y in ring]
    left, top, width, height = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    best, farthest = ring[0], -1.0
    for _round in range(4):
        for column in range(17):
            for row in range(17):
                point = (left + width * column / 16, top + height * row / 16)
                if is_inside(point, ring) and (distance := _distance(point, ring)) > farthest:
                    best, farthest = point, distance
        width, height = width / 4, height / 4
        left, top = best[0] - width / 2, best[1] - height / 2
    return best


def places(shapes: Shapes) -> dict[str, Point]:
    """Where the dot of each country stands: in the midst of its largest piece of land."""
    names = get_global("territory_aliases")
    largest: dict[str, Ring] = {}
    for geometry in shapes.geometries("countries"):
        code = UNNUMBERED.get(geometry["properties"]["name"]) or "".join(names.get(geometry.get("id", ""), ()))
        for polygon in shapes.polygons(geometry):
            if code in countries.codes() and _area(_drawn(polygon[0])) > _area(_drawn(largest.get(code, [(0, 0)]))):
                largest[code] = polygon[0]
    found = {code: heart(simplified(ring, 0.02)) for code, ring in largest.items()} | BY_HAND
    if missing := countries.codes() - found.keys():
        raise SystemExit(f"No place for {', '.join(sorted(missing))}.")
    return {code: ((x + 180) % 360 - 180, y) for code, (x, y) in found.items()}


def main(folder: Path) -> None:
    path = land_path(Shapes(folder / "land-110m.json"))
    (world.DATA / "land.txt").write_text(path + "\n", encoding="ascii")
    found = places(Shapes(folder / "countries-50m.json"))
    lines = [f"{code}\t{x:.1f}\t{y:.1f}\n" for code, (x, y) in sorted(found.items())]
    (world.DATA / "places.tsv").write_text("code\tlongitude\tlatitude\n" + "".join(lines), encoding="ascii")
    print(f"{len(path)} bytes of land, {len(found)} places")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
