"""Photos: the limits and the call of ``child_photo.py``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import children
from .outcome import REMOVED, Facts
from .sandbox import Limits
from .sniff import Family

WIDTHS = (320, 640, 1280)
# Address space, of which the interpreter and the libraries take about 150 MB without using it.
MEMORY_BYTES = 540 << 20
LOOK = Limits(seconds=15, cpu_seconds=3, memory_bytes=MEMORY_BYTES, file_bytes=0)
MAKE = Limits(seconds=20, cpu_seconds=15, memory_bytes=MEMORY_BYTES, file_bytes=8 << 20)


def _request(source: Path, family: Family) -> dict[str, Any]:
    return {"source": str(source), "family": family.name, "max_pixels": family.max_pixels}


def inspect(source: Path, family: Family, scratch: Path) -> Facts:
    """Type and size as shown, and what the file tells besides."""
    request = _request(source, family)
    facts = children.ask("child_photo.py", request, scratch=scratch, limits=LOOK, readable=[source])["facts"]
    removed = tuple(code for code in REMOVED if code in facts["removed"])
    return Facts(facts["mime"], facts["width"], facts["height"], None, removed)


def convert(
    source: Path, family: Family, scratch: Path, heartbeat: Callable[[], None] | None
) -> tuple[list[dict[str, Any]], str]:
    """Write the copies into ``scratch``; what was made, widest first, and the colour of the photo on the whole."""
    request = _request(source, family) | {"folder": str(scratch), "widths": WIDTHS}
    answer = children.ask(
        "child_photo.py", request, scratch=scratch, limits=MAKE, readable=[source], heartbeat=heartbeat
    )
    return answer["made"], answer["colour"]
