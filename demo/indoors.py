"""Pictures seen from inside a room: a window, a table, paper birds, a cup."""

import math
from collections.abc import Sequence

from demo.canvas import (
    FLAME,
    HEIGHT,
    INK,
    NIGHT,
    PAPER,
    PINE,
    SAGE,
    SAND,
    SUN,
    WIDTH,
    WOOD,
    Canvas,
    Colour,
    Point,
    mix,
    turn,
    veil,
)


def _flame(sheet: Canvas, x: float, y: float, size: float) -> None:
    """A candle flame standing on the point, with the light around it."""
    sheet.glow(x, y - size * 0.5, size * 9, FLAME, 0.5)
    sheet.glow(x, y - size * 0.5, size * 3, FLAME, 0.8)
    for share, colour in ((1.0, SUN), (0.74, FLAME), (0.42, PAPER)):
        w, h = size * 0.3 * share, size * share
        sheet.blob(
            [(x, y - h), (x + w * 0.9, y - h * 0.42), (x + w * 0.7, y), (x - w * 0.7, y), (x - w, y - h * 0.4)], colour
        )


def _handwriting(sheet: Canvas, x: float, y: float, width: float, lines: int, tilt: float, centre: Point) -> None:
    """Lines of strokes that stand for writing, too small to be read."""
    for row in range(lines):
        at = x
        end = x + width * (0.55 if row == lines - 1 else sheet.random.uniform(0.86, 1))
        while at < end:
            word = sheet.random.uniform(26, 74)
            bumps = max(3, int(word / 8))
            points = [
                (at + word * i / bumps, y + row * 42 + sheet.random.uniform(-9, 9) * (1 if i % 2 else -1))
                for i in range(bumps + 1)
            ]
            sheet.stroke(turn(points, tilt, centre), 3, mix(NIGHT, INK, 0.4))
            at += word + sheet.random.uniform(14, 22)


def night_window(sheet: Canvas) -> None:
    """Wall, window and sill, with a dark valley outside."""
    wall = mix(NIGHT, INK, 0.55)
    sheet.wash([(0, mix(NIGHT, INK, 0.35)), (0.55, mix(NIGHT, SAGE, 0.28)), (0.8, mix(NIGHT, SUN, 0.3))], 0, 860)
    sheet.stars(190, 560)
    sheet.glow(1130, 210, 190, SAND, 0.35)
    sheet.blob(
        [(1118, 164), (1160, 186), (1174, 226), (1150, 262), (1106, 268), (1138, 242), (1144, 210), (1138, 184)], SAND
    )
    for y, swing, share, phase in ((610, 46, 0.30, 0.4), (680, 38, 0.18, 2.2), (760, 30, 0.06, 4.0)):
        sheet.ridge(y, swing, mix(mix(NIGHT, INK, 0.3), SAGE, share), phase)
    for x, y in ((520, 704), (552, 712), (578, 702), (1010, 742), (1040, 748), (700, 760)):
        sheet.glow(x, y, 22, FLAME, 0.7)
        sheet.oval(x, y, 2.6, colour=FLAME)
    for x0, y0, x1, y1 in ((0, 0, 270, 1100), (1330, 0, 1600, 1100), (0, 0, 1600, 70)):
        sheet.box(x0, y0, x1, y1, wall)
    frame = mix(WOOD, INK, 0.45)
    for x0, y0, x1, y1 in (
        (250, 50, 290, 860),
        (1310, 50, 1350, 860),
        (250, 50, 1350, 90),
        (786, 60, 814, 860),
        (270, 420, 1330, 444),
    ):
        sheet.box(x0, y0, x1, y1, frame, 4)
        sheet.box(x0, y0, x0 + 5, y1, mix(frame, FLAME, 0.22), 2)
    sheet.wash([(0, mix(WOOD, SAND, 0.3)), (0.12, WOOD), (1, mix(WOOD, INK, 0.55))], 846, HEIGHT)
    for row in range(7):
        y = 880 + row * 32
        sheet.stroke([(0, y), (500, y + 7 * math.sin(row)), (1100, y - 6), (1600, y + 4)], 2, veil(INK, 0.16))


