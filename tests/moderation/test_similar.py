"""The same text and the same picture sent again, and codes in pictures."""

from __future__ import annotations

import random

import pytest
import segno
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from messages_site.changes import announce
from moderation.hinting import flags, pictures, similar
from moderation.models import Fingerprint, Flag
from supporters import attachments, originals
from supporters.models import Attachment, Event, Message, Rendition
from tests import disk
from tests.factories import AttachmentFactory, MessageFactory
from tests.queues import run_jobs

LETTER = (
    "We are four nurses in a small hospital by the sea. At night, when the wards are quiet, we talk about you and "
    "wonder what you see from your window. Here the ferries come in with their lights on. We wish you warmth."
)
OTHER = (
    "My grandfather repaired radios. He said that a voice in the dark can be a room to sit in. I kept his oldest set, "
    "and every evening I turn it on and think of whoever is listening far away with the sound turned low."
)


def compared(original: str) -> Message:
    message = MessageFactory(original=original)
    flags.compute(message.pk)
    return message


def same_text(message: Message) -> list[int | None]:
    return list(Flag.objects.filter(message=message, kind="same_text").values_list("other", flat=True))


# --- Texts ------------------------------------------------------------------------------------------------------


def test_bands_tell_similar_texts_from_others():
    bands = similar.bands(LETTER)
    near = similar.bands(LETTER.upper().replace("four", "five").replace(".", " !"))

    assert sum(one == other for one, other in zip(bands, near, strict=True)) > len(bands) // 2
    assert not set(bands) & set(similar.bands(OTHER))
    assert similar.bands("123 … ?") == []
    assert all(-(2**63) <= band < 2**63 for band in bands)


def test_bands_stay_the_same_from_version_to_version():
    assert similar.bands("안녕하십니까")[:2] == [7497138416850355648, 6642430791971845141]


def test_similarity_is_one_for_the_same_words_and_low_for_others():
    assert similar.similarity("Good morning, friend!", "good  morning friend") == 1
    assert similar.similarity("여러분을 생각합니다.", "여러분을 늘 생각합니다.") > 0.8
    assert similar.similarity(LETTER, OTHER) < 0.6
    assert similar.similarity("", "") == 0


@pytest.mark.django_db
def test_nearly_the_same_text_points_to_the_oldest():
    first = compared(LETTER)
    compared(OTHER)

    second = compared(LETTER.replace("four nurses", "three doctors").upper())
    third = compared("Hello! " + LETTER)

    assert same_text(first) == []
    assert same_text(second) == same_text(third) == [first.pk]


@pytest.mark.django_db
def test_short_texts_are_the_same_only_when_nothing_differs():
    first = compared("Hello there!")

    assert same_text(compared("hello  there")) == [first.pk]
    assert same_text(compared("Hello there, you")) == []


