"""Pictures of places where people live: a school, an orchard, a bridge."""

import math

from demo.canvas import FLAME, HEIGHT, INK, NIGHT, PAPER, PINE, SAGE, SAND, SUN, WIDTH, WOOD, Canvas, Colour, mix, veil
from demo.outdoors import grass, lantern


def _school() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, NIGHT, seed=31)
    sheet.wash(
        [
            (0, mix(NIGHT, INK, 0.35)),
            (0.4, mix(NIGHT, PINE, 0.3)),
            (0.62, mix(SAGE, SUN, 0.3)),
            (0.72, mix(SAND, SUN, 0.4)),
        ]
    )
    sheet.stars(150, 420)
    sheet.ridge(660, 50, mix(PINE, NIGHT, 0.5), 0.8)
    sheet.ridge(742, 26, mix(mix(PINE, INK, 0.4), NIGHT, 0.3), 2.6)
    sheet.box(210, 560, 1390, 850, mix(SAND, NIGHT, 0.42))
    sheet.box(210, 560, 1390, 590, veil(INK, 0.22))
    sheet.box(210, 806, 1390, 850, mix(WOOD, INK, 0.4))
    sheet.shape([(160, 572), (290, 430), (1310, 430), (1440, 572)], mix(WOOD, INK, 0.25))
    for row in range(1, 7):
        y = 430 + row * 20
        edge = 130 * (y - 430) / 142
        sheet.stroke([(290 - edge, y), (1310 + edge, y)], 2, veil(INK, 0.3), curved=False)
    sheet.box(160, 566, 1440, 578, mix(INK, WOOD, 0.2), 4)
    sheet.shape([(770, 430), (770, 376), (800, 344), (830, 376), (830, 430)], mix(WOOD, INK, 0.3))
    sheet.oval(800, 398, 14, 18, FLAME)
    for i in range(9):
        x = 262 + i * 120
        sheet.glow(x + 58, 690, 130, FLAME, 0.34)
        sheet.box(x + 16, 626, x + 100, 764, mix(INK, WOOD, 0.3), 4)
        sheet.box(x + 22, 632, x + 94, 758, mix(FLAME, SUN, 0.22 + 0.1 * (i % 3)), 2)
        sheet.box(x + 22, 632, x + 94, 662, veil(INK, 0.12))
        lantern(sheet, x + 58, 722, 28)
        sheet.box(x + 56, 632, x + 60, 676, mix(INK, WOOD, 0.3))
        sheet.box(x + 10, 760, x + 106, 770, mix(SAND, NIGHT, 0.2), 2)
    sheet.wash([(0, mix(PINE, INK, 0.55)), (1, mix(PINE, INK, 0.72))], 850, HEIGHT)
    for i in range(9):
        sheet.glow(320 + i * 120, 872, 96, FLAME, 0.4, 0.3)
    sheet.shape([(756, 850), (844, 850), (900, 930), (1090, 1110), (510, 1110), (700, 930)], veil(SAND, 0.2))
    _tree(sheet, 1452, 880, 330, mix(PINE, INK, 0.5), mix(PINE, INK, 0.62))
    _tree(sheet, 110, 890, 270, mix(PINE, INK, 0.45), mix(PINE, INK, 0.6))
    grass(sheet, 120, 905, mix(PINE, INK, 0.35))
    return sheet


def _tree(sheet: Canvas, x: float, y: float, size: float, leaf: Colour, shade: Colour) -> None:
    """A tree in full leaf standing on the point."""
    sheet.shape(
        [
            (x - size * 0.05, y),
            (x - size * 0.025, y - size * 0.6),
            (x + size * 0.025, y - size * 0.6),
            (x + size * 0.05, y),
        ],
        shade,
    )
    for a, b, r in ((0, 0.72, 0.3), (-0.2, 0.58, 0.21), (0.21, 0.6, 0.22), (-0.08, 0.9, 0.2), (0.12, 0.86, 0.2)):
        sheet.oval(x + a * size, y - b * size, r * size, r * size * 0.92, shade)
    for a, b, r in ((-0.04, 0.78, 0.24), (-0.22, 0.62, 0.15), (0.16, 0.66, 0.16), (-0.06, 0.95, 0.13)):
        sheet.oval(x + a * size, y - b * size, r * size, r * size * 0.9, leaf)


