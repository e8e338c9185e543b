"""Photos against their budgets (B8, B9): `python bench/photos.py`, `--quick` for fewer rounds without 48 Mpx.

CPU seconds of the whole process, the start of the interpreter left out, of: strip, upright, three sizes, JPEG and WebP.
The three ways are interleaved; each figure is the median. Memory is what a process takes above one that did the same
with a picture of 64 x 48 pixels.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SIZES = {"12 Mpx": (4032, 3024), "tiny": (64, 48)}
LARGE = {"48 Mpx": (8064, 6048)}
# Each is a program of its own: {source} and {folder} are its arguments; it prints CPU seconds and peak memory in kB.
MEASURE = """
import resource, sys
def used():
    mine = resource.getrusage(resource.RUSAGE_SELF)
    return mine.ru_utime + mine.ru_stime
source, folder = sys.argv[1:]
"""
REPORT = "\nprint(used() - begun, next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('VmHWM')))"
OURS = """
sys.path.append({package!r})
import child_photo as child, photo_traces, json, os
family = {{'jpg': 'jpeg', 'heic': 'heif'}}.get(source.rpartition('.')[2], source.rpartition('.')[2])
begun = used()
child.answer({{'source': source, 'family': family, 'max_pixels': 10**9, 'folder': folder, 'widths': [320, 640, 1280]}})
"""
PILLOW = """
import io, pillow_heif
from PIL import Image, ImageCms, ImageOps
pillow_heif.register_heif_opener()
begun = used()
for width in (320, 640, 1280):
    picture = ImageOps.exif_transpose(Image.open(source)).convert('RGB')
    picture.thumbnail((width, width * 3), Image.Resampling.LANCZOS)
    picture.save(f'{folder}/{width}.webp', quality=68)
    picture.save(f'{folder}/{width}.jpg', quality=76, optimize=True, progressive=True)
"""
VIPS = """
import pyvips
pyvips.cache_set_max(0)
begun = used()
for width in (320, 640, 1280):
    picture = pyvips.Image.thumbnail(source, width, height=width * 3, size='down', export_profile='srgb')
    picture = picture.copy_memory()
    picture.webpsave(f'{folder}/{width}.webp', Q=68, keep='none')
    picture.jpegsave(f'{folder}/{width}.jpg', Q=76, optimize_coding=True, interlace=True, keep='none')
