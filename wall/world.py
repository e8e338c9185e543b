"""The map of the world: land without borders, a dot for each country that sent letters, a line from each to the North.

Land and places are written by `tools/make_map.py`. The map is Pacific-centred, as on the walls of Korean schools:
Europe and Africa stand on the left, the Americas on the right.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext

from supporters import countries

if TYPE_CHECKING:
    # Drawing the land needs no database: tools/make_map.py runs without settings.
    from .figures import Figures

DATA = Path(__file__).parent / "data"

WIDTH, HEIGHT = 960, 412
WEST, NORTH = -29.0, 83.7  # degrees at the left and the upper edge
EAST = 350.0  # the left edge again and a little more, so that Greenland is not cut
DESTINATION = (126.9, 40.9)  # where all lines end; the envelope stands here

# Area goes by letters. Below the smallest a dot is lost on a phone, above the largest Seoul's would hide the envelope.
SMALLEST, LARGEST = 3.0, 10.0
FULL_SIZE_FROM = 40  # letters: a wall that has only begun shows small dots


FIRST_ROWS = 24  # of the list; the others open on demand


class Dot(NamedTuple):
    x: int
    y: int
    radius: str
    line: str  # the curve to the destination, as path data


@dataclass(frozen=True)
class Drawing:
    """What the template of the map puts into one SVG."""

    dots: list[Dot]
    land: str
    x: int  # of the envelope
    y: int
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class Row:
    """One line of the list below the map; without a code it is no single country and leads nowhere."""

    code: str
    label: str
    count: int
    share: int  # per cent of the longest bar


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """Where a place lies on the map (Patterson's cylindrical projection)."""
    if longitude < WEST + 3:
        longitude += 360
    scale = WIDTH / math.radians(EAST - WEST)
    return math.radians(longitude - WEST) * scale, (_height(NORTH) - _height(latitude)) * scale


def _height(latitude: float) -> float:
    phi = math.radians(latitude)
    return 1.0148 * phi + 0.23185 * phi**5 - 0.14499 * phi**7 + 0.02406 * phi**9


@cache
def land() -> str:
    """The outline of all land as path data."""
    return (DATA / "land.txt").read_text(encoding="ascii").strip()


@cache
def places() -> dict[str, tuple[int, int]]:
    """Where the dot of each country stands, by code."""
    with (DATA / "places.tsv").open(encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {row["code"]: _rounded(float(row["longitude"]), float(row["latitude"])) for row in rows}


def _rounded(longitude: float, latitude: float) -> tuple[int, int]:
    x, y = project(longitude, latitude)
    return round(x), round(y)


def destination() -> tuple[int, int]:
    """Where all lines end."""
    return _rounded(*DESTINATION)


def drawing(counts: Mapping[str, int]) -> Drawing:
    """The map of the countries in `counts`, the largest dot first so that none hides a smaller one."""
    most = max([FULL_SIZE_FROM, *counts.values()])
    rows = sorted((-count, code) for code, count in counts.items() if code in places())
    return Drawing([_dot(*places()[code], -count / most) for count, code in rows], land(), *destination())


def _dot(x: int, y: int, share: float) -> Dot:
    radius = max(SMALLEST, round(2 * LARGEST * math.sqrt(share)) / 2)
    end_x, end_y = destination()
    # Half-way, and higher the wider the line spans: lines of neighbours stay apart and none touches the upper edge.
    lift = 0.19 * abs(end_x - x) + 0.03 * abs(end_y - y)
    control = f"{round((x + end_x) / 2)} {round((y + end_y) / 2 - lift)}"
    return Dot(x, y, f"{radius:g}", f"M{x} {y}Q{control} {end_x} {end_y}")


def rows(counted: Figures, language: str) -> tuple[list[Row], list[Row]]:
    """The list of countries, the most letters first, in two parts: what always shows and what opens on demand.

    Last come the letters of countries that are not named, and those of friends somewhere.
    """
    named = [(countries.country(code, language), count) for code, count in counted.named.items()]
    named.sort(key=lambda row: (row[0].code == countries.SOMEWHERE, -row[1], row[0].name))
    lines = [(country.code, country.label, count) for country, count in named]
    if counted.unnamed:
        at = len(lines) - (countries.SOMEWHERE in counted.named)
        lines.insert(at, ("", gettext("other countries"), counted.unnamed))
    most = max((count for *_name, count in lines), default=1)
    listed = [Row(code, label, count, max(1, round(100 * count / most))) for code, label, count in lines]
    # A handful behind a button would not be worth the pressing.
    cut = FIRST_ROWS if len(listed) > FIRST_ROWS + 6 else len(listed)
    return listed[:cut], listed[cut:]
