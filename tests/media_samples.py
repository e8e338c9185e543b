"""Real photos, videos and voices, made on the spot, honest and hostile.

Each function takes a folder and returns a file. Honest ones carry the SECRETS below wherever their format has room for
them. Pictures show four quadrants: red, green (top), blue, yellow (bottom), as seen upright.
"""

from __future__ import annotations

import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pillow_heif
from PIL import Image, ImageDraw, PngImagePlugin

MAKER, SERIAL, COMMENT, HANDLER = "Zhyrkamera", "SN0048151623", "whisper-of-Hyesan", "secret-handler"
PLACE_MARK = "geo:41.40,128.18"  # in XMP and text chunks
ISO6709 = "+41.4000+128.1800+1400/"
XMP = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><place>{PLACE_MARK}</place></x:xmpmeta>".encode()
# None of these may stand in a rendition; the last ones name the software that made it.
SECRETS = [
    text.encode()
    for text in (MAKER, SERIAL, COMMENT, HANDLER, PLACE_MARK, "41.40", "128.18", "+41.4", "Exif", "xmpmeta", "GPS")
]
SIGNATURES = [b"Lavf", b"Lavc", b"x264", b"ffmpeg", b"VideoHandler", b"SoundHandler", b"\xa9too", b"Photoshop"]

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 160, 60), (30, 60, 200), (230, 210, 40)
QUADRANTS = (RED, GREEN, BLUE, YELLOW)  # top left, top right, bottom left, bottom right
# How to store an upright picture so that EXIF orientation n shows it upright again.
STORE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quadrants(width: int = 400, height: int = 300) -> Image.Image:
    """An upright picture of four colours."""
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for number, colour in enumerate(QUADRANTS):
        left, top = (number % 2) * (width // 2), (number // 2) * (height // 2)
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    return picture


def exif(orientation: int = 1) -> bytes:
    """An EXIF block as a phone writes it: maker, serial number, time, place."""
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0112] = MAKER, MAKER + " 7", orientation
    block[0x0132] = "2024:05:06 07:08:09"
    block.get_ifd(0x8769).update({0xA431: SERIAL, 0x9286: COMMENT, 0x9003: "2024:05:06 07:08:09"})
    block.get_ifd(0x8825).update({1: "N", 2: (41.0, 24.0, 0.0), 3: "E", 4: (128.0, 10.0, 48.0)})
    return block.tobytes()


# Photos ---------------------------------------------------------------------------------------------------------------


def jpeg(folder: Path, orientation: int = 6, width: int = 400, height: int = 300) -> Path:
    """JPEG of a phone; shown upright it measures ``width`` x ``height``."""
    path = folder / f"phone-{orientation}.jpg"
    picture = quadrants(width, height)
    if orientation in STORE:
        picture = picture.transpose(STORE[orientation])
    picture.save(path, "JPEG", quality=92, exif=exif(orientation), comment=COMMENT)
    return path


def jpeg_full_of_metadata(folder: Path) -> Path:
    """JPEG with EXIF, XMP, IPTC, a comment, and a film behind its end as motion photos have."""
    path = jpeg(folder, 1)
    data = path.read_bytes()
    iptc = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", 5 + len(COMMENT)) + b"\x1c\x02\x78"
    iptc += struct.pack(">H", len(COMMENT)) + COMMENT.encode()
    extra = b""
    for marker, body in ((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP), (0xED, iptc), (0xFE, COMMENT.encode())):
        extra += struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
    trailer = b"MotionPhoto_Data\0\0\0\x18ftypmp42" + f"{ISO6709}{SERIAL}".encode() * 20
    path = folder / "metadata.jpg"
    path.write_bytes(data[:2] + extra + data[2:] + trailer)
    return path


def cmyk_jpeg(folder: Path) -> Path:
    path = folder / "print.jpg"
    quadrants().convert("CMYK").save(path, "JPEG", quality=95, exif=exif())
    return path


def progressive_jpeg(folder: Path) -> Path:
    path = folder / "progressive.jpg"
    quadrants(1600, 1200).save(path, "JPEG", quality=90, progressive=True, exif=exif())
    return path


def turned(folder: Path, kind: str, orientation: int) -> Path:
    """A WebP, PNG or AVIF that its EXIF block turns upright, 400 x 300."""
    path = folder / f"turned.{kind}"
    quadrants().transpose(STORE[orientation]).save(path, kind.upper(), exif=exif(orientation))
    return path


