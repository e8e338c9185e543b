"""Charts as plain geometry: a template draws them as SVG, and the same rows stand in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# In units of the drawing, which is as wide as a phone: the words in it stay readable.
WIDTH = 320
ROW = 40
COLUMN_HEIGHT, COLUMN_TOP, COLUMN_FOOT = 120, 16, 20
# A number that is not nothing can be seen.
LEAST = 2


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    shown: str = ""  # how the value is written, when it is not a plain number
    code: str = ""

    @property
    def text(self) -> str:
        return self.shown or f"{self.value:,}"


@dataclass(frozen=True)
class DrawnBar:
    bar: Bar
    number: int
    width: int

    @property
    def text_y(self) -> int:
        return self.number * ROW + 16

    @property
    def bar_y(self) -> int:
        return self.number * ROW + 22


@dataclass(frozen=True)
class BarChart:
    """Lying bars, one below the other, each under its label."""

    bars: Sequence[Bar]

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return len(self.bars) * ROW

    @property
    def drawn(self) -> list[DrawnBar]:
        longest = max((bar.value for bar in self.bars), default=0)
        return [DrawnBar(bar, number, _scaled(bar.value, longest, WIDTH)) for number, bar in enumerate(self.bars)]


@dataclass(frozen=True)
class Column:
    """One standing column of several parts, the first at the bottom."""

    label: str
    title: str
    parts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.parts)


@dataclass(frozen=True)
class Part:
    number: int  # which part it is, for its colour
    y: int
    height: int


@dataclass(frozen=True)
class DrawnColumn:
    column: Column
    x: int
    width: int
    parts: list[Part]
    is_labelled: bool

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def top(self) -> int:
        """Where the number above the column stands."""
        return min((part.y for part in self.parts), default=0) - 4


@dataclass(frozen=True)
class ColumnChart:
    columns: Sequence[Column]

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return COLUMN_TOP + COLUMN_HEIGHT + COLUMN_FOOT

    @property
    def foot(self) -> int:
        return COLUMN_TOP + COLUMN_HEIGHT

    @property
    def label_y(self) -> int:
        return self.height - 5

    @property
    def highest(self) -> int:
        return max((column.total for column in self.columns), default=0)

    @property
    def drawn(self) -> list[DrawnColumn]:
        pitch = WIDTH / max(1, len(self.columns))
        drawn = []
        for number, column in enumerate(self.columns):
            parts, y = [], self.foot
            for place, value in enumerate(column.parts):
                height = _scaled(value, self.highest, COLUMN_HEIGHT)
                y -= height
                if height:
                    parts.append(Part(place, y, height))
            # Every second day has its date, today always.
            is_labelled = (len(self.columns) - 1 - number) % 2 == 0
            drawn.append(DrawnColumn(column, round(number * pitch + 3), round(pitch - 6), parts, is_labelled))
        return drawn


def _scaled(value: float, highest: float, room: int) -> int:
    return max(LEAST, round(value / highest * room)) if value > 0 else 0
