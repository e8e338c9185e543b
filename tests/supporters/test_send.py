"""Sending words: what is stored, what is refused, and that nothing typed is lost."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

import pytest
import regex
from django.contrib.staticfiles import finders
from django.db import OperationalError, connection
from django.test import Client

from supporters import limits, receipts, services
from supporters.models import Contact, Event, Message
from tests.supporters.sending import errors, filled, hidden, send, sent, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]

FAMILY = "👩‍👩‍👧‍👦"


@pytest.mark.parametrize(("language", "title"), [("en", "Send a message"), ("ko", "편지")])
def test_the_form_stands_in_both_languages(client: Client, language: str, title: str) -> None:
    response = client.get(f"/{language}/send/")

    assert response.status_code == 200
    page = text_of(response)
    assert f"<title>{title}</title>" in page
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cache-Control"] == "no-store"
    assert 'href="#x"' not in page, "there is nothing to leave quickly here"
    assert 'value="KP"' not in page
    assert regex.search(r'<option value="ZZ"[^>]*>', page)
    assert "style=" not in page
    assert not regex.search(r"<[^>]+ on\w+=", page)


def test_only_the_website_is_ticked_at_first(client: Client) -> None:
    page = text_of(client.get("/en/send/"))

    ticked = [tag for tag in regex.findall(r'<input type="checkbox"[^>]*>', page) if "checked" in tag]
    assert [regex.search(r'name="(\w+)"', tag)[1] for tag in ticked] == ["use_web"]


def test_each_form_has_a_token_of_its_own(client: Client) -> None:
    first, second = (hidden(client.get("/en/send/"))["form_token"] for _time in range(2))

    assert first != second
    assert len(bytes.fromhex(first)) == 16


def test_the_form_with_style_and_script_is_small(client: Client) -> None:
    static = [finders.find(f"supporters/{name}") for name in ("form.css", "send.js")]
    assert len(Path(static[1]).read_bytes()) <= 5120
    for language in ("en", "ko"):
        parts = [client.get(f"/{language}/send/").content, *(Path(path).read_bytes() for path in static)]
        assert sum(len(gzip.compress(part, 6)) for part in parts) <= 15_000


# --- What is stored ---------------------------------------------------------------------------------------------


def test_a_message_is_stored_as_typed_and_waits_for_the_desk(client: Client) -> None:
    typed = {"own_ko": "안녕하십니까.", "group": "Turma 4B"}
    message, _address = sent(client, use_radio="on", email="maria@example.org", **typed)

    assert message.status == Message.Status.PENDING
    assert message.original == "Olá. Penso em vocês hoje também, daqui da minha escola."
    assert (message.original_name, message.group, message.own_ko) == ("Maria", "Turma 4B", "안녕하십니까.")
    assert (message.country, message.language, message.kind) == ("BR", "pt", "text")
    assert message.agreed() == ["web", "radio"]
    assert not message.cleared_web
    assert message.body_en is None or message.body_en == ""
    assert [event.kind for event in message.events.all()] == [Event.Kind.RECEIVED]
    assert (message.contact.email, message.contact.language) == ("maria@example.org", "en")


def test_no_address_and_no_browser_is_kept(client: Client) -> None:
    client.post("/en/send/", filled(), REMOTE_ADDR="192.0.2.77", headers={"User-Agent": "Marked/1.0"})

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = str(cursor.fetchall())
            assert "192.0.2.77" not in rows, table
            assert "Marked/1.0" not in rows, table


def test_without_an_e_mail_address_there_is_no_contact(client: Client) -> None:
    sent(client)

    assert not Contact.objects.exists()


def test_fields_of_the_desk_cannot_be_set_by_a_sender(client: Client) -> None:
    message, _address = sent(client, status="approved", cleared_web="on", body_ko="x", wall_number="1", slug="abc")

    assert (message.status, message.cleared_web, message.wall_number) == ("pending", False, None)
    assert not message.body_ko
    assert len(message.slug) == 12


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("안녕하십니까", id="decomposed"),
        pytest.param("나랏말ᄊᆞ미 ᄠᅳᆮ", id="old Hangul"),
        pytest.param(f"Hello {FAMILY} 👍🏽🇰🇷", id="emoji"),
        pytest.param("שלום לכולם\nمرحبا بكم", id="right to left"),
        pytest.param("\n\n  first\n\n\n  second  \n", id="space"),
        pytest.param("<script>alert(1)</script> {{ 7*7 }} & \"quotes\" 'too'", id="markup"),
    ],
)
def test_text_arrives_exactly_even_through_preview_and_change(client: Client, text: str) -> None:
    form = filled(body=text, own_ko=text, step="preview")

    preview = client.post("/en/send/", form)
    changed = client.post("/en/send/", hidden(preview) | {"language": "", "step": "change"})
    assert errors(changed) == []
    preview = client.post("/en/send/", form)
    client.post("/en/send/", hidden(preview) | {"language": "pt", "step": "send"})

    message = Message.objects.get()
    assert message.original == text
    assert message.own_ko == text


def test_controls_are_cleaned_and_line_ends_made_plain(client: Client) -> None:
    message, _address = sent(client, body="Hi\x00 \u202ethere\r\nfriend", name="Ma\u2066ria\n")

    assert message.original == "Hi there\nfriend"
    assert message.original_name == "Maria"


def test_the_language_is_found_or_corrected(client: Client) -> None:
    found, _address = sent(client, body="여러분을 생각합니다. 오늘도 편안하십시오.")
    corrected, _address = sent(client, language="fr")

    assert found.language == "ko"
    assert corrected.language == "fr"


def test_a_sender_without_a_country_is_a_friend_somewhere(client: Client) -> None:
    assert sent(client, country=None)[0].country == "ZZ"
    assert sent(client, country="")[0].country == "ZZ"


# --- What is refused --------------------------------------------------------------------------------------------

REFUSED = [
    pytest.param({"body": ""}, "Write a few words first.", "먼저 몇 마디 써 주십시오.", id="no words"),
    pytest.param({"body": " \n\t\u3000"}, "Write a few words first.", "먼저 몇 마디 써 주십시오.", id="only space"),
    pytest.param({"body": "a" * 1001}, "shorten this to 1,000 characters; it has 1,001", "1,001자", id="too long"),
    pytest.param({"own_ko": "가" * 1001}, "it has 1,001", "1,001자", id="own Korean too long"),
    pytest.param({"name": "a" * 61}, "to 60 characters", "60자까지", id="name too long"),
    pytest.param({"name": FAMILY * 50}, "to 60 characters", "60자까지", id="name too long for its column"),
    pytest.param({"group": "a" * 81}, "to 80 characters", "80자까지", id="group too long"),
    pytest.param({"use_web": None}, "Choose at least one place", "하나는 고르십시오", id="no outlet"),
    pytest.param({"made_by_me": None}, "confirm that you made it", "직접 만드신", id="not made by them"),
    pytest.param({"old_enough": None}, "confirm your age", "나이에 대한", id="too young"),
    pytest.param({"country": "KP"}, "country from the list", "나라를 고르십시오", id="not offered"),
    pytest.param({"country": "QQ"}, "country from the list", "나라를 고르십시오", id="no such country"),
    pytest.param({"language": "xx"}, "language from the list", "쓴 말을 고르십시오", id="no such language"),
    pytest.param({"email": "maria@"}, "not a complete e-mail", "전자우편 주소가", id="half an address"),
    pytest.param({"email": f"{'m' * 250}@example.org"}, "254", "254", id="endless address"),
    pytest.param({"kind": "letter"}, "Choose what you would like", "무엇을 보내실지", id="no such kind"),
    pytest.param({"kind": None}, "Choose what you would like", "무엇을 보내실지", id="no kind"),
    pytest.param({"website": "http://example.com"}, "Leave it empty", "비워 두십시오", id="filled trap"),
    pytest.param({"form_token": "short"}, "had lost its mark", "표식이 없어졌습니다", id="no token"),
    pytest.param({"kind": "photo", "alt": "A tree"}, "Choose a photo first", "먼저 사진을", id="no photo"),
    pytest.param({"kind": "video"}, "Choose a video first", "먼저 영상을", id="no video"),
    pytest.param({"kind": "voice"}, "Choose a recording", "먼저 목소리를", id="no voice"),
]


@pytest.mark.parametrize("step", ["preview", "send"])
@pytest.mark.parametrize(("changes", "english", "korean"), REFUSED)
def test_a_refused_form_says_why_and_keeps_what_was_typed(
    client: Client, changes: dict[str, str | None], english: str, korean: str, step: str
) -> None:
    typed = {"name": "Maria", "group": "Turma <4B>", "own_ko": "안녕", **changes}
    for language, words in (("en", english), ("ko", korean)):
        response = send(client, language, **typed, step=step)

        assert response.status_code == 200
        assert len(errors(response)) == 1
        assert words in errors(response)[0]
        page = text_of(response)
        assert 'role="alert" tabindex="-1" autofocus' in page
        for name in ("name", "group", "own_ko", "body"):
            assert (typed.get(name) or "") in page
    assert not Message.objects.exists()


def test_an_error_is_tied_to_its_field(client: Client) -> None:
    page = text_of(send(client, body=""))

    assert '<a href="#id_body">' in page
    assert '<p class="emsg" id="id_body_error">' in page
    area = regex.search(r"<textarea[^>]*id=\"id_body\"[^>]*>", page)[0]
    assert 'aria-invalid="true"' in area
    assert 'aria-describedby="id_body_helptext id_body_error"' in area


def test_errors_are_counted_in_both_languages(client: Client) -> None:
    assert "2 things need your attention" in text_of(send(client, body="", use_web=None))
    assert "1 thing needs your attention" in text_of(send(client, body=""))
    assert "살펴보실 곳이 2군데 있습니다" in text_of(send(client, "ko", body="", use_web=None))


def test_the_limits_count_people_s_characters(client: Client) -> None:
    message, _address = sent(client, body=FAMILY * 1000, name="각" * 60)

    assert message.original == FAMILY * 1000


def test_the_trap_becomes_visible_once_it_was_filled(client: Client) -> None:
    assert 'class="trap" aria-hidden="true"' in text_of(client.get("/en/send/"))
    assert 'class="trap"' not in text_of(send(client, website="x"))


def test_without_a_token_from_us_the_post_is_refused() -> None:
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/en/send/", filled()).status_code == 403
    assert not Message.objects.exists()


# --- Preview ----------------------------------------------------------------------------------------------------


def test_a_preview_stores_nothing_and_shows_the_card(client: Client) -> None:
    preview = send(client, step="preview", use_radio="on", group="Turma 4B")

    page = text_of(preview)
    assert not Message.objects.exists()
    assert regex.search(r"<div class=\"msg\" lang=\"pt\" dir=\"auto\">\s*<p>Olá. Penso em vocês hoje também", page)
    assert 'Maria<span lang="pt" dir="auto">Turma 4B</span>' in page
    assert "On the website and on radio. Not on USB drives." in page
    assert '<option value="pt" selected>Portuguese<' in page


def test_what_the_preview_holds_can_be_sent(client: Client) -> None:
    preview = send(client, "ko", step="preview", use_usb="on", email="maria@example.org", own_ko="안녕하십니까")
    response = client.post("/ko/send/", hidden(preview) | {"language": "gl", "step": "send"})

    assert response.status_code == 200, "Galician is not in the list"
    response = client.post("/ko/send/", hidden(preview) | {"language": "es", "step": "send"})
    assert response.status_code == 303
    message = Message.objects.get()
    assert (message.language, message.agreed(), message.own_ko) == ("es", ["web", "usb"], "안녕하십니까")
    assert (message.contact.email, message.contact.language) == ("maria@example.org", "ko")


def test_changing_something_brings_everything_back_unjudged(client: Client) -> None:
    preview = send(client, step="preview", use_radio="on", email="maria@example.org")
    form = client.post("/en/send/", hidden(preview) | {"language": "pt", "step": "change"})

    page = text_of(form)
    assert errors(form) == []
    assert 'value="maria@example.org"' in page
    assert regex.search(r'name="use_radio"[^>]*checked', page)
    assert not regex.search(r'name="use_usb"[^>]*checked', page)
    assert hidden(form)["form_token"] == hidden(preview)["form_token"]
    assert '<option value="" selected>Find out from the text<' in page, "the words may change language"


def test_a_language_the_sender_corrected_stays_corrected(client: Client) -> None:
    preview = send(client, step="preview")
    form = client.post("/en/send/", hidden(preview) | {"language": "fr", "step": "change"})

    assert '<option value="fr" selected>' in text_of(form)


def test_an_unknown_step_sends_nothing(client: Client) -> None:
    assert send(client, step=None).status_code == 200
    assert send(client, step="publish").status_code == 200
    assert not Message.objects.exists()


# --- Once -------------------------------------------------------------------------------------------------------


def test_the_receipt_is_the_private_page_with_its_key(client: Client) -> None:
    response = send(client, form_token="0" * 32)

    assert response.status_code == 303
    key = receipts.shown(receipts.key_of("0" * 32))
    assert response["Location"] == f"/en/mine/{key}/?sent=1"
    assert regex.fullmatch(r"(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}", key)
    assert Message.objects.get().receipt_hash == receipts.hash_of(key.replace("-", ""))


def test_sending_twice_makes_one_message(client: Client) -> None:
    form = filled()
    first, second = client.post("/en/send/", form), client.post("/en/send/", form)

    assert first["Location"] == second["Location"]
    assert Message.objects.count() == 1
    assert Event.objects.count() == 1


@pytest.mark.usefixtures("few_an_hour")
def test_a_repeated_send_is_answered_when_the_limit_is_reached(client: Client) -> None:
    form = filled()
    client.post("/en/send/", form)
    for _time in range(limits.PER_HOUR[limits.SEND] - 1):
        sent(client)

    assert send(client).status_code == 429
    assert client.post("/en/send/", form).status_code == 303
    assert Message.objects.count() == limits.PER_HOUR[limits.SEND]


def test_a_new_message_behind_a_used_token_is_not_lost(client: Client) -> None:
    form = filled()
    client.post("/en/send/", form)
    preview = client.post("/en/send/", form | {"body": "Another one entirely.", "step": "preview"})
    client.post("/en/send/", hidden(preview) | {"language": "en", "step": "send"})

    assert sorted(Message.objects.values_list("original", flat=True)) == [
        "Another one entirely.",
        form["body"],
    ]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_sending_twice_at_once_makes_one_message(client: Client) -> None:
    form, barrier, answers = filled(), threading.Barrier(4), []

    def post() -> None:
        try:
            barrier.wait()
            answers.append(Client().post("/en/send/", form))
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status_code for answer in answers] == [303] * 4
    assert len({answer["Location"] for answer in answers}) == 1
    assert Message.objects.count() == 1
    assert Event.objects.count() == 1


# --- Faults -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [OperationalError("database is locked"), OSError(28, "No space left on device")], ids=["locked", "full"]
)
def test_a_fault_says_not_saved_and_keeps_everything(
    client: Client, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise fault

    monkeypatch.setattr(services.lifecycle, "receive", fail)
    form = filled(use_radio="on", email="maria@example.org", language="fr")

    for language, words in (("en", "It was not saved. Please try again later."), ("ko", "저장하지 못하였습니다.")):
        response = client.post(f"/{language}/send/", form)

        assert response.status_code == 503
        page = text_of(response)
        assert words in page
        assert form["body"] in page
        assert 'value="maria@example.org"' in page
        assert regex.search(r'name="use_radio"[^>]*checked', page)
        assert '<option value="fr" selected>' in page
        assert hidden(response)["form_token"] == form["form_token"]
    assert not Message.objects.exists()


def test_after_the_fault_the_same_form_goes_through(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OperationalError

    form = filled()
    with monkeypatch.context() as broken:
        broken.setattr(services.lifecycle, "receive", fail)
        client.post("/en/send/", form)

    assert client.post("/en/send/", form).status_code == 303


@pytest.fixture
def few_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rule with a small number: sixty letters take their time."""
    monkeypatch.setitem(limits.PER_HOUR, limits.SEND, 4)


@pytest.mark.usefixtures("few_an_hour")
def test_too_many_messages_of_one_sender_are_429(client: Client) -> None:
    for _time in range(limits.PER_HOUR[limits.SEND]):
        sent(client)

    response = send(client, "ko", body="Typed for an hour.")
    assert response.status_code == 429
    assert "Typed for an hour." in text_of(response)
    assert Message.objects.count() == limits.PER_HOUR[limits.SEND]
    assert client.post("/en/send/", filled(), REMOTE_ADDR="192.0.2.9").status_code == 303


def test_a_stored_message_is_received_though_it_cannot_be_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OperationalError

    monkeypatch.setattr(limits, "take", fail)

    assert send(client).status_code == 303
    assert Message.objects.count() == 1


@pytest.mark.usefixtures("few_an_hour")
def test_refused_forms_and_previews_do_not_count(client: Client) -> None:
    for _time in range(limits.PER_HOUR[limits.SEND] + 1):
        send(client, body="")
        send(client, step="preview")

    assert send(client).status_code == 303


def test_other_methods_are_refused(client: Client) -> None:
    assert client.put("/en/send/").status_code == 405
