"""Letters for the site under test: run by `Site.run`, in a process that has its settings."""

from __future__ import annotations

from io import BytesIO

from django.conf import settings
from django.core.management import call_command
from PIL import Image

from supporters import lifecycle
from supporters.models import Message
from tests.factories import AttachmentFactory, MessageFactory
from wall import publishing

FILES = {
    "photo": ("image/jpeg", ("320.jpg", "320.webp", "640.jpg", "640.webp", "1280.jpg", "1280.webp")),
    "video": ("video/mp4", ("240.mp4", "480.mp4", "poster.jpg", "sound.m4a")),
    "voice": ("audio/mp4", ("voice.m4a",)),
}
MIMES = {"jpg": "image/jpeg", "webp": "image/webp", "mp4": "video/mp4", "m4a": "audio/mp4"}
# What breaks out of a page that does not hold it: a word without end, and marks piled on one another.
LONG_WORD = "가나다라마바사아" * 75
PILED = "Z" + "".join(chr(0x300 + number) for number in range(60)) + "algo"
ARABIC, HEBREW = "مرحبا بكم، أفكر فيكم كل يوم.", "שלום לכם, friends of ours (2025), אנחנו איתכם."


def wall() -> None:
    """Fill more than one page, with letters that are hard to lay out among the newest; print slugs by name."""
    for number in range(38):
        MessageFactory(
            approved=True,
            country=["DE", "AE", "BA", "KR", "ZZ"][number % 5],
            language=["de", "ar", "en"][number % 3],
            body_ko=f"{number}번째 편지입니다. 오늘도 여러분을 생각합니다.",
            body_en=f"Letter {number}. Thinking of you.",
            name_ko=f"벗 {number}",
            name_en=f"Friend {number}",
        )
    shown = {
        "arabic": MessageFactory(approved=True, language="ar", original=ARABIC, group="أصدقاء"),
        "hebrew": MessageFactory(approved=True, language="he", original=HEBREW, body_ko=HEBREW, body_en=HEBREW),
        "piled": MessageFactory(approved=True, body_ko=PILED, body_en=PILED, name_ko=PILED, name_en=PILED),
        "long": MessageFactory(
            approved=True, body_ko=LONG_WORD, body_en="W" * 600, name_ko="나" * 60, name_en="N" * 60, country="AE"
        ),
        **{kind: with_files(kind) for kind in FILES},
    }
    gone = MessageFactory(approved=True, body_ko="거둔 글", body_en="Taken back")
    publishing.sweep()
    lifecycle.withdraw(gone)
    call_command("publish", "--all")
    for name, message in (shown | {"gone": gone}).items():
        print("slug", name, message.slug)


def with_files(kind: str) -> Message:
    """A letter of `kind` with its files; the pictures can be shown."""
    mime, names = FILES[kind]
    message: Message = MessageFactory(
        approved=True, kind=kind, language="fr", original="Bonjour", alt_ko="들판입니다.", alt_en="A field."
    )
    attachment = AttachmentFactory(message=message, state="ready", mime=mime)
    for name in names:
        size = (int(name.partition(".")[0]), int(name.partition(".")[0]) // 2) if kind == "photo" else (320, 240)
        data = BytesIO()
        if MIMES[name.partition(".")[2]].startswith("image/"):
            Image.new("RGB", size, "teal").save(data, name.partition(".")[2].replace("jpg", "jpeg"))
        made = attachment.renditions.create(
            name=name,
            mime=MIMES[name.partition(".")[2]],
            width=size[0],
            height=size[1],
            seconds=42 if kind != "photo" else None,
            bytes=len(data.getvalue()) or 9,
            sha256="0" * 64,
        )
        path = settings.PRIVATE_ROOT / made.stored
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.getvalue() or b"no sound")
    return message