"""


def run(program: str, source: Path) -> tuple[float, int]:
    """CPU seconds and peak memory in kB of one way."""
    package = str(ROOT / "supporters" / "media")
    code = MEASURE + (program.format(package=package) if program is OURS else program) + REPORT
    environment = os.environ | {"VIPS_CONCURRENCY": "1"}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        done = subprocess.run(
            [sys.executable, "-c", code, source, folder], env=environment, check=True, capture_output=True, text=True
        )
    seconds, memory = done.stdout.split()
    return float(seconds), int(memory)


def landscape(width: int, height: int) -> object:
    """Something like a photo: broad colours, edges, and the noise of a sensor."""
    from PIL import Image, ImageChops

    broad = Image.merge("RGB", [Image.effect_noise((24, 18), 120) for _channel in range(3)])
    picture = broad.resize((width, height), Image.Resampling.BICUBIC)
    edges = Image.effect_noise((200, 150), 90).resize((width, height), Image.Resampling.BICUBIC)
    grain = Image.effect_noise((width, height), 14)
    both = ImageChops.add(edges, grain, scale=2)
    return ImageChops.add(picture, Image.merge("RGB", [both] * 3), scale=2)


def sources(folder: Path, sizes: dict[str, tuple[int, int]]) -> dict[str, Path]:
    """Pictures of these sizes, with a turn in their EXIF block as phones write it."""
    import pillow_heif
    from PIL import Image

    turned = Image.Exif()
    turned[0x0112] = 6
    found = {}
    for name, size in sizes.items():
        picture = landscape(*size)
        for kind, options in (("baseline", {}), ("progressive", {"progressive": True})):
            path = found[f"{name} {kind} JPEG"] = folder / f"{name}-{kind}.jpg".replace(" ", "")
            picture.save(path, "JPEG", quality=85, exif=turned.tobytes(), **options)  # type: ignore[attr-defined]
        if name != "48 Mpx":
            path = found[f"{name} HEIC"] = folder / f"{name}.heic".replace(" ", "")
            pillow_heif.from_pillow(picture).save(path, quality=60)  # type: ignore[arg-type]
    return found


def cpu_and_memory(pictures: dict[str, Path], rounds: int) -> None:
    """B8."""
    from bench.run import row

    limits = {"48 Mpx baseline JPEG": 64, "48 Mpx progressive JPEG": 200, "12 Mpx HEIC": 150}
    ways = {"pyvips": VIPS, "Pillow as usually written": PILLOW, "ours": OURS}
    base = {
        kind: {name: run(way, pictures[f"tiny {kind}"])[1] for name, way in ways.items() if has(name, kind)}
        for kind in ("baseline JPEG", "progressive JPEG", "HEIC")
    }
    for name, path in pictures.items():
        if name.startswith("tiny"):
            continue
        kind = name.split(" ", 2)[2]
        taken: dict[str, list[tuple[float, int]]] = {way: [] for way in ways if has(way, kind)}
        for _round in range(rounds):
            for way, results in taken.items():
                results.append(run(ways[way], path))
        seconds = {way: statistics.median(result[0] for result in results) for way, results in taken.items()}
        peaks = {way: (max(result[1] for result in results) - base[kind][way]) / 1024 for way, results in taken.items()}
        for way in taken:
            if way != "ours":
                goal = "<= 0.75" if way == "pyvips" else ""
                row(f"B8 photo, {name}: CPU against {way}", goal, f"{seconds['ours'] / seconds[way]:.2f}")
        goal = f"<= {limits[name]} MiB" if name in limits else ""
        others = ", ".join(f"{way} {peak:.0f}" for way, peak in peaks.items() if way != "ours")
        row(f"B8 photo, {name}: peak over base", goal, f"{peaks['ours']:.0f} MiB ({others})")


def has(way: str, kind: str) -> bool:
    """Whether this way opens this kind: the wheels of pyvips cannot decode HEIC."""
    return way != "pyvips" or kind != "HEIC"


def similarity(one: bytes, other: object) -> float:
    """SSIM (Wang et al. 2004) of the luma, mean over windows of 8 x 8 pixels that do not overlap."""
    from PIL import Image

    left = Image.open(io.BytesIO(one)).convert("L")
    right = other.convert("L")  # type: ignore[attr-defined]
    found = []
    for top in range(0, left.height - 7, 8):
        for start in range(0, left.width - 7, 8):
            place = (start, top, start + 8, top + 8)
            a, b = list(left.crop(place).tobytes()), list(right.crop(place).tobytes())
            mean_a, mean_b = sum(a) / 64, sum(b) / 64
            spread_a = sum((x - mean_a) ** 2 for x in a) / 63
            spread_b = sum((x - mean_b) ** 2 for x in b) / 63
            both = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True)) / 63
            c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
            found.append(
                (2 * mean_a * mean_b + c1) * (2 * both + c2)
                / ((mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2))
            )  # fmt: skip
    return statistics.mean(found)


def small_copies() -> None:
    """B9, with the photos of the demo: weight and likeness of the smallest copy."""
    from PIL import Image

    from bench.run import row
    from demo import drawings
    from supporters import media

    weights, ratios, likeness = [], [], []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for scene in drawings.NAMES:
            folder, source = Path(name) / scene, Path(name) / f"{scene}.jpg"
            folder.mkdir()
            drawings.write_photo(scene, source)
            parts = {part.name: part.path.read_bytes() for part in media.convert(source, "photo", folder).renditions}
            with Image.open(source) as picture:
                whole = picture.convert("RGB").resize(
                    Image.open(io.BytesIO(parts["320.webp"])).size, Image.Resampling.LANCZOS
                )
            weights.append(len(parts["320.webp"]))
            ratios.append(len(parts["320.webp"]) / len(parts["320.jpg"]))
            likeness.append(similarity(parts["320.webp"], whole))
    row(f"B9 320 px WebP of {len(weights)} photos: heaviest", "<= 8,000 B", f"{max(weights):,} B")
    row("B9 320 px WebP: SSIM, median and least", ">= 0.95", f"{statistics.median(likeness):.3f}, {min(likeness):.3f}")
    row(
        "B9 320 px WebP against its JPEG: median and most",
        "<= 0.75",
        f"{statistics.median(ratios):.2f}, {max(ratios):.2f}",
    )


def main(*, quick: bool = False) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cpu_and_memory(sources(Path(folder), SIZES | ({} if quick else LARGE)), 3 if quick else 7)
    small_copies()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rounds instead of seven, without 48 Mpx")
    main(quick=parser.parse_args().quick)
