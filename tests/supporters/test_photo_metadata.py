"""Programs that know hundreds of metadata formats find none of ours in what is made of photos full of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from supporters import media
from tests import media_samples as samples
from tests.programs import need
from tests.supporters import odd_photos as odd
from tests.supporters.photo_corpus import ZIP, chunk, honest, png_with, saved, segment

pytestmark = pytest.mark.media
# What describes the file and its pixels. SourceFile to Warning are exiftool's own words.
STRUCTURE = {
    *("SourceFile", "ExifTool:ExifToolVersion", "ExifTool:Warning"),
    *("File:FileName", "File:Directory", "File:FileSize", "File:FilePermissions", "File:FileType"),
    *("File:FileModifyDate", "File:FileAccessDate", "File:FileInodeChangeDate"),  # of this test's own file
    *("File:FileTypeExtension", "File:MIMEType", "File:ImageWidth", "File:ImageHeight", "File:EncodingProcess"),
    *("File:BitsPerSample", "File:ColorComponents", "File:YCbCrSubSampling"),
    *("JFIF:JFIFVersion", "JFIF:ResolutionUnit", "JFIF:XResolution", "JFIF:YResolution"),
    *("RIFF:VP8Version", "RIFF:HorizontalScale", "RIFF:VerticalScale", "RIFF:ImageWidth", "RIFF:ImageHeight"),
    *("Composite:ImageSize", "Composite:Megapixels"),
}
ICC = odd.rgb_profile(odd.SRGB)  # its description is the serial number


def full_jpeg() -> bytes:
    """EXIF with a preview and a maker's note, XMP, extended XMP, IPTC, comment, profile, index, and a film behind."""
    made = samples.quadrants()
    block = samples.Image.Exif()
    block.load(samples.exif())
    block[0x010E], block[0x013B], block[0x8298] = samples.COMMENT, samples.MAKER, samples.MAKER
    block.get_ifd(0x8769)[0x927C] = b"Nikon\0" + samples.SERIAL.encode()
    data = saved(made, "MPO", save_all=True, append_images=[made], exif=block.tobytes(), icc_profile=ICC)
    plain = honest("full.jpg")
    extra = plain[2 : plain.index(b"\xff\xe1", plain.index(b"Photoshop 3.0"))]
    text = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + samples.XMP
    notes = segment(0xE1, text) + segment(0xEC, b"Ducky" + samples.COMMENT.encode()) + segment(0xFE, b"by hand")
    return data[:2] + extra + notes + data[2:] + b"\0\0\0\x18ftypmp42" + samples.SERIAL.encode() + ZIP


def full_png() -> bytes:
    raw = b"Raw profile type exif\0\nexif\n    9\n" + samples.exif().hex().encode()
    texts = (b"Author\0" + samples.MAKER.encode(), b"Creation Time\0" + b"2024:05:06 07:08:09", raw)
    chunks = [chunk(b"tEXt", text) for text in texts]
    xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + samples.XMP)
    return png_with(*chunks, xmp, chunk(b"tIME", bytes([7, 232, 5, 6, 7, 8, 9]))) + ZIP


FULL = {
    "jpeg": full_jpeg,
    "png": full_png,
    "webp": lambda: saved(samples.quadrants(), "WEBP", exif=samples.exif(), xmp=samples.XMP, icc_profile=ICC) + ZIP,
    "avif": lambda: saved(samples.quadrants(), "AVIF", exif=samples.exif(), xmp=samples.XMP, icc_profile=ICC),
    "heic": lambda: odd.heic(8, 6, xmp=samples.XMP, icc_profile=ICC, icc_profile_type="prof"),
    "gif": lambda: honest("moving.gif") + ZIP,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`sent` holds photos full of metadata, `made` what is made of them."""
    folder = tmp_path_factory.mktemp("metadata")
    (folder / "sent").mkdir()
    for name, make in FULL.items():
        source, made = folder / "sent" / f"{name}.{name}", folder / "made" / name
        source.write_bytes(make())
        made.mkdir(parents=True)
        media.convert(source, "photo", made)
    return folder


def test_exiftool_finds_only_what_describes_the_pixels(folder: Path):
    command = [need("exiftool", "libimage-exiftool-perl"), "-json", "-G", "-a", "-u", "-ee", "-r"]

    sent = json.loads(subprocess.run([*command, folder / "sent"], check=True, capture_output=True).stdout)
    made = json.loads(subprocess.run([*command, folder / "made"], check=True, capture_output=True).stdout)

    assert all(len(set(fields) - STRUCTURE) >= 1 for fields in sent)
    assert len(made) == 4 * len(FULL)
    assert {field for fields in made for field in fields} - STRUCTURE == set()


def test_mat2_finds_nothing(folder: Path):
    program = need("mat2", "mat2")

    answers = {
        path: subprocess.run([program, "--show", path], capture_output=True, text=True).stdout
        for path in sorted((folder / "made").rglob("*.*"))
        # mat2 lists pixels and file dates of WebP as metadata
        if path.suffix == ".jpg"
    }

    assert len(answers) == 2 * len(FULL)
    assert {path.name: text for path, text in answers.items() if "No metadata found" not in text} == {}


def test_the_sender_is_told_of_all_that_was_in_the_fullest(folder: Path):
    removed = media.inspect(folder / "sent" / "jpeg.jpeg", "photo").removed

    assert removed == tuple(code for code in media.REMOVED if code != "in_browser")
