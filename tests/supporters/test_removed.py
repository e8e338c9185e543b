"""What a sender is told about hidden details of a file: what was found, where nothing was, and where nothing came."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import regex
from django.conf import settings
from django.test import Client
from django.utils import translation

from supporters import media, removed
from supporters.models import Attachment, Message, Upload
from tests import media_samples
from tests.supporters.sending import hidden, send, sent, text_of, upload

CODES = [*media.REMOVED, *(["in_browser"] if "in_browser" not in media.REMOVED else [])]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_code_has_words_of_its_own(language: str) -> None:
    with translation.override(language):
        said = {code: removed.sentences([code]) for code in CODES}
        nothing = removed.sentences([])

    assert len({tuple(sentences) for sentences in [*said.values(), nothing]}) == len(CODES) + 1
    for sentence in [*nothing, *(sentence for sentences in said.values() for sentence in sentences)]:
        assert sentence[0] == sentence[0].upper()
        assert sentence.endswith(".")
        assert bool(regex.search(r"[가-힣]", sentence)) == (language == "ko")


def test_what_was_found_is_one_list_in_the_order_of_the_codes() -> None:
    assert removed.sentences(["time", "place", "in_browser"]) == [
        "Your browser made the photo smaller before it was sent. What was hidden in it never left your device.",
        "We remove from your file: the place where it was taken, the time when it was taken.",
        "None of it is in anything that we show or pass on.",
    ]
    assert removed.sentences([]) == [
        "We looked for hidden details in your file, such as place, device and names, and found none."
    ]


@pytest.fixture
def photo(client: Client, tmp_path: Path) -> tuple[Message, str]:
    return sent(client, kind="photo", alt="A tree", photo=upload(media_samples.jpeg(tmp_path)))


@pytest.mark.django_db
@pytest.mark.media
@pytest.mark.usefixtures("own_folders")
def test_preview_receipt_and_private_page_tell_it(client: Client, tmp_path: Path) -> None:
    form = send(client, kind="photo", alt="", photo=upload(media_samples.jpeg(tmp_path)))
    Upload.objects.update(removed=["place", "serial"])
    kept = {"kind": "photo", "alt": "A tree", "upload": hidden(form)["upload"]}
    told = "We remove from your file: the place where it was taken, serial numbers."

    assert told in text_of(send(client, step="preview", **kept))
    _message, address = sent(client, **kept)
    for state in ("received", "processing", "ready"):
        Attachment.objects.update(state=state)
        assert told in text_of(client.get(f"{address}?sent=1"))
        assert told in text_of(client.get(address))

    Attachment.objects.update(removed=["in_browser"])
    assert "never left your device" in text_of(client.get(address))
    Attachment.objects.update(removed=[])
    assert "found none" in text_of(client.get(address))
    Attachment.objects.update(state="failed", reason="unreadable")
    assert "found none" not in text_of(client.get(address)), "of a file that cannot be read nobody knows"


@pytest.mark.django_db
@pytest.mark.media
@pytest.mark.usefixtures("own_folders")
def test_the_private_page_tells_how_much_is_done(client: Client, photo: tuple[Message, str]) -> None:
    _message, address = photo
    Attachment.objects.update(state="processing", percent=40)

    page = text_of(client.get(address))

    assert 'data-state="processing"' in page
    assert "40% of the work is done." in page
    assert '<progress max="100" value="40"' in page
    assert '<a class="btn line sm" href="?">Look again</a>' in page
    Attachment.objects.update(state="ready")
    assert "<progress" not in text_of(client.get(address))


# --- What the form weighs ---------------------------------------------------------------------------------------


def weight(*names: str) -> int:
    return sum(
        len(gzip.compress((settings.BASE_DIR / "static" / "supporters" / name).read_bytes(), 6)) for name in names
    )


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_form_and_its_scripts_are_light(client: Client, language: str) -> None:
    page, recorder = (
        len(gzip.compress(client.get(f"/{language}/send/{part}").content, 6)) for part in ("", "recorder/")
    )

    assert weight("upload.js") <= 6_000
    assert page + weight("form.css") <= 14_000, "what everybody looks at"
    assert page + weight("form.css", "send.js", "upload.css", "upload.js") <= 19_700, "what a file needs as well"
    # Each of them only for a photo that is made smaller, or when a button is pressed.
    assert weight("photo.js") <= 1_500
    assert weight("record.js") + recorder <= 4_200
