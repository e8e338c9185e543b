"""Work of the desk on waiting demo letters: translations in every state, second looks, letters somebody has open."""

from __future__ import annotations

from django.contrib.auth.models import User

from moderation.hinting import flags
from moderation.models import Translation
from moderation.review import claims
from moderation.subtitling.page import SubtitlePage
from moderation.translating import translations
from supporters import lifecycle, subtitles
from supporters.models import Message
from supporters.pages import LANGUAGES

from .accounts import ACCOUNTS
from .content import DemoLetter

# How far the work goes for each state a letter may name.
STEPS = ("asked", "draft", "ready", "reviewed")


def work_on(message: Message, letter: DemoLetter) -> None:
    """Let the demo people do what `letter` says they did, through the same functions as on the desk."""
    flags.compute(message.pk)
    if letter.translated:
        rows = translations.request(message, by=_user("moderator"), languages=letter.translated)
        for row in rows:
            text = letter.body_ko if row.language == Translation.Language.KO else letter.body_en
            _translate(row, STEPS.index(letter.translated[row.language]), text)
    if letter.second_look:
        message.refresh_from_db()
        first = _user(letter.first_reader)
        lifecycle.send_to_second_look(message, moderator=first, revision=message.revision, reasons=letter.second_look)
    if letter.holder:
        claims.claim(message, _user(letter.holder))


def _translate(row: Translation, steps: int, text: str) -> None:
    translator, reviewer = _user("translator"), _user("reviewer")
    credit = ACCOUNTS["translator"][0]
    if steps >= STEPS.index("draft"):
        translations.save_draft(row, by=translator, revision=row.revision, text=text, credit=credit)
    if steps >= STEPS.index("ready"):
        translations.hand_back(row, by=translator, revision=row.revision, text=text, credit=credit)
    if steps >= STEPS.index("reviewed"):
        translations.review(row, by=reviewer, revision=row.revision, text=text)


def subtitle(message: Message) -> None:
    """Give a video subtitles in both languages, timed by the length of its words."""
    for language in LANGUAGES:
        page = SubtitlePage(message, language, _user("reviewer"))
        subtitles.save(
            message,
            language,
            page.made_from_text(),
            is_shown=True,
            source=page.source,
            actor=page.user,
            revision=page.revision,
        )


def _user(name: str) -> User:
    return User.objects.get(username=name)