def _apple_tree() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, seed=41)
    sheet.wash([(0, mix(SAGE, PAPER, 0.42)), (0.45, mix(PAPER, SAND, 0.3)), (0.7, mix(SAND, FLAME, 0.45))])
    sheet.glow(360, 520, 700, FLAME, 0.5)
    sheet.ridge(700, 44, mix(SAGE, SAND, 0.45), 1.2)
    sheet.ridge(760, 30, mix(SAGE, PINE, 0.22), 3.1)
    sheet.wash([(0, mix(SAGE, PINE, 0.4)), (1, mix(PINE, INK, 0.1))], 806, HEIGHT)
    for x in range(0, 1600, 92):
        sheet.box(x + 20, 700, x + 32, 850, mix(WOOD, INK, 0.25), 3)
    for y in (738, 792):
        sheet.stroke([(0, y), (400, y + 5), (900, y - 4), (1600, y + 3)], 9, mix(WOOD, INK, 0.18))
    sheet.oval(830, 940, 420, 56, veil(INK, 0.25))
    bark = mix(WOOD, INK, 0.5)
    sheet.blob(
        [
            (730, 945),
            (790, 880),
            (796, 720),
            (764, 560),
            (840, 520),
            (880, 600),
            (872, 760),
            (884, 890),
            (950, 948),
            (838, 930),
        ],
        bark,
    )
    for path, width in (
        ([(815, 650), (690, 520), (570, 470)], 40),
        ([(850, 640), (980, 500), (1100, 440)], 38),
        ([(830, 560), (820, 420), (850, 300)], 36),
    ):
        sheet.stroke(path, width, bark)
    _crown(sheet)
    for x, y in ((620, 968), (1010, 986), (1090, 950), (706, 1016), (560, 930), (1180, 1004)):
        _apple(sheet, x, y, 19)
    _basket(sheet, 1020, 944)
    grass(sheet, 260, 850, mix(PINE, SAGE, 0.25))
    return sheet


def _crown(sheet: Canvas) -> None:
    """Leaves in three tones with apples between them."""
    for tone, count, radius, reach in (
        (mix(PINE, INK, 0.28), 120, 66, 1.0),
        (PINE, 120, 50, 0.95),
        (mix(PINE, SAGE, 0.42), 130, 34, 0.9),
    ):
        for _ in range(count):
            angle, away = sheet.random.uniform(0, math.tau), math.sqrt(sheet.random.random()) * reach
            x, y = 830 + 420 * away * math.cos(angle), 380 + 270 * away * math.sin(angle)
            r = radius * sheet.random.uniform(0.7, 1.15)
            lift = 18 if tone != mix(PINE, INK, 0.28) else 0
            sheet.oval(x - lift, y - lift, r, r * 0.82, tone)
    for i in range(34):
        angle, away = i * 2.399, 0.2 + 0.76 * math.sqrt(i / 34)
        _apple(sheet, 830 + 410 * away * math.cos(angle), 395 + 262 * away * math.sin(angle), 25)


def _apple(sheet: Canvas, x: float, y: float, r: float) -> None:
    """An apple with light on one cheek."""
    sheet.oval(x + 3, y + 5, r, colour=veil(INK, 0.25))
    sheet.oval(x, y, r, r * 0.95, mix(SUN, INK, 0.14))
    sheet.oval(x - r * 0.14, y - r * 0.1, r * 0.8, r * 0.78, SUN)
    sheet.oval(x - r * 0.34, y - r * 0.34, r * 0.26, r * 0.2, mix(FLAME, PAPER, 0.4))
    sheet.stroke([(x, y - r * 0.8), (x + r * 0.18, y - r * 1.3)], 3, mix(WOOD, INK, 0.5), curved=False)


def _basket(sheet: Canvas, x: float, y: float) -> None:
    """A woven basket heaped with apples."""
    sheet.oval(x + 10, y + 72, 150, 26, veil(INK, 0.3))
    for dx, dy in (
        (-84, -44),
        (-42, -58),
        (4, -66),
        (50, -58),
        (90, -42),
        (-62, -24),
        (-14, -34),
        (36, -32),
        (74, -18),
    ):
        _apple(sheet, x + dx, y + dy, 31)
    weave = mix(WOOD, SAND, 0.4)
    sheet.blob(
        [(x - 136, y - 18), (x + 136, y - 18), (x + 112, y + 76), (x, y + 88), (x - 112, y + 76)], mix(weave, INK, 0.2)
    )
    for row in range(5):
        for i in range(12):
            cx = x - 118 + i * 21.5 + (10 if row % 2 else 0)
            half = 118 - row * 5
            if abs(cx - x) < half - 4:
                sheet.oval(cx, y - 2 + row * 19, 11, 8, mix(weave, SAND, 0.2 if (i + row) % 2 else 0.5))
    sheet.stroke([(x - 134, y - 16), (x, y - 8), (x + 134, y - 16)], 16, mix(weave, SAND, 0.3))
    sheet.stroke(
        [(x - 128, y - 20), (x - 90, y - 150), (x, y - 190), (x + 90, y - 150), (x + 128, y - 20)],
        11,
        mix(weave, INK, 0.25),
    )