def _candle() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, NIGHT, seed=3)
    night_window(sheet)
    sheet.glow(1085, 930, 430, FLAME, 0.55, 0.34)
    page = turn([(350, 880), (800, 880), (836, 1044), (306, 1044)], -3, (570, 960))
    sheet.shape([(x + 10, y + 12) for x, y in page], veil(INK, 0.35))
    sheet.shape(page, mix(PAPER, FLAME, 0.14))
    _handwriting(sheet, 372, 916, 404, 3, -3, (570, 960))
    sheet.oval(1085, 990, 128, 30, veil(INK, 0.35))
    sheet.oval(1085, 976, 120, 28, mix(PINE, INK, 0.2))
    sheet.oval(1085, 969, 104, 21, PINE)
    sheet.box(1052, 742, 1118, 972, mix(SAND, PAPER, 0.5), 12)
    sheet.box(1092, 742, 1118, 972, veil(SUN, 0.22), 12)
    sheet.oval(1085, 744, 33, 10, mix(FLAME, PAPER, 0.5))
    sheet.blob([(1056, 748), (1064, 800), (1070, 826), (1076, 798), (1080, 750)], mix(PAPER, FLAME, 0.25))
    sheet.stroke([(1085, 744), (1087, 722)], 4, INK)
    _flame(sheet, 1086, 732, 92)
    return sheet


def _bowl(sheet: Canvas, x: float, y: float, r: float, rim: Colour, soup: Colour | None) -> None:
    """A bowl seen from above, full or empty."""
    sheet.oval(x + 12, y + 16, r, colour=veil(INK, 0.28))
    sheet.oval(x, y, r, colour=rim)
    sheet.oval(x, y, r * 0.88, colour=mix(rim, INK, 0.16))
    sheet.oval(x, y + 3, r * 0.85, colour=mix(rim, PAPER, 0.35))
    if soup is None:
        sheet.oval(x, y, r * 0.42, colour=mix(rim, PAPER, 0.62))
        return
    sheet.oval(x, y, r * 0.75, colour=soup)
    for _ in range(9):
        angle, away = sheet.random.uniform(0, math.tau), sheet.random.uniform(0, r * 0.55)
        at = (x + away * math.cos(angle), y + away * math.sin(angle))
        kind = sheet.random.choice(3)
        sheet.oval(
            *at,
            sheet.random.uniform(6, 15),
            colour=(mix(PINE, SAGE, 0.35), mix(SAND, SUN, 0.2), mix(WOOD, SAND, 0.2))[kind],
        )
    sheet.stroke(
        [(x - r * 0.5, y - r * 0.32), (x - r * 0.2, y - r * 0.55), (x + r * 0.15, y - r * 0.6)], 4, veil(PAPER, 0.55)
    )


def _spoon(sheet: Canvas, x: float, y: float, angle: float) -> None:
    """A wooden spoon lying beside a bowl."""
    wood = mix(SAND, WOOD, 0.55)
    for shift, colour in ((7, veil(INK, 0.25)), (0, wood)):
        handle = turn([(x - 7, y - 10), (x + 7, y - 10), (x + 9, y + 128), (x - 9, y + 128)], angle, (x, y))
        head = turn([(x, y - 66), (x + 27, y - 34), (x, y + 4), (x - 27, y - 34)], angle, (x, y))
        sheet.shape([(a + shift, b + shift) for a, b in handle], colour)
        sheet.blob([(a + shift, b + shift) for a, b in head], colour)


