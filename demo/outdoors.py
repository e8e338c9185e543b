"""Pictures of weather, water and mountains."""

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
    mix,
    smooth,
    veil,
)


def goose(sheet: Canvas, x: float, y: float, size: float, beat: float, colour: Colour = INK) -> None:
    """A flying goose seen from the side; `beat` from -1 (wings down) to 1 (wings up)."""
    steps = 5 if size < 30 else 14
    body = [(-1.0, 0.02), (-0.55, -0.14), (0.1, -0.16), (0.55, -0.1), (1.15, -0.2), (1.3, -0.16), (1.12, -0.08)]
    sheet.blob(
        [(x + size * a, y + size * b) for a, b in [*body, (0.5, 0.08), (0.0, 0.16), (-0.55, 0.1)]], colour, steps
    )
    tip = -0.95 * beat
    near = [(0.32, -0.06), (0.1, tip * 0.72 - 0.12), (-0.42, tip), (-0.3, tip * 0.55), (-0.34, 0.0)]
    far = [(0.36, -0.1), (0.36, tip * 0.7 - 0.1), (0.12, tip * 0.92), (0.1, tip * 0.45), (0.02, -0.06)]
    sheet.blob([(x + size * a, y + size * b) for a, b in far], veil(colour, 0.75), steps)
    sheet.blob([(x + size * a, y + size * b) for a, b in near], colour, steps)


def autumn_hills(sheet: Canvas) -> None:
    """A low sun and five rows of hills with mist between them."""
    sheet.wash([(0, mix(SAGE, NIGHT, 0.25)), (0.3, mix(SAGE, PAPER, 0.5)), (0.55, SAND), (0.72, mix(SAND, SUN, 0.45))])
    sheet.glow(1120, 640, 560, FLAME, 0.75)
    sheet.oval(1120, 640, 96, colour=mix(SUN, FLAME, 0.35))
    rows = ((690, 40, 0.78, 0.3), (760, 44, 0.6, 1.9), (835, 42, 0.4, 3.4), (925, 38, 0.2, 5.1), (1020, 30, 0.0, 0.9))
    for y, swing, share, phase in rows:
        sheet.ridge(y, swing, mix(mix(PINE, INK, 0.12), mix(SAND, SUN, 0.18), share), phase)
        for x in range(-200, 1801, 400):
            sheet.glow(x, y + 92, 420, SAND, 0.22 * (0.35 + share), 0.13)


def _geese() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, seed=5)
    autumn_hills(sheet)
    for side in (-1, 1):
        for i in range(0 if side == 1 else 1, 7 if side == 1 else 5):
            x, y = 860 - i * 104, 190 + i * 44 * side + i * 26 + (0 if side == 1 else -4)
            goose(sheet, x, y, 50 - i * 1.8, (0.9, 0.2, -0.6, 0.55)[(i + (side == 1)) % 4], mix(INK, NIGHT, 0.4))
    return sheet


def _lighthouse_tower(sheet: Canvas) -> None:
    """The tower with its lantern room and rail."""
    left, right = (470, 430), (630, 670)
    tower = [(left[0], 560), (right[0], 560), (right[1], 1190), (left[1], 1190)]
    sheet.shape(tower, PAPER)
    for y0, y1 in ((650, 745), (850, 955), (1060, 1180)):
        a, b = (y0 - 560) / 630, (y1 - 560) / 630
        sheet.shape([(470 - 40 * a, y0), (630 + 40 * a, y0), (630 + 40 * b, y1), (470 - 40 * b, y1)], SUN)
    sheet.shape([(565, 560), (630, 560), (670, 1190), (575, 1190)], veil(NIGHT, 0.3))
    for x, y in ((535, 790), (538, 1000)):
        sheet.box(x - 13, y - 26, x + 13, y + 20, mix(FLAME, SUN, 0.2), 12)
    sheet.box(440, 540, 660, 566, mix(NIGHT, INK, 0.4), 5)
    for x in range(446, 661, 21):
        sheet.box(x, 500, x + 3, 542, mix(NIGHT, INK, 0.4))
    sheet.box(440, 498, 660, 504, mix(NIGHT, INK, 0.4))
    sheet.box(494, 424, 606, 542, FLAME)
    for x in (494, 530, 567, 602):
        sheet.box(x, 424, x + 4, 542, mix(NIGHT, INK, 0.3))
    sheet.blob([(476, 428), (550, 344), (624, 428), (550, 436)], mix(SUN, INK, 0.3))
    sheet.box(546, 316, 554, 362, mix(NIGHT, INK, 0.3))
    sheet.glow(550, 482, 300, FLAME, 0.85)
    sheet.oval(550, 482, 26, colour=PAPER)


