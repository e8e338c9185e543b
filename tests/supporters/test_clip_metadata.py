"""What hides in videos and voices: told to the sender, and in nothing that is made of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from supporters import media
from tests import media_samples as samples
from tests.programs import need
from tests.supporters.clip_corpus import box

pytestmark = pytest.mark.media
# What a reader finds in every file of its kind, whoever made it: sizes, codecs, lengths, colours.
STRUCTURE = {
    *("SourceFile", "ExifToolVersion", "FileType", "FileTypeExtension", "MIMEType", "FileSize", "Megapixels"),
    *("ImageWidth", "ImageHeight", "ImageSize", "SourceImageWidth", "SourceImageHeight", "XResolution", "YResolution"),
    *("MajorBrand", "MinorVersion", "CompatibleBrands", "MovieHeaderVersion", "TimeScale", "Duration", "BitDepth"),
    *("PreferredRate", "PreferredVolume", "PreviewTime", "PreviewDuration", "PosterTime", "SelectionTime"),
    *("SelectionDuration", "CurrentTime", "NextTrackID", "TrackHeaderVersion", "TrackID", "TrackDuration"),
    *("TrackLayer", "TrackVolume", "MatrixStructure", "MediaHeaderVersion", "MediaTimeScale", "MediaDuration"),
    *("MediaLanguageCode", "HandlerType", "GraphicsMode", "OpColor", "CompressorID", "VideoFrameRate", "Balance"),
    *("ColorProfiles", "ColorPrimaries", "TransferCharacteristics", "MatrixCoefficients", "VideoFullRangeFlag"),
    *("BufferSize", "MaxBitrate", "AverageBitrate", "AudioFormat", "AudioChannels", "AudioBitsPerSample"),
    *("AudioSampleRate", "MediaDataSize", "MediaDataOffset", "AvgBitrate", "Rotation", "PixelAspectRatio"),
    *("BlockSizeMin", "BlockSizeMax", "FrameSizeMin", "FrameSizeMax", "SampleRate", "Channels", "BitsPerSample"),
    *("TotalSamples", "MD5Signature", "EncodingProcess", "ColorComponents", "YCbCrSubSampling", "JFIFVersion"),
    *("ResolutionUnit", "CleanApertureDimensions", "ProductionApertureDimensions", "EncodedPixelsDimensions"),
}
# ISO files must have times, FLAC files a writer: they are zero and blank. AVC names its own format.
EMPTY = {
    **dict.fromkeys(("CreateDate", "ModifyDate", "TrackCreateDate", "TrackModifyDate"), "0000:00:00 00:00:00"),
    **dict.fromkeys(("MediaCreateDate", "MediaModifyDate"), "0000:00:00 00:00:00"),
    "Vendor": "",
    "CompressorName": "AVC",
}


def tagged_flac(folder: Path) -> Path:
    tags = ["-metadata", f"artist={samples.MAKER}", "-metadata", f"lyrics={samples.COMMENT}"]
    return samples.tone(folder, "tagged.flac", "-c:a", "flac", *tags)


def with_private_box(folder: Path) -> Path:
    """A film with a box of its maker's own and an XMP packet that says where it was made."""
    path = samples.film(folder, "private.mp4", *samples.H264, sound=False, seconds=0.4, size=(64, 48))
    xmp = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + samples.XMP.replace(b"place", b"exif:GPSLatitude")
    path.write_bytes(path.read_bytes() + box(b"uuid", xmp))
    return path


SAMPLES: list[tuple[Callable[[Path], Path], str, set[str]]] = [
    (samples.mp4, "video", {"place", "device", "time", "comment"}),
    (samples.mov, "video", {"place", "device", "time", "comment"}),
    (samples.webm, "video", {"device", "comment"}),
    (samples.mkv, "video", {"device", "comment", "other"}),
    (samples.avi, "video", {"device", "comment"}),
    (with_private_box, "video", {"place", "device", "other"}),
    (samples.m4a, "voice", {"device", "author", "comment"}),
    (samples.mp3, "voice", {"device", "comment", "thumbnail"}),
    (samples.ogg, "voice", {"device", "comment"}),
    (samples.wav, "voice", {"device", "comment"}),
    (tagged_flac, "voice", {"device", "author", "comment"}),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, test_all: bool) -> Path:
    """A folder with everything that is made of the metadata set, one folder a file."""
    root = tmp_path_factory.mktemp("cleaned")
    for make, kind, _codes in SAMPLES if test_all else SAMPLES[1::6]:
        folder = root / make.__name__
        folder.mkdir()
        media.convert(make(root), kind, folder, master=True)
    return root


@pytest.mark.parametrize(("make", "kind", "codes"), SAMPLES, ids=lambda value: getattr(value, "__name__", None))
def test_the_sender_is_told_what_hides_in_the_file(
    tmp_path: Path, make: Callable[[Path], Path], kind: str, codes: set[str]
):
    removed = media.inspect(make(tmp_path), kind).removed

    assert set(removed) == codes
    assert list(removed) == [code for code in media.REMOVED if code in codes]


def test_nothing_is_said_to_hide_in_a_bare_file(tmp_path: Path):
    bare = samples.bare_mp3(tmp_path)
    clean = samples.tone(tmp_path, "clean.wav", "-c:a", "pcm_s16le", "-fflags", "+bitexact")

    assert media.inspect(bare, "voice").removed == ()
    assert media.inspect(clean, "voice").removed == ()


def test_exiftool_finds_no_field_in_what_is_made(made: Path):
    exiftool = need("exiftool", "libimage-exiftool-perl")
    files = [path for folder in made.iterdir() if folder.is_dir() for path in folder.iterdir()]

    done = subprocess.run([exiftool, "-json", "-a", *files], capture_output=True, check=True)

    found = {}
    for answer in json.loads(done.stdout):
        for key, value in answer.items():
            is_of_the_disk = key in {"FileName", "Directory", "FilePermissions"} or (
                key.startswith("File") and "Date" in key
            )
            is_nameless = key in EMPTY and str(value).strip() in (EMPTY[key], "")
            if not (key in STRUCTURE or is_of_the_disk or is_nameless):
                found[f"{Path(answer['SourceFile']).name} {key}"] = value
    assert len(files) >= 5
    assert found == {}


def test_mat2_finds_no_field_in_what_is_made(made: Path):
    mat2 = need("mat2", "mat2")
    files = [path for folder in made.iterdir() if folder.is_dir() for path in folder.iterdir()]

    for path in files:
        done = subprocess.run([mat2, "--show", path], capture_output=True, check=False, text=True)

        told = [line for line in done.stdout.splitlines()[1:] if line.strip()]
        assert not [line for line in told if samples.MAKER in line or samples.COMMENT in line or "Lav" in line], (
            path.name
        )
