"""Still pictures of a video: for whoever reviews it, behind the same veil, and for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from supporters import attachments, media
from supporters.models import Attachment, Message
from tests import disk
from tests import media_samples as samples
from tests.factories import AttachmentFactory, MessageFactory
from wall import tree

from .conftest import address


@pytest.mark.media
def test_video_gets_a_small_still_for_every_five_seconds(tmp_path: Path):
    made = tmp_path / "made"
    made.mkdir()
    source = samples.film(tmp_path, "tall.mp4", *samples.H264, size=(360, 640), seconds=11, rate=2)

    stills = [part for part in media.convert(source, "video", made).renditions if part.name.startswith("s0")]

    assert [part.name for part in stills] == ["s000.jpg", "s005.jpg", "s010.jpg"]
    assert {(part.width, part.height) for part in stills} == {(136, 240)}
    assert all(part.bytes < 20_000 and part.mime == "image/jpeg" for part in stills)
    with Image.open(made / "s005.jpg") as still:
        assert still.size == (136, 240)
        assert not still.getexif()


@pytest.fixture
def video(db: None) -> Message:
    message = MessageFactory(kind="video", approved=True)
    attachment = AttachmentFactory(message=message, state="ready", mime="video/mp4")
    for name in ("240.mp4", "poster.jpg", "s000.jpg", "s065.jpg"):
        mime = "video/mp4" if name.endswith("mp4") else "image/jpeg"
        made = attachment.renditions.create(name=name, mime=mime, bytes=3, sha256="0", width=240, height=135)
        file = disk.rendition(made)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"jpg")
    return message


def test_stills_stand_behind_the_veil_of_the_video(desk, video):
    page = desk.get(address(video)).content.decode()

    veil = page.partition('<details class="veil">')[2].partition("</details>")[0]
    summary, shown = veil.split("</summary>")
    assert page.count("/media/s0") == veil.count("/media/s0") == 4
    assert "/media/s0" not in summary
    assert 'loading="lazy" alt="The video at 1:05"' in shown
    assert "autoplay" not in page


def test_stills_are_never_published_and_go_with_the_video(video, settings):
    attachment = Attachment.objects.get()

    tree.link_media(attachment)

    assert sorted(file.name for file in (settings.TREE_ROOT / "media" / attachment.token).iterdir()) == [
        "240.mp4",
        "poster.jpg",
    ]
    assert not [rendition for rendition in tree.missing_media(attachment) if rendition.name.startswith("s0")]
    attachments.delete_files(video.pk)
    assert not disk.folder(attachment).exists()
    assert not attachment.renditions.exists()
