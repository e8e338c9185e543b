"""Subtitles on the wall: a file beside the video while both are shown, and a track of the message page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from messages_site import front
from supporters import lifecycle, subtitles
from supporters.models import Attachment, Event, Message
from supporters.subtitles import Cue
from tests.factories import SafetyLeadFactory
from wall import inventory, order, pages, publishing

from .conftest import VIDEO, VOICE, attach, publish_due

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
CUES = [Cue(0, 2000, "첫째"), Cue(2000, 4500, "A < B")]


@pytest.fixture
def lead() -> User:
    return SafetyLeadFactory()


@pytest.fixture
def letter(publish: Callable[..., list[Message]]) -> Message:
    """A video on the wall."""
    (message,) = publish(kind="video")
    attach(message, VIDEO)
    return message


@pytest.fixture
def save(lead: User, django_capture_on_commit_callbacks: Callable[..., object]) -> Callable[..., None]:
    def store(message: Message, language: str = "ko", *, is_shown: bool = True, cues: list[Cue] = CUES) -> None:
        row = message.subtitles.filter(language=language).first()
        with django_capture_on_commit_callbacks(execute=True):
            subtitles.save(
                message,
                language,
                cues,
                is_shown=is_shown,
                source="x",
                actor=lead,
                revision=row.revision if row else 0,
            )

    return store


def files(tree: Path, message: Message) -> dict[str, str]:
    """The published subtitles of a message."""
    folder = tree / "media" / Attachment.objects.get(message=message).token
    return {file.name: file.read_text() for file in sorted(folder.glob("*.vtt"))}


def page_of(tree: Path, message: Message, language: str = "ko") -> str:
    return (tree / language / order.message_path(message.slug)).read_text()


def test_shown_subtitles_are_a_file_and_a_track_at_once(tree, letter, save):
    save(letter)

    assert files(tree, letter) == {"ko.vtt": subtitles.webvtt(CUES)}
    token = letter.attachment.token
    modes = {path.name: path.stat().st_mode for path in (tree / "media" / token).iterdir()}
    assert modes["ko.vtt"] == modes["240.mp4"]  # whoever serves one serves the other
    track = f'<track kind="subtitles" src="../../media/{token}/ko.vtt" srclang="ko" label="'
    assert track in page_of(tree, letter)
    assert re.search(rf'<a class="btn line" href="\.\./\.\./media/{token}/ko\.vtt">[^<]*B', page_of(tree, letter))
    assert not [path for path in inventory.differences() if path.startswith("media/")]


def test_hidden_subtitles_are_gone_at_once_where_the_site_sends_them(client, tree, letter, save):
    save(letter)
    path = f"/media/{letter.attachment.token}/ko.vtt"
    assert client.get(path).status_code == 200
    letter.subtitles.update(is_shown=False)  # and no worker yet

    assert client.get(path).status_code == 404


def test_language_of_the_page_comes_first_and_is_the_default(tree, letter, save):
    save(letter, "en")
    save(letter, "ko")

    for language, order_ in (("ko", ["ko", "en"]), ("en", ["en", "ko"])):
        tracks = re.findall(r"<track [^>]*>", page_of(tree, letter, language))
        assert [re.search(r'srclang="(..)"', track)[1] for track in tracks] == order_
        assert [" default" in track for track in tracks] == [True, False]


def test_other_language_alone_is_offered_and_not_the_default(tree, letter, save):
    save(letter, "en")

    (track,) = re.findall(r"<track [^>]*>", page_of(tree, letter, "ko"))
    assert "default" not in track


def test_drafts_are_nowhere(tree, letter, save):
    save(letter, is_shown=False)

    assert files(tree, letter) == {}
    assert "<track" not in page_of(tree, letter)


def test_saving_as_a_draft_takes_the_file_away_at_once(tree, letter, save):
    save(letter)
    save(letter, "en")

    save(letter, is_shown=False)

    assert list(files(tree, letter)) == ["en.vtt"]
    assert "ko.vtt" not in page_of(tree, letter) + page_of(tree, letter, "en")


def test_changed_lines_are_another_file_to_a_browser_that_holds_the_old_one(tree, letter, save):
    save(letter)
    (file,) = (tree / "media").glob("*/ko.vtt")
    before = file.stat().st_mtime

    save(letter, cues=[CUES[0]._replace(text="둘째"), CUES[1]])

    assert "둘째" in files(tree, letter)["ko.vtt"]
    assert 0 < file.stat().st_mtime - before < 60
    assert file.stat().st_mtime // 86_400 == letter.submitted_at.timestamp() // 86_400


def test_only_its_own_page_is_written(tree, publish, save):
    letters = publish(3, kind="video")
    for letter in letters:
        attach(letter, VIDEO)
    before = {path: path.stat().st_mtime_ns for path in tree.rglob("*.html")}

    save(letters[1])

    changed = {str(path.relative_to(tree)) for path in tree.rglob("*.html") if path.stat().st_mtime_ns != before[path]}
    assert changed == {f"{language}/{order.message_path(letters[1].slug)}" for language in ("ko", "en")}


def test_subtitles_made_before_the_letter_is_shown_come_with_it(tree, publish, save):
    (letter,) = publish(kind="video", cleared_web=False)
    attach(letter, VIDEO)
    save(letter)
    assert not list((tree / "media").glob("*/*.vtt"))

    Message.objects.filter(pk=letter.pk).update(cleared_web=True)
    publish_due()

    assert list(files(tree, letter)) == ["ko.vtt"]


@pytest.mark.parametrize("end", ["withdraw", "hide", "remove"])
def test_subtitles_go_with_the_letter(tree, letter, save, lead, end, django_capture_on_commit_callbacks):
    save(letter)
    letter.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        if end == "withdraw":
            lifecycle.withdraw(letter)
        elif end == "remove":
            lifecycle.remove(letter, actor=lead)
        else:
            Message.objects.filter(pk=letter.pk).update(is_hidden=True)
            publishing.changed_together([letter.pk], Event.Kind.HIDDEN)

    assert not list((tree / "media").rglob("*.vtt"))


def test_publish_all_brings_missing_old_and_stray_files_right(tree, letter, save):
    save(letter)
    folder = tree / "media" / letter.attachment.token
    (folder / "ko.vtt").write_text("WEBVTT\n\nold")
    (folder / "en.vtt").write_text("WEBVTT\n\nstray")
    assert sorted(inventory.differences())[-2:] == [f"media/{folder.name}/{name}.vtt" for name in ("en", "ko")]

    publishing.publish_all()

    assert files(tree, letter) == {"ko.vtt": subtitles.webvtt(CUES)}


def test_voice_has_a_text_with_times_and_no_track(tree, publish, save):
    (voice,) = publish(kind="voice")
    attach(voice, VOICE)

    save(voice)

    page = page_of(tree, voice)
    assert "<track" not in page
    assert f"{voice.attachment.token}/ko.vtt" in page


def test_message_page_with_long_subtitles_stays_within_its_budget(tree, letter, save):
    Message.objects.filter(pk=letter.pk).update(body_ko="글 " * 500)
    cues = [Cue(500 * number, 500 * number + 500, "가나다라 " * 20) for number in range(300)]
    save(letter, cues=cues)
    save(letter, "en", cues=cues)

    assert all(pages.gzip_size(page_of(tree, letter, language)) <= 8_000 for language in ("ko", "en"))


def test_server_names_the_type_of_the_file():
    assert front.MEDIA.fullmatch(f"/media/{'a' * 26}/ko.vtt")
    assert front.MIME["vtt"] == "text/vtt; charset=utf-8"
