"""Who may see, draft and show subtitles, and of which messages."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from moderation import roles
from moderation.review import claims
from moderation.subtitling.page import SubtitlePage
from moderation.translating import translations
from supporters.models import Message, Subtitles
from supporters.subtitles import Cue
from tests.factories import AttachmentFactory, MessageFactory, StaffFactory

from .conftest import client_of
from .test_subtitle_lines import ENGLISH, KOREAN
from .timing import TWO, at, clip_of, typed


@pytest.fixture
def video(db: None) -> Message:
    return clip_of(MessageFactory(kind="video", approved=True, language="ko", body_ko=KOREAN, body_en=ENGLISH))


def staff(role: str) -> tuple[User, Client]:
    user = StaffFactory(role=role, first_name=role)
    return user, client_of(user)


@pytest.mark.parametrize("role", [roles.MODERATOR, roles.SAFETY_LEAD, roles.REVIEWER])
def test_these_may_show_and_hide(role, video):
    _user, client = staff(role)

    client.post(at(video), typed(TWO, "show"))
    assert Subtitles.objects.get().is_shown
    client.post(at(video), typed(TWO, "save", revision=1))
    assert not Subtitles.objects.get().is_shown


@pytest.fixture
def translated(db: None) -> Message:
    video = clip_of(MessageFactory(kind="video", language="pt", transcript="Olá a todos."))
    moderator, _client = staff(roles.MODERATOR)
    translations.request(video, by=moderator, languages=["ko", "en"])
    return video


def test_translator_drafts_where_they_hold_the_work_and_never_shows(translated):
    user, client = staff(roles.TRANSLATOR)
    assert client.get(at(translated)).status_code == 404
    claims.claim(translated, user, "ko")

    page = client.get(at(translated)).content.decode()
    assert "Save as a draft" in page
    assert 'value="show"' not in page
    assert client.get(at(translated, more="media/240.mp4")).getvalue() == b"mp4"
    assert client.get(at(translated, "en")).status_code == 404
    assert client.post(at(translated), typed(TWO, "show")).status_code == 403
    assert client.post(at(translated), typed(TWO, "save")).status_code == 302
    assert not Subtitles.objects.get().is_shown


def test_translator_does_not_change_what_readers_see(translated):
    user, client = staff(roles.TRANSLATOR)
    claims.claim(translated, user, "ko")
    staff(roles.MODERATOR)[1].post(at(translated), typed(TWO, "show"))

    page = client.get(at(translated)).content.decode()
    assert 'value="save"' not in page
    assert "readonly" in page
    assert client.post(at(translated), typed([Cue(0, 1000, "x")], "save", revision=1)).status_code == 409
    assert Subtitles.objects.get().is_shown


def test_translator_who_looked_before_readers_saw_them_does_not_hide_them(translated, monkeypatch):
    user, client = staff(roles.TRANSLATOR)
    claims.claim(translated, user, "ko")
    staff(roles.MODERATOR)[1].post(at(translated), typed(TWO, "show"))
    monkeypatch.setattr(SubtitlePage, "may_edit", True)  # as it was a moment ago

    assert client.post(at(translated), typed([Cue(0, 1000, "x")], "save", revision=1)).status_code == 409
    assert Subtitles.objects.get().is_shown


def test_links_stand_on_the_pages_of_those_who_may(desk, video, translated):
    assert f'href="{at(video)}"' in desk.get(f"/admin/desk/{video.slug}/").content.decode()
    user, client = staff(roles.TRANSLATOR)
    before = client.get(f"/admin/desk/translate/{translated.slug}/").content.decode()
    claims.claim(translated, user, "ko")
    after = client.get(f"/admin/desk/translate/{translated.slug}/").content.decode()

    assert "/subtitles/" not in before
    assert f'href="{at(translated)}"' in after
    assert f'href="{at(translated, "en")}"' not in after


@pytest.mark.parametrize(
    ("fields", "opens"),
    [
        ({}, {roles.MODERATOR, roles.SAFETY_LEAD}),
        ({"approved": True}, {roles.MODERATOR, roles.SAFETY_LEAD, roles.REVIEWER}),
        ({"approved": True, "is_hidden": True}, {roles.MODERATOR, roles.SAFETY_LEAD}),
        ({"is_call_for_help": True}, {roles.SAFETY_LEAD}),
        ({"declined": True}, set()),
        ({"status": "withdrawn"}, set()),
        ({"approved": True, "kind": "photo"}, set()),
    ],
)
def test_page_is_there_for_those_who_see_the_message(db, fields, opens):
    message = clip_of(MessageFactory(**{"kind": "video"} | fields))
    statuses = {role: staff(role)[1].get(at(message)).status_code for role in roles.ROLES}

    assert {role for role, status in statuses.items() if status == 200} == opens
    works = {roles.MODERATOR, roles.SAFETY_LEAD, roles.REVIEWER, roles.TRANSLATOR}
    assert {role for role, status in statuses.items() if status == 403} == set(roles.ROLES) - works


def test_voice_has_subtitles_and_a_file_that_is_not_ready_says_so(desk, db):
    voice = clip_of(MessageFactory(kind="voice", approved=True))
    waiting = MessageFactory(kind="video")
    AttachmentFactory(message=waiting, state="processing", percent=40, mime="video/mp4")

    assert "<audio" in desk.get(at(voice)).content.decode()
    assert "40 %" in desk.get(at(waiting)).content.decode()
    assert desk.post(at(waiting), typed(TWO, "save")).status_code == 409
