"""Videos and voices against their budgets (B10, B11): the site's own work against FFmpeg's, for `run.py` or alone.

Ratios of CPU seconds of the whole process tree, taken by turns, medians of at least three.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.run import row  # noqa: E402
from supporters import media  # noqa: E402
from supporters.media import clip, recipe  # noqa: E402
from supporters.media.sniff import ISO  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
QUIET = ["-hide_banner", "-nostats", "-nostdin", "-y"]
SPEECH = (
    "0.2*sin(2*PI*180*t)*(0.55+0.45*sin(2*PI*3.1*t))*gt(sin(2*PI*0.9*t),-0.6)+0.05*sin(2*PI*1900*t)*gt(sin(9*t),0.7)"
)
GOAL = -23.0  # LUFS, EBU R 128


def cpu(call: Callable[[], object]) -> float:
    """CPU seconds of a call, with all processes it started: orphans of a sandbox count too."""

    def used() -> float:
        everything = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in everything)

    begun = used()
    call()
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return used() - begun


def by_turns(calls: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Median CPU seconds of each call; the calls take turns, so that all meet the same machine."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _time in range(times):
        for name, call in calls.items():
            taken[name].append(cpu(call))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def ffmpeg(*arguments: str | Path, folder: Path | None = None) -> str:
    """Run FFmpeg; what it said."""
    command = [clip.ffmpeg(), *QUIET, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stderr


def make_film(path: Path, seconds: int) -> None:
    """A film as phones make them, with motion and grain, and a voice that pauses."""
    picture = ["-f", "lavfi", "-i", f"testsrc2=s=1280x720:r=30:d={seconds},noise=alls=6:allf=t"]
    sound = ["-f", "lavfi", "-i", f"aevalsrc='{SPEECH}':s=48000:d={seconds}"]
    codecs = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "8M", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    ffmpeg(*picture, *sound, *codecs, "-b:a", "128k", "-ac", "2", path)


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def films(source: Path, work: Path, seconds: int, times: int) -> None:
    """B10: what the site adds to FFmpeg's own work, one decode against many, and weights."""
    found = clip.measure(source, ISO, "video", emptied(work), listen=True)
    codecs = ",".join(clip.VIDEO_CODECS + clip.AUDIO_CODECS)
    before = recipe.source(source, ISO.container, codecs, clip.MAX_PIXELS, clip.TOLERATED_SECONDS)
    together = recipe.video(found["video"], found["audio"], master=False)
    single = alone(source, found, together.arguments)
    calls: dict[str, Callable[[], object]] = {
        "job": lambda: media.convert(source, "video", emptied(work)),
        "ffmpeg": lambda: ffmpeg(*before, *together.arguments, folder=emptied(work)),
        "separate": lambda: [ffmpeg(*run, folder=emptied(work)) for run in single],
    }
    taken = by_turns(calls, times)
    row("B10 a video: the whole job against its FFmpeg", "<= 1.03", f"{taken['job'] / taken['ffmpeg']:.3f}")
    row("B10 one decode against a run for each output", "<= 0.8", f"{taken['job'] / taken['separate']:.2f}")
    made = {part.name: part for part in media.convert(source, "video", emptied(work)).renditions}
    for name, goal in (("240.mp4", 1.8), ("480.mp4", 5.5), ("sound.m4a", 0.3)):
        row(f"B10 {name}, MB a minute", f"<= {goal}", f"{made[name].bytes * 60 / seconds / 1e6:.2f}")


def alone(source: Path, found: dict[str, Any], arguments: list[str]) -> list[list[str]]:
    """The same outputs, each made by a run of its own that does nothing besides."""
    picture, sound = found["video"], found["audio"]
    size = picture["width"], picture["height"]
    large, small = recipe.fit(*size, recipe.LARGE_BOX), recipe.fit(*size, recipe.SMALL_BOX)
    wide = recipe.sound_graph(sound, wide=1, narrow=0, kept=0)
    narrow = recipe.sound_graph(sound, wide=0, narrow=1, kept=0)
    graphs = [
        [f"[0:v]fps=30,{recipe.to_sdr(picture, large)}[large]", *wide],
        [f"[0:v]fps=15,{recipe.to_sdr(picture, small)}[small]", *narrow],
        [f"[0:v]select='eq(n,0)+gte(t,1)',scale={large[0]}:{large[1]},format=yuvj420p[poster]"],
        [f"[0:v]fps=1/5,scale={small[0]}:{small[1]},format=yuvj420p[stills]"],
        narrow,
    ]
    outputs: list[list[str]] = [[]]
    for argument in arguments[2:]:
        outputs[-1].append(argument.replace("narrow1", "narrow0"))
        if argument.endswith((".mp4", ".m4a", ".jpg")):
            outputs.append([])
    pairs = zip(graphs, outputs, strict=False)
    return [["-i", str(source), "-filter_complex", ";".join(graph), *output] for graph, output in pairs]


def sounds(work: Path, seconds: int, times: int) -> None:
    """B11: measured once, one gain and a limiter, against loudnorm's two passes."""
    source, voice, levelled = (work.parent / name for name in ("voice.m4a", "normal.wav", "levelled.wav"))
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{SPEECH}':s=48000:d={seconds}", "-c:a", "aac", "-ac", "2", source)

    def ours() -> None:
        found = clip.measure(source, ISO, "voice", emptied(work), listen=True)["audio"]
        level = recipe.levelled(recipe.gain(found["loudness"], GOAL), -1.5)
        ffmpeg("-i", source, "-vn", "-af", f"{level},aresample=48000", levelled)

    def loudnorm() -> None:
        said = ffmpeg("-i", source, "-vn", "-af", f"loudnorm=I={GOAL}:TP=-1:print_format=json", "-f", "null", "-")
        first = json.loads(said[said.rindex("{") : said.rindex("}") + 1])
        keys = {"measured_I": "input_i", "measured_TP": "input_tp", "measured_LRA": "input_lra"}
        keys |= {"measured_thresh": "input_thresh", "offset": "target_offset"}
        second = ":".join(f"{name}={first[key]}" for name, key in keys.items())
        ffmpeg("-i", source, "-vn", "-af", f"loudnorm=I={GOAL}:TP=-1:linear=true:{second},aresample=48000", voice)

    taken = by_turns({"ours": ours, "loudnorm": loudnorm}, times)
    said = ffmpeg("-i", levelled, "-af", "ebur128=framelog=quiet:peak=true", "-f", "null", "-")
    reached = float(re.findall(r"I:\s+(\S+) LUFS", said)[-1])
    row("B11 levelled to -23 LUFS, LU away", "<= 0.2", f"{abs(reached - GOAL):.2f}")
    row("B11 gain and limiter against two-pass loudnorm", "<= 0.4", f"{taken['ours'] / taken['loudnorm']:.2f}")


def measure(*, quick: bool) -> None:
    """Print the rows of B10 and B11."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    seconds = 6 if quick else 20
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        source, work = Path(folder) / "film.mp4", Path(folder) / "work"
        make_film(source, seconds)
        films(source, work, seconds, times=3)
        # Sound alone costs little: long enough that starting a process is not what is measured.
        sounds(work, 60 if quick else 120, times=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a clip of 6 seconds instead of 20")
    measure(quick=parser.parse_args().quick)


if __name__ == "__main__":
    main()
