"""The map of the world and its figures: where dots stand, what they may tell, and what all of it weighs."""

from __future__ import annotations

import csv
import gzip
import json
import math
import random
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from supporters import countries
from tests.factories import MessageFactory
from tests.wall.parsed import Page
from tools import make_map
from wall import figures, pages, publishing, world

Corner = tuple[float, float]

# From letters of many countries, the most first.
MANY = (
    "US KR CA GB DE JP AU BR FR PL KE IN MX ZA SE PH TW NG NO AR NZ MN TH CL IT ES NL FI UA IE GR PT CZ HU AT CH BE DK"
    " EE LT LV RO TR KZ AE TZ ET GH EG MA NP BD LK ID MY SG PE CO EC IL BA RS UZ"
).split()
LARGE = "US CA BR AR AU CN IN RU KZ MN DZ CD ZA SA IR MX FR DE PL ES UA TR GB NO SE FI KR JP TH PE NG KE EG GL".split()
PLACES = Path(world.DATA) / "sheltered_countries.tsv"


pytestmark = pytest.mark.any_database


def map_of(counts: dict[str, int], language: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The map page of a wall with these letters."""
    rows = tuple((code, "text", "en", count) for code, count in counts.items())
    monkeypatch.setattr(figures, "current", lambda: figures.Figures(rows=rows, recent=7))
    html = pages.render(language, "map.html")
    assert html is not None
    return html


def svg_of(html: str) -> str:
    match = re.search(r'<svg class="map".*?</svg>', html, re.DOTALL)
    assert match
    return match[0]


def circles(html: str) -> list[tuple[int, int, float]]:
    dots = html[html.index('<g class="dots">') :]
    return [(int(x), int(y), float(r)) for x, y, r in re.findall(r'<circle cx="(\d+)" cy="(\d+)" r="([\d.]+)"/>', dots)]


def weight(text: str) -> int:
    return len(gzip.compress(text.encode(), 6))


def outlines() -> list[list[Corner]]:
    """The pieces of land, as a browser reads the path."""
    x = y = 0
    found = []
    for piece in world.land().removeprefix("m").removesuffix("z").split("zm"):
        numbers = [int(number) for number in re.findall(r"-?\d+", piece)]
        ring = []
        for step_x, step_y in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + step_x, y + step_y
            ring.append((float(x), float(y)))
        x, y = int(ring[0][0]), int(ring[0][1])
        found.append([*ring, ring[0]])
    return found


def is_land(place: tuple[float, float]) -> bool:
    x, y = place
    crossed = 0
    for ring in outlines():
        for (ax, ay), (bx, by) in pairwise(ring):
            crossed += (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax
    return crossed % 2 == 1


# --- Where things stand ------------------------------------------------------------------------------------------


def test_every_country_a_sender_may_choose_has_its_place_in_the_picture() -> None:
    assert world.places().keys() == countries.codes()
    for code, (x, y) in world.places().items():
        assert min(x, y) >= 4, code
        assert x <= world.WIDTH - 4, code
        assert y <= world.HEIGHT - 4, code


def test_large_countries_stand_on_land_and_the_sea_is_none() -> None:
    assert [code for code in LARGE if not is_land(world.places()[code])] == []
    for longitude, latitude in ((-150, 10), (75, -30), (5, -20), (160, 40), (51, 42), (0, -56)):
        assert not is_land(world.project(longitude, latitude)), (longitude, latitude)


def test_countries_with_land_far_away_stand_where_their_people_live() -> None:
    for code, (west, south, east, north) in {
        "FR": (-4, 43, 8, 51),
        "US": (-120, 30, -75, 48),
        "NO": (5, 58, 13, 65),
        "NL": (4, 51, 7, 53),
        "PT": (-9.5, 37, -6, 42),
        "ES": (-9, 37, 2, 43),
        "GB": (-6, 50, 1.5, 58),
        "DK": (8, 54, 13, 57.8),
        "CL": (-75, -45, -68, -20),
        "NZ": (172, -46, 178.5, -35),
    }.items():
        (left, top), (right, bottom) = world.project(west, north), world.project(east, south)
        x, y = world.places()[code]
        assert left <= x <= right, code
        assert top <= y <= bottom, code


def test_the_pacific_is_in_the_middle() -> None:
    at = world.places()
    order = ["IS", "ES", "EG", "KZ", "TH", "KR", "JP", "NZ", "WS", "US", "BR"]
    assert sorted(order, key=lambda code: at[code][0]) == order
    kamchatka, alaska = world.project(159, 55), world.project(-155, 65)
    assert is_land(kamchatka)
    assert is_land(alaska)
    assert kamchatka[0] < alaska[0]
    # The land behind the date line belongs to Asia, and Greenland is in one piece.
    for longitude, latitude in ((-175, 66.5), (180, 68), (-50, 70), (-30, 72)):
        assert is_land(world.project(longitude, latitude)), (longitude, latitude)


def test_all_lines_end_in_the_north_of_korea_and_begin_at_their_dots(monkeypatch: pytest.MonkeyPatch) -> None:
    svg = svg_of(map_of(dict.fromkeys(sorted(countries.codes()), 5), "en", monkeypatch))
    (west, north), (east, south) = world.project(125, 42), world.project(130, 39)

    drawn = re.search(r'<path class="arc" d="([^"]*)"', svg)
    assert drawn
    lines = re.findall(r"M(\d+) (\d+)Q(-?\d+) (-?\d+) (\d+) (\d+)", drawn[1])

    assert "".join(f"M{a} {b}Q{c} {d} {e} {f}" for a, b, c, d, e, f in lines) == drawn[1]
    assert [(int(x), int(y)) for x, y, *_rest in lines] == [(x, y) for x, y, _radius in circles(svg)]
    assert len(lines) == len(countries.codes())
    for _x, from_y, _cx, control_y, end_x, end_y in (map(int, line) for line in lines):
        assert west <= end_x <= east
        assert north <= end_y <= south
        # The curve stays inside the picture.
        assert all((1 - t) ** 2 * from_y + 2 * t * (1 - t) * control_y + t**2 * end_y > 0 for t in (0.25, 0.5, 0.75))
    # The envelope stands where they end, and nothing else marks a place in the North.
    assert f'transform="translate({end_x} {end_y})"' in svg
    assert not [1 for x, y, _r in circles(svg) if west <= x <= east and north <= y <= south]


def test_the_largest_dot_of_the_south_leaves_the_envelope_free() -> None:
    drawing = world.drawing({"KR": 10**6})
    dot = drawing.dots[0]
    assert dot.y - float(dot.radius) >= drawing.y + 4  # its lower edge


# --- What the drawing tells --------------------------------------------------------------------------------------


def test_the_area_of_a_dot_goes_by_its_letters_within_limits() -> None:
    def radii(**counts: int) -> list[float]:
        return [float(dot.radius) for dot in world.drawing(counts).dots]

    largest, quarter, least = radii(US=400, DE=100, KE=1)
    assert (largest, quarter, least) == (world.LARGEST, world.LARGEST / 2, world.SMALLEST)
    assert radii(US=1, DE=1) == [world.SMALLEST] * 2, "one letter does not fill a young map"


def test_the_picture_is_one_image_with_words_and_nothing_but_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    for language in ("ko", "en"):
        svg = svg_of(map_of(dict.fromkeys(MANY, 3), language, monkeypatch))
        elements = Page(svg).elements
        assert elements[0][1]["role"] == "img"
        assert "63" in str(elements[0][1]["aria-label"])
        assert {tag for tag, _attributes in elements} == {"svg", "path", "g", "circle"}
        assert {name for _tag, attributes in elements for name in attributes} == {
            *("class", "viewbox", "role", "aria-label", "d", "transform", "cx", "cy", "r")
        }
        assert not Page(svg).texts


def test_the_same_letters_give_the_same_page_in_whatever_order(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {code: 1 + len(MANY) // (place + 1) for place, code in enumerate(MANY)}
    turned = dict(reversed(counts.items()))
    assert map_of(counts, "en", monkeypatch) == map_of(turned, "en", monkeypatch)


def test_a_friend_somewhere_has_a_row_and_no_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    html = map_of({"ZZ": 9, "DE": 2}, "en", monkeypatch)

    assert len(circles(html)) == 1
    assert "friends in 1 country" in html
    assert re.findall(r"country=(\w\w)", html) == ["DE", "ZZ"]
    assert '<svg class="map"' not in map_of({"ZZ": 9}, "en", monkeypatch), "no map without a single dot"


def test_the_list_reads_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    html = map_of({"DE": 2, "KE": 1}, "ko", monkeypatch)
    links = [attributes for tag, attributes in Page(html).elements if "find/" in str(attributes.get("href"))]
    # A copy drops what only works live, but keeps the words of such a link.
    assert [link["data-live"] for link in links] == ["words"] * 2
    assert "독일 (도이췰란드)" in html


@pytest.mark.parametrize("seed", range(3))
def test_the_map_of_63_countries_is_light(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = MANY if not seed else random.Random(seed).sample(sorted(countries.codes()), 63)
    counts = {code: 1 + 311 // (place + 1) for place, code in enumerate(chosen)} | {"ZZ": 12, "CN": 1}
    for language in ("ko", "en"):
        html = map_of(counts, language, monkeypatch)
        assert weight(html) <= 14_000
        assert weight(svg_of(html)) <= 4_000


@pytest.mark.django_db
def test_drawing_the_map_asks_the_database_nothing(django_assert_num_queries: Any) -> None:
    MessageFactory(approved=True, country="KE")
    publishing.number_due()
    figures.recount()

    # However many letters there are: the figures are counted when something is published, not when a page is drawn.
    with django_assert_num_queries(0):
        html = pages.render("en", "map.html")
    assert "country=KE" in str(html)


# --- Senders who are in danger for writing -----------------------------------------------------------------------


def test_the_list_of_sheltered_countries_gives_a_reason_for_each() -> None:
    with PLACES.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["code"] for row in rows] == sorted({row["code"] for row in rows})
    assert all(row["code"] in countries.codes() and len(row["reason"]) > 20 for row in rows)
    assert figures.sheltered() == {row["code"] for row in rows}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_few_letters_of_a_sheltered_country_stand_under_other_countries(language: str) -> None:
    name = countries.country("CN", language).name

    def publish(**fields: Any) -> None:
        MessageFactory(approved=True, **fields)
        publishing.number_due()
        figures.recount()

    def seen() -> str:
        """All that figures and filters tell."""
        shown = [pages.render(language, path) for path in ("map.html", "about.html")]
        answer = Client().get(f"/{language}/find/").content.decode()
        front = str(pages.render(language, "index.html"))
        choices = "".join(re.findall(r"<select.*?</select>", front + answer, re.DOTALL))
        assert "<option" in choices
        return "".join(map(str, shown)) + choices

    publish(country="DE")
    for country in ("CN", "CN", "LA"):
        publish(country=country)

    text = seen()
    assert name not in text
    assert set(re.findall(r'(?:country=|value=")(\w\w)\b', text)) & countries.codes() == {"DE"}
    with translation.override(language):
        rows = world.rows(figures.current(), language)[0]
        other = rows[1].label
    assert [(row.code, row.count) for row in rows] == [("DE", 1), ("", 3)]
    assert f"<span>{other}</span>" in text
    assert len(circles(text)) == 1
    # The letters count, the countries do not: a figure that grows by one would tell of the first letter.
    assert figures.current().letters == 4
    assert figures.current().countries == 1

    publish(country="CN")
    assert 'country=CN" data-live' in seen()
    assert figures.current().countries == 2


def test_every_other_country_is_named_from_its_first_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    open_codes = sorted(countries.codes() - figures.sheltered())
    html = map_of(dict.fromkeys(open_codes, 1), "ko", monkeypatch)
    assert sorted(re.findall(r"country=(\w\w)", html)) == open_codes
    assert len(circles(html)) == len(open_codes)


# --- The script that drew it -------------------------------------------------------------------------------------


def shapes(folder: Path, rings: list[list[tuple[int, int]]]) -> make_map.Shapes:
    """Shapes as the package stores them: whole numbers, each corner as a step from the one before."""
    arcs = [[list(ring[0]), *([b[0] - a[0], b[1] - a[1]] for a, b in pairwise(ring))] for ring in rings]
    land = {"type": "MultiPolygon", "arcs": [[[index]] for index in range(len(arcs))]}
    data = {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": arcs,
        "objects": {"land": {"geometries": [land]}},
    }
    (folder / "land.json").write_text(json.dumps(data))
    return make_map.Shapes(folder / "land.json")


def test_land_across_the_date_line_is_drawn_in_one_piece_and_the_far_south_not(tmp_path: Path) -> None:
    across = [(170, 60), (-170, 60), (-170, 70), (170, 70), (170, 60)]
    antarctica = [(0, -80), (50, -80), (50, -70), (0, -70), (0, -80)]
    islet = [(0, 0), (0, 1), (1, 1), (0, 0)]

    path = make_map.land_path(shapes(tmp_path, [across, antarctica, islet]))

    left, right = (round(world.project(longitude, 0)[0]) for longitude in (170, -170))
    assert path.count("m") == 1
    assert path.startswith(f"m{left} ")
    assert f"{right - left} 0" in path


def test_the_simplified_outline_keeps_the_corners_that_matter() -> None:
    square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    crumpled = [
        (ax + (bx - ax) * step / 8, ay + (by - ay) * step / 8 + (0.05 if step % 2 else 0))
        for (ax, ay), (bx, by) in pairwise([*square, square[0]])
        for step in range(8)
    ]
    assert make_map.simplified([*crumpled, crumpled[0]], 5) == [*square, square[0]]
    # A corner of this square weighs half of it.
    assert len(set(make_map.simplified([*square, square[0]], 51))) == 3


def test_the_dot_of_a_bent_country_stands_inside_it() -> None:
    bent = [(0.0, 0.0), (10.0, 0.0), (10.0, 2.0), (4.0, 4.0), (3.0, 10.0), (0.0, 10.0), (0.0, 0.0)]
    x, y = make_map.heart(bent)
    assert make_map.is_inside((x, y), bent)
    assert math.hypot(x - 2, y - 2) < 1
