"""The pictures of the demo letters: drawn by code, the same every time, without fonts or faces."""

from pathlib import Path

from PIL import Image

from demo import indoors, outdoors, villages

_SCENES = indoors.SCENES | outdoors.SCENES | villages.SCENES
NAMES = tuple(sorted(_SCENES))


def draw(name: str) -> Image.Image:
    """The picture of that name, 1600 by 1100 (the lighthouse stands upright: 1100 by 1600)."""
    return _SCENES[name]().finish()


def write_photo(name: str, path: Path) -> None:
    """Write the picture as a JPEG, as a phone would."""
    draw(name).save(path, "JPEG", quality=90, optimize=True)