def _lighthouse() -> Canvas:
    sheet = Canvas(1100, 1600, seed=11)
    sheet.wash([(0, mix(NIGHT, INK, 0.35)), (0.42, NIGHT), (0.62, mix(NIGHT, SAGE, 0.55)), (0.72, mix(SAND, SUN, 0.5))])
    sheet.stars(130, 760)
    for spread, strength in ((150, 0.10), (100, 0.12), (58, 0.16)):
        sheet.shape([(550, 476), (-20, 300 - spread), (-20, 300 + spread), (550, 490)], veil(FLAME, strength))
        sheet.shape([(550, 476), (1120, 330 - spread), (1120, 330 + spread), (550, 490)], veil(FLAME, strength * 0.8))
    sheet.wash([(0, mix(SUN, NIGHT, 0.45)), (0.2, mix(NIGHT, SAGE, 0.25)), (1, mix(NIGHT, INK, 0.5))], 1130, 1600)
    sheet.ripples(260, (0, 1140, 1100, 1590), mix(SAND, SUN, 0.35), 92)
    sheet.blob([(-60, 1150), (60, 1096), (170, 1112), (250, 1150), (100, 1180)], mix(NIGHT, INK, 0.35))
    rock = mix(NIGHT, INK, 0.62)
    sheet.blob(
        [(210, 1390), (300, 1240), (396, 1180), (560, 1150), (700, 1176), (830, 1260), (930, 1400), (560, 1450)], rock
    )
    _lighthouse_tower(sheet)
    sheet.blob(
        [
            (150, 1430),
            (330, 1220),
            (430, 1190),
            (470, 1290),
            (560, 1230),
            (640, 1196),
            (760, 1240),
            (950, 1430),
            (560, 1500),
        ],
        mix(rock, INK, 0.4),
    )
    for points in (
        [(350, 1240), (420, 1300), (400, 1390)],
        [(640, 1230), (690, 1300), (800, 1360)],
        [(500, 1300), (540, 1370)],
    ):
        sheet.stroke(points, 5, veil(SAGE, 0.35))
    for y in (1432, 1458, 1490):
        sheet.stroke([(110, y), (360, y + 14), (640, y - 2), (990, y + 10)], 5, veil(PAPER, 0.45))
    return sheet


def lantern(sheet: Canvas, x: float, y: float, size: float) -> None:
    """A small lantern with its light."""
    sheet.glow(x, y, size * 4.2, FLAME, 0.85)
    sheet.box(x - size * 0.5, y - size * 0.62, x + size * 0.5, y + size * 0.7, mix(SUN, INK, 0.35), 4)
    sheet.box(x - size * 0.36, y - size * 0.48, x + size * 0.36, y + size * 0.56, PAPER, 4)
    sheet.stroke([(x - size * 0.3, y - size * 0.6), (x, y - size * 1.1), (x + size * 0.3, y - size * 0.6)], 3, INK)


def grass(sheet: Canvas, count: int, top: float, colour: Colour) -> None:
    """Tufts of grass, taller towards the viewer."""
    for _ in range(count):
        x, depth = sheet.random.uniform(0, sheet.width), sheet.random.random()
        y = top + (sheet.height - top) * depth
        for lean in (-1, 0, 1):
            tall = (10 + 26 * depth) * sheet.random.uniform(0.6, 1.1)
            sheet.stroke([(x, y), (x + lean * tall * 0.4, y - tall)], 1.5 + 2 * depth, colour, curved=False)


