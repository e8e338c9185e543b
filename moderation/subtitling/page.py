"""The subtitles of one message in one language: who may see and change them, and what they are made from."""

from __future__ import annotations

from functools import cached_property

from django.contrib.auth.models import User

from supporters import subtitles
from supporters.models import Attachment, Message, Rendition, Subtitles
from supporters.pages import LANGUAGES

from ..models import Claim
from ..review import claims
from ..roles import MODERATOR, REVIEWER, SAFETY_LEAD, TRANSLATOR, may
from ..translating.queue import rows_for
from .splitting import split

WORKS = (MODERATOR, SAFETY_LEAD, REVIEWER, TRANSLATOR)
SHOWS = (MODERATOR, SAFETY_LEAD, REVIEWER)
CLIPS = ("240.mp4", "480.mp4", "voice.m4a", "sound.m4a")
POSTER = "poster.jpg"


class SubtitlePage:
    """Everything the page shows of `message` in `language` to `user`. Of the sender that is nothing but the clip."""

    def __init__(self, message: Message, language: str, user: User) -> None:
        self.message = message
        self.language = language
        self.user = user

    def again(self) -> SubtitlePage:
        message = Message.objects.select_related("attachment").get(pk=self.message.pk)
        return SubtitlePage(message, self.language, self.user)

    # --- Who ----------------------------------------------------------------------------------------------------

    @cached_property
    def is_there(self) -> bool:
        """Whether there is anything for `user` at this address: as narrow as their other pages of the message."""
        message = self.message
        if not subtitles.is_open(message) or self.attachment is None:
            return False
        if may(self.user, SAFETY_LEAD):
            return True
        if message.is_call_for_help:
            return False
        if may(self.user, MODERATOR):
            return True
        if message.is_hidden:
            return False
        return (may(self.user, REVIEWER) and self._is_before_reviewers) or (
            may(self.user, TRANSLATOR) and self._is_held
        )

    @property
    def _is_before_reviewers(self) -> bool:
        """A letter that waits, and that nobody sent to the translators, is none of the reviewers' yet."""
        is_approved = self.message.status == Message.Status.APPROVED
        return is_approved or rows_for(self.user).filter(message=self.message, language__in=LANGUAGES).exists()

    @property
    def _is_held(self) -> bool:
        """Whether `user` translates the message into this language: holds it now, or wrote what is there."""
        row = rows_for(self.user).filter(message=self.message, language=self.language).first()
        if row is None:
            return False
        claim: Claim | None = claims.holder_of(self.message, self.language)
        return row.translator_id == self.user.pk or (claim is not None and claim.holder_id == self.user.pk)

    @property
    def may_show(self) -> bool:
        return may(self.user, *SHOWS)

    @property
    def may_edit(self) -> bool:
        """What readers see is changed only by those who may show it."""
        return self.length > 0 and (self.may_show or not self.is_shown)

    # --- What there is ------------------------------------------------------------------------------------------

    @property
    def attachment(self) -> Attachment | None:
        return getattr(self.message, "attachment", None)

    @cached_property
    def renditions(self) -> dict[str, Rendition]:
        return {item.name: item for item in self.attachment.renditions.all()} if self.attachment else {}

    @property
    def clip(self) -> Rendition | None:
        """The lightest file that plays."""
        return next((self.renditions[name] for name in CLIPS if name in self.renditions), None)

    @property
    def is_video(self) -> bool:
        return self.clip is not None and self.clip.mime.startswith("video/")

    @property
    def poster(self) -> Rendition | None:
        return self.renditions.get(POSTER)

    @property
    def length(self) -> int:
        """Of the clip, in milliseconds; 0 while there is none."""
        return round((self.clip.seconds or 0) * 1000) if self.clip else 0

    @property
    def length_shown(self) -> str:
        return subtitles.clock(self.length)

    @cached_property
    def row(self) -> Subtitles | None:
        return (
            Subtitles.objects.select_related("changed_by").filter(message=self.message, language=self.language).first()
        )

    @property
    def revision(self) -> int:
        return self.row.revision if self.row else 0

    @property
    def is_shown(self) -> bool:
        return self.row is not None and self.row.is_shown

    @property
    def stored(self) -> list[subtitles.Cue]:
        return subtitles.cues_of(self.row) if self.row else []

    # --- What they are made from --------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """What is said, in this language: the transcript where it is the spoken one, else the reviewed text."""
        message = self.message
        if message.language == self.language and message.transcript.strip():
            return message.transcript
        return message.text(self.language) or (message.original if message.language == self.language else "")

    @property
    def is_outdated(self) -> bool:
        """Whether the text has changed since somebody last saved these lines."""
        return self.row is not None and self.row.source_digest != subtitles.digest_of(self.source)

    def made_from_text(self) -> list[subtitles.Cue]:
        return split(self.source, self.length)