@pytest.mark.django_db
def test_text_sent_very_often_is_compared_with_few(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(flags, "MOST_ROWS", 48)
    first = compared(LETTER)
    now = timezone.now()
    crowd = Message.objects.bulk_create(
        Message(kind="text", original=LETTER, language="en", country="FR", receipt_hash=str(number), submitted_at=now)
        for number in range(40)
    )
    bands = list(Fingerprint.objects.filter(message=first).values_list("band", "value"))
    Fingerprint.objects.bulk_create(
        Fingerprint(message=message, kind="text", band=band, value=value) for message in crowd for band, value in bands
    )
    last = MessageFactory(original=LETTER)

    with django_assert_max_num_queries(25) as queries:
        flags.compute(last.pk)

    assert [query for query in queries.captured_queries if "LIMIT 48" in query["sql"]]
    assert same_text(last) == [first.pk]


@pytest.mark.django_db
def test_changed_text_is_no_longer_the_same():
    compared(LETTER)
    second = compared(LETTER)
    Message.objects.filter(pk=second.pk).update(original=OTHER)

    flags.compute(second.pk)
    flags.compute(second.pk)

    assert same_text(second) == []


# --- Pictures ---------------------------------------------------------------------------------------------------


def scene(seed: int) -> Image.Image:
    """A picture of soft discs, as different from one of another seed as two photos are."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (640, 480), tuple(chance.randrange(256) for _channel in range(3)))
    draw = ImageDraw.Draw(picture)
    for _disc in range(25):
        x, y, radius = chance.randrange(640), chance.randrange(480), chance.randrange(25, 200)
        colour = tuple(chance.randrange(256) for _channel in range(3))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(3))


def prepared(picture: Image.Image, tmp_path) -> Message:
    """A message whose file a worker has just made from `picture`."""
    path = tmp_path / "upload.jpg"
    picture.save(path, quality=85)
    message = MessageFactory(kind="photo", original="")
    attachment = AttachmentFactory(message=message, size=path.stat().st_size, path=originals.take(path))
    attachments.process(attachment.pk)
    assert Attachment.objects.get(pk=attachment.pk).state == Attachment.State.READY
    run_jobs()
    return message


def shown(picture: Image.Image) -> Message:
    """A message with `picture` as its smallest rendition, as a worker stores it."""
    attachment = AttachmentFactory(message__kind="photo", message__original="", state=Attachment.State.READY)
    disk.folder(attachment).mkdir(parents=True)
    small = ImageOps.contain(picture, (320, 320))
    small.save(disk.folder(attachment) / "320.jpg", quality=70)
    Rendition.objects.create(
        attachment=attachment, name="320.jpg", mime="image/jpeg", width=small.width, height=small.height, bytes=1,
        sha256="",
    )  # fmt: skip
    flags.compute_pictures(attachment.message_id)
    return attachment.message


CHANGES = {
    "smaller": lambda picture: picture.resize((300, 225)),
    "compressed": lambda picture: picture.quantize(48).convert("RGB"),
    "cut": lambda picture: picture.crop((4, 3, 636, 477)),
    "turned": lambda picture: picture.rotate(90, expand=True),
    "mirrored": ImageOps.mirror,
}


@pytest.mark.media
@pytest.mark.django_db
def test_same_picture_is_found_however_it_was_changed():
    first, other = shown(scene(1)), shown(scene(2))

    copies = {name: shown(change(scene(1))) for name, change in CHANGES.items()}

    found = dict(Flag.objects.filter(kind="same_picture").values_list("message", "other"))
    assert found == {message.pk: first.pk for message in copies.values()}
    assert other.pk not in found


@pytest.mark.media
def test_empty_picture_looks_like_nothing(tmp_path):
    Image.new("RGB", (320, 240), "white").save(tmp_path / "white.jpg")

    assert pictures.look(tmp_path / "white.jpg") is None


def test_look_comes_back_from_each_of_its_bands():
    look = 0xF123_4567_89AB_CDEF
    for band in range(pictures.BYTES):
        value = pictures.turned(look, band)
        least, greatest = pictures.sharing(look, band)
        assert pictures.turned_back(value, band) == look
        assert -(2**63) <= least <= value <= greatest < 2**63
        assert not least <= pictures.turned(look ^ (0xFF << (56 - 8 * band)), band) <= greatest


@pytest.mark.media
@pytest.mark.django_db
def test_code_in_a_photo_is_found_and_its_text_kept_nowhere(tmp_path):
    code = segno.make("https://example.org/secret")
    code.save(str(tmp_path / "code.png"), scale=4)
    picture = scene(3)
    with Image.open(tmp_path / "code.png") as drawn:
        picture.paste(drawn.convert("RGB").rotate(9, expand=True, fillcolor="white"), (200, 150))

    message = prepared(picture, tmp_path)
    plain = shown(scene(4))

    (finding,) = flags.findings(message)
    assert (finding.kind, finding.severity, finding.words) == ("qr", "high", "")
    assert "secret" not in finding.reason
    assert flags.findings(plain) == []


@pytest.mark.media
@pytest.mark.django_db
def test_picture_taken_back_meanwhile_leaves_nothing():
    message = shown(scene(5))
    assert Fingerprint.objects.filter(message=message, kind="picture").count() == pictures.BYTES

    announce(message.pk, Event.Kind.WITHDRAWN)
    Message.objects.filter(pk=message.pk).update(status="withdrawn")
    flags.compute_pictures(message.pk)

    assert not Fingerprint.objects.exists()