def png(folder: Path) -> Path:
    """PNG with text chunks and a transparent upper right quadrant."""
    path = folder / "alpha.png"
    picture = quadrants().convert("RGBA")
    picture.paste((0, 0, 0, 0), (200, 0, 400, 150))
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", COMMENT)
    info.add_text("Author", MAKER, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    picture.save(path, "PNG", pnginfo=info, exif=exif())
    return path


def palette_png(folder: Path) -> Path:
    path = folder / "palette.png"
    quadrants().quantize(8).save(path, "PNG")
    return path


def png_16_bit(folder: Path) -> Path:
    """16-bit grey: black on the left, mid grey on the right."""
    path = folder / "deep.png"
    row = struct.pack(">H", 0) * 200 + struct.pack(">H", 0x8080) * 200
    rows = b"".join(b"\0" + row for _ in range(300))
    path.write_bytes(_png(400, 300, 16, 0, zlib.compress(rows)))
    return path


def webp(folder: Path) -> Path:
    path = folder / "picture.webp"
    quadrants().save(path, "WEBP", quality=90, exif=exif(), xmp=XMP)
    return path


def avif(folder: Path) -> Path:
    path = folder / "picture.avif"
    quadrants().save(path, "AVIF", quality=80, exif=exif(), xmp=XMP)
    return path


def heic(folder: Path, orientation: int = 6) -> Path:
    """HEIC of a phone, with EXIF, place and XMP; upright 400 x 300."""
    path = folder / "phone.heic"
    picture = quadrants()
    if orientation in STORE:
        picture = picture.transpose(STORE[orientation])
    file = pillow_heif.from_pillow(picture)
    file.info.update(exif=exif(orientation), xmp=XMP)
    file.save(path, quality=80)
    return path


def gif(folder: Path) -> Path:
    """GIF of two frames; the first shows the quadrants."""
    path = folder / "moving.gif"
    frames = [quadrants(), Image.new("RGB", (400, 300), "black")]
    frames[0].save(path, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0, comment=COMMENT.encode())
    return path


def png_bomb(folder: Path) -> Path:
    """50,000 x 50,000 pixels of nothing in a few bytes."""
    path = folder / "bomb.png"
    path.write_bytes(_png(50_000, 50_000, 8, 2, zlib.compress(bytes(1_000_000), 9)))
    return path


def scan_bomb(folder: Path) -> Path:
    """Progressive JPEG with its last scan repeated 2,000 times."""
    data = progressive_jpeg(folder).read_bytes()
    start = data.rindex(b"\xff\xda")
    path = folder / "scans.jpg"
    path.write_bytes(data[:start] + data[start:-2] * 2000 + b"\xff\xd9")
    return path


def _png(width: int, height: int, bits: int, colour: int, pixels: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


# Videos ---------------------------------------------------------------------------------------------------------------


def ffmpeg(*arguments: str | Path) -> None:
    """Run FFmpeg on files of our own making."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


PHONE_TAGS = [
    *("-metadata", f"make={MAKER}", "-metadata", f"model={MAKER} 7", "-metadata", f"location={ISO6709}"),
    *("-metadata", f"com.apple.quicktime.location.ISO6709={ISO6709}", "-metadata", f"comment={COMMENT}"),
    *("-metadata", f"com.apple.quicktime.make={MAKER}", "-metadata", "creation_time=2024-05-06T07:08:09Z"),
    *("-metadata:s:v", f"handler_name={HANDLER}", "-metadata:s:a", f"handler_name={HANDLER}"),
]
TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
AAC = ["-c:a", "aac", "-b:a", "64k"]


def film(
    folder: Path,
    name: str,
    *codecs: str,
    seconds: float = 2,
    size: tuple[int, int] = (320, 240),
    rate: int = 25,
    sound: bool = True,
) -> Path:
    """A film of the quadrants with a tone; ``codecs`` are FFmpeg's output arguments."""
    still = folder / f"still-{size[0]}x{size[1]}.png"
    quadrants(*size).save(still)
    path = folder / name
    tone = TONE if sound else []
    ffmpeg("-loop", "1", "-framerate", str(rate), "-i", still, *tone, "-t", str(seconds), *codecs, path)
    still.unlink()
    return path


def mp4(folder: Path, **options: float) -> Path:
    """MP4 of a phone: H.264 and AAC with every tag it has room for."""
    seconds = options.get("seconds", 2)
    return film(folder, "phone.mp4", *H264, *AAC, *PHONE_TAGS, "-movflags", "use_metadata_tags", seconds=seconds)


def mov(folder: Path) -> Path:
    """MOV held upright: stored 320 x 240 and turned by its display matrix, so that it shows 240 x 320."""
    still = folder / "still.png"
    quadrants(240, 320).transpose(Image.Transpose.ROTATE_90).save(still)
    flat, path = folder / "flat.mp4", folder / "phone.mov"
    ffmpeg("-loop", "1", "-framerate", "25", "-i", still, *TONE, "-t", "2", *H264, *AAC, flat)
    ffmpeg("-display_rotation", "-90", "-i", flat, "-c", "copy", *PHONE_TAGS, "-movflags", "use_metadata_tags", path)
    still.unlink()
    flat.unlink()
    return path


def webm(folder: Path) -> Path:
    tags = ["-metadata", f"comment={COMMENT}", "-metadata", f"title={MAKER}"]
    codecs = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"]
    return film(folder, "browser.webm", *codecs, *tags)


def mkv(folder: Path) -> Path:
    """Matroska with chapters, subtitles and an attachment besides picture and sound."""
    base = film(folder, "base.mkv", *H264, *AAC, *PHONE_TAGS)
    subtitles, chapters, path = folder / "s.srt", folder / "c.txt", folder / "all.mkv"
    subtitles.write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{COMMENT}\n", "utf-8")
    chapters.write_text(f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle={COMMENT}\n", "utf-8")
    inputs = ["-i", base, "-i", subtitles, "-i", chapters, "-map", "0", "-map", "1", "-map_metadata", "2"]
    ffmpeg(*inputs, "-c", "copy", "-attach", subtitles, "-metadata:s:t", "mimetype=text/plain", path)
    for part in (base, subtitles, chapters):
        part.unlink()
    return path


def avi(folder: Path) -> Path:
    return film(folder, "camera.avi", "-c:v", "mpeg4", "-c:a", "libmp3lame", "-metadata", f"comment={COMMENT}")


def three_gp(folder: Path) -> Path:
    """3GP of an old phone: H.263 and AMR."""
    codecs = ["-c:v", "h263", "-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "12.2k"]
    return film(folder, "old.3gp", *codecs, *PHONE_TAGS, size=(352, 288))


def hevc_10_bit_hdr(folder: Path) -> Path:
    colours = "colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc"
    codecs = ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1"]
    tags = ["-x265-params", f"log-level=none:{colours}", "-color_trc", "arib-std-b67", "-color_primaries", "bt2020"]
    return film(folder, "hdr.mov", *codecs, *tags, "-colorspace", "bt2020nc", *AAC, seconds=1)


def odd_444_surround(folder: Path) -> Path:
    """Odd sides, 4:4:4, 60 frames a second, sound of eight channels."""
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p", "-c:a", "aac", "-ac", "8"]
    return film(folder, "odd.mp4", *codecs, size=(321, 243), rate=60, seconds=1)


def variable_rate(folder: Path) -> Path:
    """Frames at 25 a second, then gaps."""
    codecs = ["-vf", r"select='lt(n,10)+not(mod(n,7))'", "-fps_mode", "vfr", *H264, *AAC]
    return film(folder, "gaps.mp4", *codecs)


def silent_mp4(folder: Path) -> Path:
    return film(folder, "silent.mp4", *H264, sound=False)


def long_mp4(folder: Path, seconds: float = 130) -> Path:
    """A film over the limit, of few frames."""
    codecs = [*H264, "-c:a", "aac", "-ar", "8000", "-b:a", "16k"]
    return film(folder, "long.mp4", *codecs, size=(64, 48), seconds=seconds, rate=1)


def lying_mp4(folder: Path) -> Path:
    """130 seconds whose headers say 2."""
    path = folder / "lying.mp4"
    data = bytearray(long_mp4(folder).read_bytes())
    for box in (b"mvhd", b"tkhd", b"mdhd"):
        at = data.find(box)
        while at >= 0:
            # After the name: version and flags, two dates; tkhd has two more words, the others one, then the duration.
            place = at + (24 if box == b"tkhd" else 20)
            scale = 1000 if box == b"tkhd" else struct.unpack_from(">I", data, place - 4)[0]
            struct.pack_into(">I", data, place, 2 * scale)
            at = data.find(box, at + 4)
    path.write_bytes(data)
    return path


# Voices ---------------------------------------------------------------------------------------------------------------


def tone(folder: Path, name: str, *codecs: str, seconds: float = 2) -> Path:
    path = folder / name
    ffmpeg(*TONE, "-t", str(seconds), *codecs, path)
    return path


def m4a(folder: Path) -> Path:
    tags = ["-metadata", f"comment={COMMENT}", "-metadata", f"artist={MAKER}"]
    return tone(folder, "voice.m4a", *AAC, *tags, "-metadata:s:a", f"handler_name={HANDLER}")


def mp3(folder: Path) -> Path:
    """MP3 with tags and a cover picture."""
    cover, path = folder / "cover.jpg", folder / "voice.mp3"
    quadrants(64, 48).save(cover, exif=exif())
    inputs = [*TONE, "-i", cover, "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic"]
    ffmpeg(*inputs, "-t", "2", "-c:a", "libmp3lame", "-metadata", f"comment={COMMENT}", path)
    cover.unlink()
    return path


def bare_mp3(folder: Path) -> Path:
    return tone(folder, "bare.mp3", "-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0")


def ogg(folder: Path) -> Path:
    return tone(folder, "voice.ogg", "-c:a", "libvorbis", "-metadata", f"comment={COMMENT}")


def opus(folder: Path) -> Path:
    return tone(folder, "voice.opus", "-c:a", "libopus", "-metadata", f"comment={COMMENT}")


def wav(folder: Path, seconds: float = 2) -> Path:
    return tone(folder, "voice.wav", "-c:a", "pcm_s16le", "-metadata", f"comment={COMMENT}", seconds=seconds)


def webm_voice(folder: Path) -> Path:
    return tone(folder, "voice.webm", "-c:a", "libopus", "-metadata", f"comment={COMMENT}")


def amr(folder: Path) -> Path:
    return tone(folder, "voice.amr", "-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "12.2k")


def sound_only_mp4(folder: Path) -> Path:
    """An MP4 without pictures, under a film's name."""
    path = tone(folder, "sound.m4a", *AAC)
    return path.rename(folder / "sound-only.mp4")


def sound_only_webm(folder: Path) -> Path:
    return webm_voice(folder).rename(folder / "sound-only.webm")


def empty_wav(folder: Path) -> Path:
    """A WAV with a correct header and no sample."""
    path = folder / "silence.wav"
    form = struct.pack("<HHIIHH", 1, 1, 44100, 88200, 2, 16)
    path.write_bytes(b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt \x10\0\0\0" + form + b"data\0\0\0\0")
    return path


# Broken and hostile ---------------------------------------------------------------------------------------------------


def empty(folder: Path) -> Path:
    path = folder / "empty.jpg"
    path.write_bytes(b"")
    return path


def text(folder: Path) -> Path:
    path = folder / "text.jpg"
    path.write_text("Dear friend, this is not a picture.\n" * 50, "utf-8")
    return path


def svg(folder: Path) -> Path:
    path = folder / "drawing.jpg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "utf-8")
    return path


def pdf(folder: Path) -> Path:
    path = folder / "paper.pdf"
    path.write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    return path


def playlist(folder: Path, port: int, target: Path) -> Path:
    """An HLS playlist called .mp4 that names a host and a file of this machine."""
    path = folder / "playlist.mp4"
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXTINF:2,", f"http://127.0.0.1:{port}/a.ts", "#EXTINF:2,"]
    path.write_text("\n".join([*lines, f"file://{target}", "#EXT-X-ENDLIST", ""]), "utf-8")
    return path


def concat_script(folder: Path, target: Path) -> Path:
    path = folder / "list.mp4"
    path.write_text(f"ffconcat version 1.0\nfile '{target}'\n", "utf-8")
    return path


def truncated(make: Callable[[Path], Path], folder: Path, part: float = 0.5) -> Path:
    """The first part of what ``make`` makes."""
    path = make(folder)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    return path


def bit_flipped(make: Callable[[Path], Path], folder: Path, seed: int = 1, every: int = 211) -> Path:
    """What ``make`` makes with single bits turned, at places that depend on ``seed`` alone; the first 64 bytes stay."""
    path = make(folder)
    data = bytearray(path.read_bytes())
    for at in range(64 + seed % every, len(data), every):
        data[at] ^= 1 << ((at + seed) % 8)
    path.write_bytes(data)
    return path