def _table() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, mix(PINE, INK, 0.25), seed=21)
    for i in range(0, 1700, 100):
        sheet.box(i, 0, i + 97, 1100, mix(mix(PINE, INK, 0.3), SAGE, 0.05 + 0.04 * (i // 100 % 3)))
    sheet.oval(818, 574, 640, 520, veil(INK, 0.4))
    sheet.oval(800, 550, 640, 520, mix(WOOD, INK, 0.1))
    sheet.oval(800, 543, 630, 510, mix(WOOD, SAND, 0.32))
    for i in range(-9, 10):
        half = 500 * math.sqrt(max(0.0, 1 - (i * 54 / 630) ** 2))
        sheet.stroke([(800 + i * 54, 543 - half), (806 + i * 54, 543), (800 + i * 54, 543 + half)], 2, veil(INK, 0.12))
    sheet.oval(800, 543, 236, 200, mix(PAPER, SAND, 0.3))
    for ring in (0.93, 0.8):
        points = [
            (800 + 236 * ring * math.cos(a / 30 * math.tau), 543 + 200 * ring * math.sin(a / 30 * math.tau))
            for a in range(31)
        ]
        for i in range(0, 30, 2):
            sheet.stroke(points[i : i + 2], 4, SUN if ring == 0.93 else PINE, curved=False)
    seats = [(90 + 72 * i) for i in range(5)]
    soups: tuple[Colour | None, ...] = (
        None,
        mix(SUN, SAND, 0.25),
        mix(SAGE, PINE, 0.25),
        mix(SAND, WOOD, 0.35),
        mix(SUN, WOOD, 0.25),
    )
    rims: tuple[Colour, ...] = (PAPER, SAGE, mix(SAND, PAPER, 0.3), mix(NIGHT, SAGE, 0.4), SAND)
    for angle, soup, rim in zip(seats, soups, rims, strict=True):
        x, y = 800 + 436 * math.cos(math.radians(angle)), 543 + 356 * math.sin(math.radians(angle))
        if soup is None:
            sheet.oval(x, y, 148, colour=mix(NIGHT, SAGE, 0.3))
            sheet.oval(x, y, 138, colour=mix(PAPER, SAND, 0.5))
        _bowl(sheet, x, y, 112, rim, soup)
        side = 176 if soup is None else 146
        _spoon(sheet, x + side * math.sin(math.radians(angle)), y - side * math.cos(math.radians(angle)), angle - 90)
    _bread(sheet, 800, 543)
    sheet.glow(500, 200, 900, FLAME, 0.18)
    return sheet


def _bread(sheet: Canvas, x: float, y: float) -> None:
    """A round loaf with three cuts."""
    sheet.oval(x + 10, y + 14, 126, 104, veil(INK, 0.25))
    sheet.oval(x, y, 126, 104, mix(WOOD, SUN, 0.45))
    sheet.oval(x - 6, y - 8, 112, 90, mix(SUN, SAND, 0.35))
    for shift in (-44, 0, 44):
        sheet.blob(
            [(x + shift - 18, y + 48), (x + shift - 8, y), (x + shift + 20, y - 56), (x + shift + 14, y)],
            mix(SAND, PAPER, 0.4),
        )


def _crane(sheet: Canvas, x: float, y: float, size: float, colour: Colour, facing: int) -> None:
    """A folded paper crane: flat facets in four tones of one paper."""
    light, dark, deep = mix(colour, PAPER, 0.35), mix(colour, INK, 0.16), mix(colour, INK, 0.34)

    def put(points: list[Point], tone: Colour) -> None:
        sheet.shape([(x + facing * size * a, y + size * b) for a, b in points], tone)

    put([(-0.18, 0.1), (-1.05, -0.5), (-0.1, 0.3)], deep)
    put([(0.2, 0.12), (0.78, -0.52), (0.84, -0.46), (0.2, 0.34)], dark)
    put([(0.78, -0.52), (1.1, -0.34), (0.82, -0.42)], deep)
    put([(-0.05, 0.14), (0.34, -0.98), (0.3, 0.2)], dark)
    put([(-0.34, 0.2), (0.3, 0.14), (0.12, 0.52), (-0.06, 0.52)], colour)
    put([(-0.34, 0.2), (-0.06, 0.52), (0.0, 0.16)], dark)
    put([(-0.3, 0.2), (-0.42, -1.0), (0.24, 0.18)], light)
    put([(-0.42, -1.0), (0.06, 0.02), (0.24, 0.18)], colour)


def _cranes() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, mix(PAPER, SAND, 0.4), seed=13)
    sheet.wash([(0, mix(PAPER, SAND, 0.2)), (1, mix(SAND, WOOD, 0.14))])
    sheet.box(180, 60, 1420, 960, mix(PAPER, SAND, 0.75), 6)
    for x0, x1 in ((206, 788), (812, 1394)):
        sheet.box(x0, 86, x1, 934, mix(SAGE, PAPER, 0.62), 3)
        sheet.wash_box(
            (x0, 86, x1, 934), [(0, mix(SAGE, PAPER, 0.35)), (0.6, mix(SAGE, PAPER, 0.8)), (1, mix(SAND, FLAME, 0.4))]
        )
    sheet.glow(1180, 800, 700, FLAME, 0.4)
    for x, h in ((250, 210), (420, 150), (600, 230), (900, 180), (1090, 130), (1270, 220)):
        sheet.blob(
            [(x - 60, 934), (x - 70, 934 - h * 0.6), (x, 934 - h), (x + 70, 934 - h * 0.55), (x + 60, 934)],
            veil(SAGE, 0.45),
        )
    sheet.box(150, 934, 1450, 972, mix(PAPER, SAND, 0.9), 6)
    sheet.box(150, 966, 1450, 982, veil(INK, 0.16), 6)
    palette = (
        SUN,
        PINE,
        NIGHT,
        SAGE,
        mix(FLAME, SUN, 0.15),
        mix(SUN, PAPER, 0.45),
        mix(PINE, SAGE, 0.5),
        PAPER,
        mix(NIGHT, SAGE, 0.5),
    )
    for i in range(11):
        x = 120 + i * 137 + (26 if i % 2 else -16)
        count = (3, 5, 4, 6, 3, 5, 4, 5, 6, 3, 4)[i]
        first = 96 + (i * 53) % 90
        sheet.stroke([(x, 0), (x, first + (count - 1) * 150)], 2, veil(INK, 0.4), curved=False)
        for k in range(count):
            side = 1 if (i + k) % 3 else -1
            _crane(
                sheet, x, first + k * 150, 66 + 7 * ((i * 5 + k * 3) % 4), palette[(i * 4 + k * 7) % len(palette)], side
            )
    for k in range(4):
        corners = ((1010, 1000), (1190, 1000), (1230, 1056), (1050, 1056))
        paper = turn([(x + k * 26, y + k * 5) for x, y in corners], k * 2, (1120, 1020))
        sheet.shape([(a + 5, b + 7) for a, b in paper], veil(INK, 0.14))
        sheet.shape(paper, (SAGE, PAPER, SUN, mix(NIGHT, SAGE, 0.3))[k])
    return sheet


def _hand(sheet: Canvas, side: int, skin: Colour, sleeve: Colour) -> None:
    """One hand around the cup: sleeve, back of the hand, four fingers and a thumb; side 1 is the right one."""

    def at(points: Sequence[Point]) -> list[Point]:
        return [(800 + side * a, b) for a, b in points]

    shade = mix(skin, INK, 0.22)
    sheet.blob(at([(330, 690), (560, 800), (900, 930), (900, 1240), (560, 1180), (300, 960)]), sleeve)
    for i in range(5):
        shift = i * 62
        sheet.stroke(
            at(
                [(420 + shift, 770 + shift * 0.36), (400 + shift, 880 + shift * 0.5), (410 + shift, 1040 + shift * 0.5)]
            ),
            5,
            veil(INK, 0.16),
        )
    sheet.blob(
        at([(372, 700), (410, 800), (396, 930), (350, 992), (312, 930), (322, 800), (330, 720)]),
        mix(sleeve, PAPER, 0.18),
    )
    sheet.blob(
        at([(128, 560), (232, 500), (318, 560), (372, 720), (366, 930), (300, 940), (210, 880), (150, 760)]), shade
    )
    sheet.blob(
        at([(140, 556), (232, 508), (308, 566), (358, 720), (352, 910), (290, 920), (206, 860), (150, 740)]), skin
    )
    sheet.haze(at([(250, 560), (70, 640), (60, 760), (190, 850)]), 110, INK, 0.22, 26)
    for y, reach, drop in ((556, 34, -8), (640, 14, 0), (722, 22, 6), (798, 52, 14)):
        path = [(262.0, y + drop), (160.0, y - 6 + drop), (reach + 0.0, y + 8)]
        sheet.stroke(at(path), 72, shade)
        sheet.stroke(at([(a, b - 4) for a, b in path]), 64, skin)
        sheet.oval(800 + side * (reach - 6), y + 3, 17, 20, mix(skin, PAPER, 0.42))
    sheet.stroke(at([(246, 540), (196, 470), (150, 428)]), 74, shade)
    sheet.stroke(at([(246, 536), (196, 466), (150, 424)]), 66, skin)


def _cup() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, NIGHT, seed=17)
    sheet.wash([(0, mix(NIGHT, INK, 0.3)), (0.6, mix(NIGHT, PINE, 0.5)), (1, mix(PINE, INK, 0.45))])
    for x, y, r in ((180, 180, 90), (420, 90, 54), (1220, 130, 76), (1430, 300, 110), (1020, 60, 40), (90, 420, 60)):
        sheet.oval(x, y, r, colour=veil(FLAME, 0.13))
        sheet.oval(x, y, r * 0.8, colour=veil(FLAME, 0.08))
    sheet.glow(800, 420, 720, FLAME, 0.42)
    for base, sway, height in ((706, -1, 290), (800, 1, 350), (894, -1, 270)):
        path = [(base + sway * 30 * math.sin(k * 0.9) * (0.3 + k / 9), 372 - height * k / 8) for k in range(9)]
        sheet.haze(path, 44, PAPER, 0.22, 16)
        sheet.haze(path, 14, PAPER, 0.32, 7)
    cup = [(560, 380), (1040, 380), (1022, 780), (960, 900), (640, 900), (578, 780)]
    sheet.shape([(560, 380), (1040, 380), *smooth_corner(cup), (560, 380)], mix(PAPER, SAND, 0.35))
    sheet.shape([(880, 380), (1040, 380), (1022, 780), (960, 900), (840, 900)], veil(WOOD, 0.2))
    for y, height, colour in ((452, 20, PINE), (484, 8, SUN)):
        sheet.shape(
            [
                (560 + (y - 380) * 0.045, y),
                (1040 - (y - 380) * 0.045, y),
                (1039 - (y - 380) * 0.045, y + height),
                (561 + (y - 380) * 0.045, y + height),
            ],
            colour,
        )
    sheet.oval(800, 380, 240, 54, mix(PAPER, SAND, 0.1))
    sheet.oval(800, 383, 222, 45, mix(WOOD, INK, 0.5))
    sheet.oval(800, 392, 212, 35, mix(WOOD, SUN, 0.35))
    sheet.glow(740, 388, 130, FLAME, 0.5, 0.22)
    _hand(sheet, -1, mix(SUN, SAND, 0.62), mix(SUN, INK, 0.18))
    _hand(sheet, 1, mix(SUN, SAND, 0.62), mix(SUN, INK, 0.18))
    return sheet


def smooth_corner(cup: Sequence[Point]) -> list[Point]:
    """The rounded lower half of the cup, from its right edge to its left one."""
    right = [cup[2], (1006, 846), (944, 906), (860, 916)]
    left = [(740, 916), (656, 906), (594, 846), cup[5]]
    return [*right, *left]


SCENES = {"candle": _candle, "table": _table, "cranes": _cranes, "cup": _cup}
