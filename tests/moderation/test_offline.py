"""Work that leaves as a PO file and comes back: read by public parsers, stored only where nobody was faster."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import polib
import pytest
from babel.messages.pofile import read_po
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from moderation import roles
from moderation.models import Translation
from moderation.translating import offline, translations
from supporters.models import Message
from tests.factories import MessageFactory, StaffFactory

from .conftest import client_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
DESK = "/admin/desk/translate/"
HOSTILE = 'Добрий "день"!\nmsgid "x"\\n\t#, fuzzy <b>\u2028~obsolete {0} %s'


@pytest.fixture
def sora(db: None) -> User:
    return StaffFactory(role=roles.TRANSLATOR, username="sora", first_name="Sora")


@pytest.fixture
def letter(mina: User) -> Message:
    message = MessageFactory(original=HOSTILE, language="uk", own_ko="오빠에게 이메일을 보냅니다.")
    translations.request(message, by=mina)
    return message


def taken(client: Client, pair: str = "uk-ko") -> str:
    answer = client.get(f"{DESK}work.po?pair={pair}")
    assert answer.status_code == 200
    return answer.content.decode()


def brought(client: Client, content: str | bytes) -> str:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(f"{DESK}file/", {"file": SimpleUploadedFile("work.po", data)}).content.decode()


def with_text(content: str, text: str) -> str:
    file = polib.pofile(content)
    for entry in file:
        entry.msgstr = text
    return str(file)


def row(letter: Message, language: str = "ko") -> Translation:
    return letter.translations.get(language=language)


def test_two_public_parsers_read_the_same_out_of_it(letter: Message, sora: User) -> None:
    content = taken(client_of(sora))
    context = f"{letter.slug}/ko/1"

    (entry,) = polib.pofile(content)
    (message,) = [message for message in read_po(io.BytesIO(content.encode())) if message.id]

    source = HOSTILE.replace("\u2028", "\n")
    assert (entry.msgctxt, entry.msgid, entry.msgstr) == (context, source, "오빠에게 이메일을 보냅니다.")
    assert (message.context, message.id, message.string) == (context, source, entry.msgstr)
    assert "전자우편" in entry.comment, "terms stand beside the text"
    for hidden in ("Maria", "Brazil", letter.country):
        assert hidden not in content.replace(letter.slug, "")


def test_a_file_comes_back_as_drafts_of_whoever_brings_it(letter: Message, sora: User) -> None:
    client = client_of(sora)

    text = brought(client, with_text(taken(client), "안녕하십니까 <b>여러분</b>."))

    assert "Stored as a draft." in text
    assert (row(letter).text, row(letter).state, row(letter).translator) == (
        "안녕하십니까 <b>여러분</b>.",
        "draft",
        sora,
    )
    assert "Nothing new" not in text
    assert "changed since you downloaded" in brought(
        client, with_text(taken(client).replace("/ko/2", "/ko/1"), "다시.")
    )


def test_each_refused_entry_says_why_and_the_rest_is_stored(letter: Message, sora: User, mina: User) -> None:
    other, gone = MessageFactory(language="uk"), MessageFactory(declined=True)
    translations.request(other, by=mina)
    Message.objects.filter(pk=letter.pk).update(body_ko="안녕하십니까.")
    translations.request(letter, by=mina, languages=["kp"])
    file = polib.POFile()
    for context, text in (
        (f"{letter.slug}/ko/1", "저장됩니다."),
        (f"{other.slug}/ko/7", "낡은 글"),
        (f"{other.slug}/en/1", "x" * 3001),
        (f"{gone.slug}/ko/1", "없는 글"),
        (f"{letter.slug}/kp/1", "남의 일"),
        ("<script>/ko/1", "이상한 글"),
        (f"{letter.slug}/en/1", ""),
    ):
        file.append(polib.POEntry(msgctxt=context, msgid=context, msgstr=text))

    text = brought(client_of(sora), str(file))

    assert row(letter).text == "저장됩니다."
    assert text.count("Stored as a draft.") == 1
    assert text.count("was changed since you downloaded") == 1
    assert text.count("Please shorten it to 3000 characters.") == 1
    assert text.count("not, or no longer, among your work") == 2
    assert text.count("does not say which text it belongs to") == 1
    assert text.count("No translation stands here.") == 1
    assert "&lt;script&gt;" in text
    assert not Translation.objects.exclude(message=letter).exclude(text="").exists()


def test_what_is_no_po_file_is_refused_with_the_line(letter: Message, sora: User, tmp_path: Path) -> None:
    client = client_of(sora)
    secret = tmp_path / "secret.po"
    secret.write_text(with_text(taken(client), "남의 글"))

    assert "stops making sense in line 3" in brought(client, 'msgid ""\nmsgstr ""\nrubbish here\n')
    assert "stops making sense in line 2" in brought(client, b'msgid ""\n\xff\xfe')
    assert "larger than 1 MB" in brought(client, b"#" * 1_000_001)
    assert "This file is empty." in brought(client, b"")
    # The name of a file on the server is not taken for its content.
    assert "Stored" not in brought(client, str(secret)).replace("Nothing was stored", "")
    assert row(letter).text == "오빠에게 이메일을 보냅니다."


@pytest.mark.parametrize(
    "content", [b"\x00" * 50, b'msgid "a', b'msgstr[9] "x"\n', b'"\n' * 100, b"#~|\n#, \nmsgctxt", b"[]"]
)
def test_rubbish_is_read_or_refused_never_an_accident(content: bytes) -> None:
    with suppress(offline.Unreadable):
        assert isinstance(offline.read(content), list)


def test_files_are_for_those_who_write(letter: Message) -> None:
    for role in (roles.REVIEWER, roles.MODERATOR):
        client = client_of(StaffFactory(role=role))
        assert client.get(f"{DESK}work.po?pair=uk-ko").status_code == 403
        assert client.post(f"{DESK}file/", {}).status_code == 403
    northern = client_of(StaffFactory(role=roles.NORTHERN_READER))
    assert list(polib.pofile(taken(northern))) == [], "not their language"
    assert northern.get(f"{DESK}work.po?pair=../x").status_code == 404
