"""The page of the desk on which subtitles are timed: fields, files, two people at once, and who may show them."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from moderation.models import Claim
from moderation.subtitling.lines import PAGE
from moderation.subtitling.splitting import split
from supporters import lifecycle, retention, subtitles
from supporters.models import Event, Message, Subtitles
from supporters.subtitles import Cue, clock
from tests.factories import AttachmentFactory, MessageFactory

from .conftest import client_of
from .test_subtitle_lines import ENGLISH, KOREAN, LENGTH, SRT
from .timing import AS_SHOWN, TWO, at, clip_of, shown_lines, typed

# --- The page -----------------------------------------------------------------------------------------------------


@pytest.fixture
def video(db: None) -> Message:
    return clip_of(MessageFactory(kind="video", approved=True, language="ko", body_ko=KOREAN, body_en=ENGLISH))


def test_page_begins_with_lines_from_the_text_and_stores_nothing(desk, video):
    page = desk.get(at(video)).content.decode()

    assert shown_lines(page) == [(clock(cue.begin), clock(cue.end), cue.text) for cue in split(KOREAN, LENGTH)]
    assert "nothing is saved yet" in page
    assert not Subtitles.objects.exists()


def test_transcript_comes_before_the_text_in_the_language_that_is_spoken(desk, video):
    Message.objects.filter(pk=video.pk).update(transcript="말한 것을 적었습니다.", body_en="Written down.")

    assert "말한 것을" in desk.get(at(video)).content.decode()
    assert [line[2] for line in shown_lines(desk.get(at(video, "en")).content.decode())] == ["Written down."]


def test_player_is_veiled_and_never_plays_by_itself(desk, video):
    page = desk.get(at(video)).content.decode()

    veil = page.partition('<details class="veil">')[2].partition("</details>")[0]
    assert "240.mp4" in veil.partition("</summary>")[2]
    assert page.count("240.mp4") == 1
    assert 'preload="none"' in veil
    assert "autoplay" not in page
    assert desk.get(at(video, more="media/240.mp4")).getvalue() == b"mp4"
    assert desk.get(at(video, more="media/s000.jpg")).status_code == 404


def test_saving_stores_lines_and_an_event_without_words(desk, video, mina):
    answer = desk.post(at(video), typed(TWO, "save"))

    assert answer.headers["Location"] == f"{at(video)}?done=save"
    row = Subtitles.objects.get()
    assert (row.language, row.is_shown, row.revision, row.changed_by) == ("ko", False, 1, mina)
    assert subtitles.cues_of(row) == TWO
    event = video.events.last()
    assert (event.kind, event.actor, event.is_public) == ("subtitled", mina, False)
    assert event.ids == {"subtitles": row.pk, "shown": 0}
    assert shown_lines(desk.get(at(video)).content.decode()) == AS_SHOWN


def test_saving_subtitles_says_nothing_about_the_texts(desk):
    """The review page asks the life line whether its texts were saved: these are other ones."""
    video = clip_of(MessageFactory(kind="video", language="en", original="As it came."))
    desk.post(at(video, "en"), typed(TWO, "save"))

    page = desk.get(f"/admin/desk/{video.slug}/").content.decode()

    assert re.search(r'name="body_en"[^>]*>\s*As it came\.', page)


def test_what_does_not_fit_is_named_at_its_line_and_kept(desk, video):
    lines = [Cue(0, 400, "짧음"), Cue(300, 99_000, "x" * 130)]
    data = typed(lines, "show") | {"begin": ["0:00", "later"], "end": ["0:00.4", "1:39"]}

    answer = desk.post(at(video), data)

    page = answer.content.decode()
    assert 'href="#begin-2"' in page
    assert "write begin and end" in page
    assert shown_lines(page) == [("0:00", "0:00.4", "짧음"), ("later", "1:39", "x" * 130)]
    page = desk.post(at(video), typed(lines, "show")).content.decode()
    assert "half a second" in page
    assert "120 characters" in page
    assert not Subtitles.objects.exists()


def test_line_with_a_mistake_stays_where_it_was_typed(desk, video):
    page = desk.post(at(video), typed([Cue(9000, 12_000, "첫째"), Cue(2000, 99_000, "둘째")], "check")).content.decode()

    assert [line[2] for line in shown_lines(page)] == ["첫째", "둘째"]


def test_lines_are_put_in_order_and_empty_ones_left_out(desk, video):
    data = typed([TWO[1], TWO[0]], "save")
    data |= {name: [*data[name], " "] for name in ("begin", "end", "text")}

    desk.post(at(video), data)

    assert subtitles.cues_of(Subtitles.objects.get()) == TWO


def test_control_characters_are_cleaned(desk, video):
    desk.post(at(video), typed([Cue(0, 2000, " 가\u202e나 \x07\r\n\n다\u2066  라 ")], "save"))

    assert subtitles.cues_of(Subtitles.objects.get()) == [Cue(0, 2000, "가나\n다 라")]


@pytest.mark.parametrize(
    ("action", "lines"),
    [
        ("add", [*AS_SHOWN, ("0:04.5", "0:06.5", "")]),
        ("insert:0", [AS_SHOWN[0], ("0:02.0", "0:04.0", ""), AS_SHOWN[1]]),
        ("remove:0", [AS_SHOWN[1]]),
        ("split:1", [AS_SHOWN[0], ("0:02.0", "0:03.2", "둘"), ("0:03.2", "0:04.5", "째")]),
        ("check", AS_SHOWN),
        ("insert:99999", AS_SHOWN),
    ],
)
def test_buttons_change_the_lines_on_the_page_and_store_nothing(desk, video, action, lines):
    answer = desk.post(at(video), typed(TWO, action))

    assert shown_lines(answer.content.decode()) == lines
    assert not Subtitles.objects.exists()


def test_last_line_can_be_removed_and_another_added(desk, video):
    page = desk.post(at(video), typed(TWO[:1], "remove:0")).content.decode()
    assert shown_lines(page) == []

    page = desk.post(at(video), typed([], "add")).content.decode()
    assert shown_lines(page) == [("0:00.0", "0:02.0", "")]


def many(count: int) -> list[Cue]:
    return [Cue(500 * number, 500 * number + 500, f"줄 {number}") for number in range(count)]


def test_more_than_thirty_lines_stand_on_pages_and_travel_together(desk, video):
    cues = many(2 * PAGE + 5)
    Message.objects.filter(pk=video.pk).update(body_ko="x")
    video.attachment.renditions.update(seconds=60)
    page = desk.post(at(video), typed(cues, "page:1")).content.decode()
    assert [line[2] for line in shown_lines(page)] == [cue.text for cue in cues[PAGE : 2 * PAGE]]
    hidden = {name: unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1]) for name in ("before", "after")}
    rows = shown_lines(page)
    data = {name: [row[place] for row in rows] for place, name in enumerate(("begin", "end", "text"))}

    desk.post(at(video), data | hidden | {"revision": 0, "action": "save"})

    assert subtitles.cues_of(Subtitles.objects.get()) == cues
    # A browser posts these, the token and the button: below the hundred a form may have.
    others = set(re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"', page)) - {*data, "file"}
    assert len(others) + 3 * PAGE + 1 < 100


def test_page_with_the_first_mistake_is_opened(desk, video):
    cues = many(PAGE + 2)
    cues[PAGE + 1] = cues[PAGE + 1]._replace(text="")

    page = desk.post(at(video), typed(cues, "save")).content.decode()

    assert f'href="#text-{PAGE + 2}"' in page
    assert len(shown_lines(page)) == 2


@pytest.mark.parametrize(
    "data",
    [
        {"action": "approve"},
        {"action": "save", "before": "not json"},
        {"action": "save", "before": "[" * 100_000},
        {"action": "save", "before": '[["1"]]'},
        {"action": "save", "after": '[["1","2","\\ud800"]]'},
        {"action": "save", "after": "7"},
        {"action": "save", "before": '["' + "x" * 500_000 + '"]'},
        {"action": "save", "before": "[" + ",".join(['["","",""]'] * 4_000) + "]"},
        {},
    ],
)
def test_forged_forms_are_refused_and_change_nothing(desk, video, data):
    answer = desk.post(at(video), typed(TWO, "save") | {"action": ""} | data)

    assert answer.status_code == 400
    assert not Subtitles.objects.exists()


def test_markup_in_lines_is_shown_as_text(desk, video):
    desk.post(at(video), typed([Cue(0, 2000, "</textarea><script>x</script>")], "show"))

    page = desk.get(at(video)).content.decode()

    assert "<script>x" not in page
    assert "&lt;/script&gt;" in desk.get(at(video, more="words.vtt")).content.decode()


# --- Two people ---------------------------------------------------------------------------------------------------


def test_slower_person_is_told_and_both_texts_are_there(desk, video, jin):
    client_of(jin).post(at(video), typed(TWO, "save"))

    answer = desk.post(at(video), typed([Cue(0, 3000, "다른 말")], "show"))

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Jin saved these subtitles" in page
    assert shown_lines(page) == [("0:00.0", "0:03.0", "다른 말")]
    assert "첫째" in page.partition('id="conflict"')[2].partition("</ol>")[0]
    assert 'name="revision" value="1"' in page
    assert subtitles.cues_of(Subtitles.objects.get()) == TWO


def test_subtitles_of_a_message_that_was_taken_back_are_not_stored_and_the_words_come_back(desk, video):
    page = desk.get(at(video)).content.decode()
    mark = re.search(r'name="kept_for" value="([^"]*)"', page)[1]
    Message.objects.filter(pk=video.pk).update(status=Message.Status.WITHDRAWN)

    answer = desk.post(at(video), typed(TWO, "save", kept_for=mark))

    assert answer.status_code == 410
    assert "첫째\n둘째" in answer.content.decode()
    assert desk.post(at(video), typed(TWO, "save")).status_code == 404
    assert not Subtitles.objects.exists()


def test_lines_survive_the_login(desk, video, mina):
    page = desk.get(at(video)).content.decode()
    mark = re.search(r'name="kept_for" value="([^"]*)"', page)[1]
    desk.logout()
    assert desk.post(at(video), typed(TWO, "save", kept_for=mark)).status_code == 302

    desk.post("/admin/login/", {"username": "mina", "password": "a long enough pass", "next": at(video)})

    assert shown_lines(desk.get(at(video)).content.decode()) == AS_SHOWN


# --- Files at the desk --------------------------------------------------------------------------------------------


def test_file_is_shown_in_the_form_before_anything_is_saved(desk, video):
    answer = desk.post(at(video), typed(TWO, "import", file=SimpleUploadedFile("a.srt", SRT.encode())))

    page = answer.content.decode()
    assert shown_lines(page) == [("0:00.0", "0:02.0", "One"), ("0:02.0", "0:04.5", "Two\nlines")]
    assert "2 lines were read" in page
    assert not Subtitles.objects.exists()


def test_file_with_lines_that_do_not_fit_is_shown_with_what_is_wrong(desk, video):
    data = SRT.replace("00:00:04", "00:09:04").replace("One", "1\n2\n3").encode()

    page = desk.post(at(video), typed(TWO, "import", file=SimpleUploadedFile("a.srt", data))).content.decode()

    assert "after the recording" in page
    assert "two lines of text" in page
    assert [line[2] for line in shown_lines(page)] == ["1\n2\n3", "Two\nlines"]


@pytest.mark.parametrize("data", [b"nothing", SRT.encode() * 5000, None])
def test_file_that_cannot_be_read_leaves_what_was_typed(desk, video, data):
    more = {} if data is None else {"file": SimpleUploadedFile("a.srt", data)}

    page = desk.post(at(video), typed(TWO, "import", **more)).content.decode()

    assert 'href="#file"' in page
    assert shown_lines(page) == AS_SHOWN


def test_stored_lines_leave_as_files(desk, video):
    assert desk.get(at(video, more="words.srt")).status_code == 404
    desk.post(at(video), typed(TWO, "save"))

    srt, vtt = (desk.get(at(video, more=f"words.{kind}")) for kind in ("srt", "vtt"))

    assert srt.content.decode() == subtitles.srt(TWO)
    assert vtt.content.decode() == subtitles.webvtt(TWO)
    assert vtt.headers["Content-Disposition"] == 'attachment; filename="ko.vtt"'
    assert desk.get(at(video, more="words.exe")).status_code == 404


def test_lines_begin_anew_from_the_text_only_when_asked_and_only_on_the_page(desk, video):
    desk.post(at(video), typed(TWO, "save"))

    page = desk.post(at(video), typed(TWO, "anew", revision=1)).content.decode()

    assert len(shown_lines(page)) == len(split(KOREAN, LENGTH))
    assert subtitles.cues_of(Subtitles.objects.get()) == TWO


def test_change_of_the_text_is_told_until_somebody_saves(desk, video):
    desk.post(at(video), typed(TWO, "show"))
    assert "was changed after" not in desk.get(at(video)).content.decode()
    Message.objects.filter(pk=video.pk).update(body_ko="새 글입니다.")

    assert "was changed after" in desk.get(at(video)).content.decode()
    assert "text changed since" in desk.get(f"/admin/desk/{video.slug}/").content.decode()
    desk.post(at(video), typed(TWO, "show", revision=1))
    assert "was changed after" not in desk.get(at(video)).content.decode()


# --- The percent --------------------------------------------------------------------------------------------------


def test_percent_of_the_preparation_stands_in_review_and_queue(desk, db):
    waiting = MessageFactory(kind="video")
    attachment = AttachmentFactory(message=waiting, state="processing", percent=37, mime="video/mp4")

    assert "The file is being prepared. 37 %" in desk.get(f"/admin/desk/{waiting.slug}/").content.decode()
    assert "file being prepared 37 %" in desk.get("/admin/desk/").content.decode()
    type(attachment).objects.update(percent=0)
    assert "being prepared</span>" in desk.get("/admin/desk/").content.decode()


def test_page_of_a_failed_file_does_not_promise_that_it_will_be_ready(desk, db):
    message = MessageFactory(kind="video")
    AttachmentFactory(message=message, state="failed", reason="unreadable", mime="video/mp4")

    page = desk.get(at(message)).content.decode()

    assert "The file could not be prepared." in page
    assert "not ready yet" not in page


# --- The end ------------------------------------------------------------------------------------------------------


def test_erased_message_leaves_no_lines(desk, video, settings, tmp_path):
    desk.post(at(video), typed(TWO, "show"))
    lifecycle.withdraw(video)
    Event.objects.filter(kind="withdrawn").update(at=video.submitted_at - retention.WITHDRAWN_KEPT)

    retention.erase_withdrawn()

    assert not Subtitles.objects.exists()
    assert not Claim.objects.exists()