def river_at_dawn(sheet: Canvas) -> None:
    """Sky, far bank, sun and their reflection, without the boat."""
    sheet.wash(
        [
            (0, mix(NIGHT, SAGE, 0.6)),
            (0.45, mix(SAGE, SAND, 0.7)),
            (0.8, mix(SAND, SUN, 0.38)),
            (1, mix(FLAME, SUN, 0.3)),
        ],
        0,
        560,
    )
    sheet.glow(1010, 470, 620, FLAME, 0.85)
    sheet.oval(1010, 470, 70, colour=mix(PAPER, FLAME, 0.45))
    for y, swing, share, phase in ((500, 34, 0.66, 0.2), (532, 22, 0.4, 2.4)):
        sheet.ridge(y, swing, mix(mix(PINE, NIGHT, 0.3), SAND, share), phase, 2.1)
    sheet.glow(300, 545, 900, SAND, 0.5, 0.09)
    sheet.wash(
        [
            (0, mix(FLAME, SAND, 0.5)),
            (0.2, mix(SAND, SAGE, 0.6)),
            (0.6, mix(SAGE, NIGHT, 0.5)),
            (1, mix(NIGHT, PINE, 0.3)),
        ],
        556,
        HEIGHT,
    )
    sheet.glow(1010, 640, 300, FLAME, 0.6, 0.9)
    for i in range(34):
        down = 566 + i * i * 0.44
        half = (24 + i * 3.2) * sheet.random.uniform(0.5, 1.1)
        sheet.oval(1010 + sheet.random.uniform(-18, 18), down, half, 1.8 + i * 0.12, veil(mix(PAPER, FLAME, 0.5), 0.6))
    sheet.ripples(240, (0, 580, 1600, 1090), mix(PAPER, SAND, 0.4), 110)
    sheet.ripples(120, (0, 700, 1600, 1090), NIGHT, 130)


def rowing_boat(sheet: Canvas, x: float, y: float, size: float) -> None:
    """A wooden boat with its oars at rest, and its shadow on the water."""
    dark = mix(WOOD, INK, 0.72)
    hull = [
        (-1.15, -0.26),
        (-0.8, -0.06),
        (0, 0.0),
        (0.8, -0.08),
        (1.2, -0.34),
        (0.95, 0.12),
        (0.5, 0.26),
        (-0.5, 0.26),
        (-0.92, 0.1),
    ]
    sheet.glow(x, y + size * 0.32, size * 1.4, NIGHT, 0.95, 0.2)
    sheet.blob([(x + a * size, y + b * size) for a, b in hull], dark)
    sheet.stroke(
        [
            (x + a * size, y + b * size)
            for a, b in ((-1.13, -0.25), (-0.8, -0.07), (0, -0.01), (0.8, -0.09), (1.17, -0.33))
        ],
        size * 0.05,
        mix(WOOD, FLAME, 0.4),
    )
    sheet.stroke(
        [(x + a * size, y + b * size) for a, b in ((-0.95, 0.06), (0, 0.13), (0.98, 0.04))],
        size * 0.025,
        veil(FLAME, 0.35),
    )
    for a, b in ((-0.36, 1), (0.3, 1)):
        sheet.stroke(
            [(x + a * size, y - 0.14 * size), (x + (a - 0.62) * size, y + 0.42 * size * b)],
            size * 0.035,
            mix(WOOD, SAND, 0.3),
            curved=False,
        )
        sheet.blob(
            [
                (x + (a - 0.55) * size, y + 0.34 * size),
                (x + (a - 0.62) * size, y + 0.47 * size),
                (x + (a - 0.76) * size, y + 0.52 * size),
                (x + (a - 0.66) * size, y + 0.38 * size),
            ],
            mix(WOOD, SAND, 0.2),
        )
    sheet.glow(x + size * 0.86, y - size * 0.36, size * 0.7, FLAME, 0.8)
    sheet.box(x + size * 0.82, y - size * 0.44, x + size * 0.9, y - size * 0.28, mix(FLAME, PAPER, 0.4), 4)


def _reeds(sheet: Canvas) -> None:
    """Reeds at the near bank."""
    for _ in range(70):
        left = sheet.random.random() < 0.62
        x = sheet.random.uniform(-20, 330) if left else sheet.random.uniform(1370, 1620)
        tall = sheet.random.uniform(160, 430) * (1 - abs(x - (60 if left else 1560)) / 520)
        lean = sheet.random.uniform(-30, 70) * (1 if left else -1)
        tip = (x + lean, 1110 - tall)
        sheet.stroke(
            [(x, 1110), (x + lean * 0.3, 1110 - tall * 0.55), tip], sheet.random.uniform(3, 7), mix(PINE, INK, 0.62)
        )
        if sheet.random.random() < 0.4:
            sheet.oval(tip[0], tip[1], 7, 26, mix(WOOD, INK, 0.6))


