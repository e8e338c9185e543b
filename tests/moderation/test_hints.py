"""What the review page says about words that raised a hint, and who sees a call for help."""

from __future__ import annotations

import pytest
from django.utils.html import escape

from moderation.models import Flag, Term
from moderation.review.hints import marked
from supporters.models import Message
from tests import disk
from tests.factories import AttachmentFactory, MessageFactory

from .conftest import address, client_of, typed

HOSTILE = "<script>alert(1)</script> call +82 10"


def flat(text: str, *spans: tuple[int, int]) -> list[list[str]]:
    """Each paragraph as its lines, what is marked between brackets."""
    return [
        ["".join(f"[{piece.text}]" if piece.is_marked else piece.text for piece in line) for line in paragraph]
        for paragraph in marked(text, spans)
    ]


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("one two", [(4, 7)], [["one [two]"]]),
        ("one two", [(0, 5), (2, 7), (7, 7)], [["[one two]"]]),
        ("one\ntwo\n\n\nsix", [(2, 10)], [["on[e]", "[two]"], ["six"]]),
        ("one\ntwo\n\n\nsix", [(2, 12)], [["on[e]", "[two]"], ["[si]x"]]),
        ("one", [(2, 900), (9, 3)], [["on[e]"]]),
        ("", [(0, 3)], []),
        ("한 벗 👩‍👩‍👧", [(2, 3)], [["한 [벗] 👩‍👩‍👧"]]),
    ],
)
def test_words_are_marked_whatever_the_places_are(text, spans, expected):
    assert flat(text, *spans) == expected


@pytest.mark.django_db
def test_words_that_raised_a_hint_stand_above_the_original_and_are_marked_in_it(desk):
    message = MessageFactory(original=HOSTILE)
    Flag.objects.create(message=message, kind="qr")
    Flag.objects.create(message=message, kind="contact", field="original", start=0, end=8)
    Flag.objects.create(message=message, kind="contact", field="original", start=31, end=37)

    page = desk.get(address(message)).content.decode()

    assert "<p><mark>&lt;script&gt;</mark>alert(1)&lt;/script&gt; call <mark>+82 10</mark></p>" in page
    assert escape("<script>") in page.partition('id="found"')[2].partition("</section>")[0]
    assert "A code in the picture may hold a link" in page
    assert "<script>alert" not in page


@pytest.mark.django_db
def test_findings_of_a_draft_stand_below_its_field_until_it_is_decided(desk):
    message = MessageFactory(drafted=True, body_ko="핸드폰으로 읽으십시오.")
    term = Term.objects.update_or_create(south="핸드폰", defaults={"north": "손전화"})[0]
    Flag.objects.create(message=message, kind="southern", field="body_ko", start=0, end=3, term=term)

    page = desk.get(address(message)).content.decode()
    below = page.partition("</textarea>")[2].partition("<label")[0]
    assert "<bdi>핸드폰</bdi>" in below
    assert '→ <bdi lang="ko">손전화</bdi>' in below
    assert 'id="found"' not in page

    desk.post(address(message), typed(message, "decline", body_ko=message.body_ko, body_en=message.body_en))
    Flag.objects.filter(message=message).delete()
    Flag.objects.create(message=message, kind="southern", field="body_ko", start=0, end=3, term=term)
    assert "<mark>핸드폰</mark>으로 읽으십시오." in desk.get(address(message)).content.decode()


@pytest.mark.django_db
def test_what_is_said_of_the_senders_own_words_is_not_said_again_below_them(desk):
    message = MessageFactory(drafted=True, language="en", original="Call me.", body_en="Call me.")
    for field in ("original", "body_en"):
        Flag.objects.create(message=message, kind="contact", field=field, start=0, end=4)
    Flag.objects.create(message=message, kind="wording", field="body_en", start=0, end=4)

    groups = desk.get(address(message)).context["texts"]["body_en"]["hints"]
    assert [group.kind for group in groups] == ["wording"]

    Message.objects.update(body_en="Call us.")
    groups = desk.get(address(message)).context["texts"]["body_en"]["hints"]
    assert [group.kind for group in groups] == ["contact", "wording"]


@pytest.mark.django_db
def test_danger_stands_first_with_what_to_do(desk):
    message = MessageFactory(drafted=True, body_en="Help me")
    Flag.objects.create(message=message, kind="flood")
    Flag.objects.create(message=message, kind="danger", field="body_en", start=0, end=4)

    found = desk.get(address(message)).content.decode().partition('id="found"')[2].partition("</section>")[0]

    assert found.index('class="danger"') < found.index("Many messages came")
    assert "decline it with the reason “Calls for help, or shows somebody in danger”" in found


# --- Calls for help ----------------------------------------------------------------------------------------------


@pytest.fixture
def call(desk) -> Message:
    message = MessageFactory(kind="photo", original_name="Secret name")
    attachment = AttachmentFactory(message=message, state="ready")
    rendition = attachment.renditions.create(name="320.jpg", mime="image/jpeg", bytes=3, sha256="0")
    disk.rendition(rendition).parent.mkdir(parents=True)
    disk.rendition(rendition).write_bytes(b"jpg")
    response = desk.post(address(message), typed(message, "decline", reason="help"), follow=True)
    assert "Secret name" not in response.content.decode()
    return message


@pytest.mark.django_db
def test_call_for_help_is_nobodys_but_the_safety_leads(desk, lead_desk, jin, call):
    change = f"/admin/supporters/message/{call.pk}/change/"
    paths = [address(call), f"{address(call)}media/320.jpg"]
    for browser in (desk, client_of(jin)):
        assert [browser.get(path).status_code for path in paths] == [404, 404]
        assert browser.post(address(call), {"action": "undo", "revision": 0}).status_code == 404
        assert "Secret name" not in browser.get("/admin/supporters/message/").content.decode()
        assert browser.get(change).status_code == 302
        assert "Secret name" not in browser.get("/admin/desk/", {"after": call.slug}).content.decode()

    assert b"".join(lead_desk.get(paths[1])) == b"jpg"
    assert lead_desk.get(change).status_code == 200
    page = lead_desk.get(address(call)).content.decode()
    assert "This is a call for help. Only Safety leads see it" in page
    assert "Secret name" in lead_desk.get("/admin/supporters/message/").content.decode()


@pytest.mark.django_db
def test_other_message_that_is_a_call_for_help_is_not_named(desk, lead_desk, call):
    message = MessageFactory()
    Flag.objects.create(message=message, kind="same_text", other=call)

    assert address(call) not in desk.get(address(message)).content.decode()
    assert f'href="{address(call)}"' in lead_desk.get(address(message)).content.decode()


@pytest.mark.django_db
def test_hidden_letter_says_so(desk):
    message = MessageFactory(approved=True)
    assert "has hidden this letter" not in desk.get(address(message)).content.decode()

    Message.objects.update(is_hidden=True)

    assert "A Safety lead has hidden this letter" in desk.get(address(message)).content.decode()
