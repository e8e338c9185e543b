"""A message with a clip, and what a browser posts from the page of its subtitles."""

from __future__ import annotations

import re
from html import unescape

from moderation.subtitling.lines import Sheet
from supporters.models import Message
from supporters.subtitles import Cue
from tests import disk
from tests.factories import AttachmentFactory

from .test_subtitle_lines import LENGTH


def clip_of(message: Message) -> Message:
    attachment = AttachmentFactory(message=message, state="ready", mime="video/mp4")
    names = ("voice.m4a",) if message.kind == "voice" else ("240.mp4", "poster.jpg", "s000.jpg")
    for name in names:
        mime = {"mp4": "video/mp4", "m4a": "audio/mp4", "jpg": "image/jpeg"}[name[-3:]]
        made = attachment.renditions.create(name=name, mime=mime, bytes=3, sha256="0", seconds=LENGTH / 1000)
        file = disk.rendition(made)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"mp4")
    return message


def at(message: Message, language: str = "ko", more: str = "") -> str:
    return f"/admin/desk/{message.slug}/subtitles/{language}/{more}"


def typed(cues: list[Cue], action: str, *, revision: int = 0, **more: object) -> dict[str, object]:
    """What a browser posts for lines that stand on one page."""
    sheet = Sheet.of(cues)
    rows = [line for _number, line in sheet.here]
    names = ("begin", "end", "text")
    fields = {name: [getattr(line, name) for line in rows] for name in names}
    return {**fields, "before": "", "after": sheet.after, "revision": revision, "action": action, **more}


def shown_lines(html: str) -> list[tuple[str, str, str]]:
    """The lines in the fields of the page."""
    times = [re.findall(rf'name="{name}" value="([^"]*)"', html) for name in ("begin", "end")]
    words = re.findall(r'<textarea id="text-[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
    return [(begin, end, unescape(text)) for begin, end, text in zip(*times, words, strict=True)]


TWO = [Cue(0, 2000, "첫째"), Cue(2000, 4500, "둘째")]
AS_SHOWN = [("0:00.0", "0:02.0", "첫째"), ("0:02.0", "0:04.5", "둘째")]