def _boat() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, seed=43)
    river_at_dawn(sheet)
    rowing_boat(sheet, 640, 760, 230)
    _reeds(sheet)
    for i in range(3):
        goose(sheet, 420 + i * 74, 170 + i * 22 - (i == 1) * 30, 24, (0.7, -0.4, 0.3)[i], mix(NIGHT, INK, 0.4))
    return sheet


def mountain_night(sheet: Canvas) -> None:
    """Peaks behind peaks at dusk, the nearest slope dark."""
    sheet.wash(
        [
            (0, mix(NIGHT, INK, 0.42)),
            (0.4, mix(NIGHT, SAGE, 0.2)),
            (0.62, mix(SAGE, SUN, 0.4)),
            (0.75, mix(SAND, SUN, 0.5)),
        ]
    )
    sheet.stars(170, 430)
    peaks = [
        (-20, 700),
        (160, 520),
        (300, 590),
        (520, 300),
        (640, 420),
        (760, 350),
        (960, 560),
        (1180, 400),
        (1400, 590),
        (1620, 470),
        (1620, 1100),
        (-20, 1100),
    ]
    sheet.shape(peaks, mix(NIGHT, SAGE, 0.42))
    snow = [(520, 300), (610, 386), (580, 420), (556, 392), (530, 446), (500, 404), (466, 430), (448, 402)]
    sheet.shape(snow, mix(PAPER, SUN, 0.16))
    sheet.shape([(520, 300), (610, 386), (580, 420), (556, 392)], mix(PAPER, SUN, 0.42))
    sheet.shape([(760, 350), (836, 424), (800, 452), (770, 420), (742, 448), (704, 384)], mix(PAPER, SUN, 0.24))
    sheet.shape([(1180, 400), (1250, 456), (1220, 486), (1186, 456), (1150, 492), (1110, 460)], mix(PAPER, SUN, 0.24))
    for y, swing, share, phase in ((660, 60, 0.45, 0.6), (760, 70, 0.22, 2.9), (880, 80, 0.05, 4.7)):
        sheet.ridge(y, swing, mix(mix(PINE, INK, 0.45), NIGHT, share + 0.2), phase, 1.3)
        sheet.glow(800, y + 80, 1000, SAGE, 0.16, 0.12)


def _mountain_path() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, seed=53)
    mountain_night(sheet)
    slope = mix(mix(PINE, INK, 0.55), NIGHT, 0.2)
    sheet.blob(
        [
            (-80, 1180),
            (60, 980),
            (420, 860),
            (820, 690),
            (1080, 610),
            (1260, 640),
            (1500, 800),
            (1720, 900),
            (1700, 1200),
        ],
        slope,
    )
    turns = [(330, 1130), (660, 1010), (960, 930), (880, 850), (700, 820), (860, 750), (1080, 690), (1120, 640)]
    for i, at in enumerate(path := smooth(turns, closed=False)):
        half = 32 - 26 * i / len(path)
        sheet.oval(*at, half, half * 0.6, mix(slope, SAND, 0.34))
    for _ in range(46):
        x, y = sheet.random.uniform(60, 1560), sheet.random.uniform(900, 1080)
        sheet.oval(x, y, sheet.random.uniform(8, 26), sheet.random.uniform(5, 13), mix(slope, INK, 0.35))
    for x, y, size in ((1380, 850, 210), (1500, 900, 260), (1270, 800, 150), (120, 1010, 230), (240, 980, 160)):
        for k in range(4):
            w, top = size * (0.3 - k * 0.055), y - size * (0.28 + k * 0.22)
            sheet.shape(
                [(x - w, y - size * 0.24 * k), (x, top - size * 0.14), (x + w, y - size * 0.24 * k)],
                mix(slope, INK, 0.5),
            )
    sheet.glow(1130, 650, 200, FLAME, 0.5, 0.5)
    sheet.box(1146, 548, 1154, 650, mix(INK, WOOD, 0.2), 3)
    lantern(sheet, 1150, 548, 34)
    grass(sheet, 110, 940, mix(slope, SAGE, 0.25))
    return sheet


SCENES = {"boat": _boat, "geese": _geese, "lighthouse": _lighthouse, "mountain-path": _mountain_path}