def _house(sheet: Canvas, x: float, y: float, width: float, height: float, wall: Colour) -> None:
    """A narrow house with a tiled roof and a few lit windows."""
    sheet.box(x, y - height, x + width, y, wall)
    sheet.box(x + width * 0.62, y - height, x + width, y, veil(NIGHT, 0.2))
    sheet.shape(
        [(x - 10, y - height), (x + width * 0.5, y - height - width * 0.42), (x + width + 10, y - height)],
        mix(SUN, INK, 0.38),
    )
    for row in range(int(height // 70)):
        for column in range(2):
            lit = sheet.random.random() < 0.6
            wx, wy = x + width * (0.2 + 0.4 * column), y - height + 24 + row * 66
            sheet.box(wx, wy, wx + width * 0.17, wy + 34, FLAME if lit else mix(NIGHT, INK, 0.3), 3)


def _bridge() -> Canvas:
    sheet = Canvas(WIDTH, HEIGHT, seed=47)
    sheet.wash([(0, mix(NIGHT, SAGE, 0.35)), (0.4, mix(SAGE, SAND, 0.55)), (0.66, mix(SAND, SUN, 0.42))], 0, 760)
    sheet.glow(800, 560, 640, FLAME, 0.7)
    sheet.ridge(470, 96, mix(SAGE, NIGHT, 0.35), 3.9, 1.1)
    sheet.ridge(590, 52, mix(mix(PINE, NIGHT, 0.4), SAGE, 0.2), 1.3, 1.4)
    for x, w, h, tone in (
        (-20, 120, 250, 0.3),
        (96, 104, 310, 0.1),
        (196, 110, 220, 0.45),
        (1296, 112, 240, 0.2),
        (1402, 100, 320, 0.4),
        (1500, 130, 260, 0.1),
    ):
        _house(sheet, x, 640, w, h, mix(mix(SAND, PAPER, 0.2), WOOD, tone))
    sheet.wash([(0, mix(SAGE, PINE, 0.3)), (0.35, mix(PINE, NIGHT, 0.4)), (1, mix(NIGHT, INK, 0.3))], 740, HEIGHT)
    sheet.glow(800, 800, 420, FLAME, 0.6, 0.5)
    _arch(sheet)
    for side in (-1, 1):
        bank = [(900, 640), (640, 650), (520, 716), (404, 776), (378, 812), (470, 846), (620, 872), (900, 930)]
        sheet.blob([(800 + side * a, b) for a, b in bank], mix(mix(PINE, INK, 0.45), WOOD, 0.25))
    sheet.ripples(260, (120, 800, 1480, 1095), mix(PAPER, FLAME, 0.4), 95)
    for y in (860, 920, 985):
        sheet.stroke([(0, y), (420, y + 12), (900, y - 8), (1600, y + 10)], 3, veil(NIGHT, 0.3))
    return sheet


def _arch(sheet: Canvas) -> None:
    """The stone arch, its joints and its reflection; its feet stand behind the banks."""
    stone = mix(SAND, WOOD, 0.2)
    crown = [(float(x), 446 + 200 * (abs(x - 800) / 700) ** 1.5) for x in range(80, 1521, 20)]
    circle = [(math.cos(math.pi * k / 60), math.sin(math.pi * k / 60)) for k in range(61)]
    inner = [(800 + 400 * a, 770 - 268 * b) for a, b in circle]
    sheet.shape([(a, 1530 - b) for a, b in [*crown, *inner]], veil(mix(stone, NIGHT, 0.45), 0.5))
    sheet.shape([*crown, (1520, 812), (1200, 812), *inner, (400, 812), (80, 812)], stone)
    for row in range(11):
        for column in range(34):
            x, y = 80 + column * 43 + (21 if row % 2 else 0), 486 + row * 27
            low = 446 + 200 * (abs(x + 20 - 800) / 700) ** 1.5 + 26
            high = 770 - 306 * max(0.0, 1 - ((x + 20 - 800) / 444) ** 2) ** 0.5
            if low < y < high - 20 or (abs(x + 20 - 800) > 450 and y > low):
                sheet.box(x, y, x + 38, y + 22, veil(INK, 0.03 + 0.07 * sheet.random.random()), 4)
    for a, b in circle[1:-1]:
        sheet.stroke([(800 + 402 * a, 770 - 270 * b), (800 + 436 * a, 770 - 304 * b)], 3, veil(INK, 0.4), curved=False)
    for reach, rise in ((438, 306), (403, 271)):
        sheet.stroke([(800 + reach * a, 770 - rise * b) for a, b in circle], 4, veil(INK, 0.35))
    sheet.stroke([(x, y + 14) for x, y in crown], 4, veil(INK, 0.3))
    sheet.stroke(crown, 16, mix(stone, PAPER, 0.45))


SCENES = {"apple-tree": _apple_tree, "bridge": _bridge, "school": _school}
