"""Two steps to get in: no page of the staff opens before both, and each token opens one session."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import pytest
import zxingcpp
from django.contrib.admin.models import LogEntry
from django.core import checks
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from PIL import Image, ImageDraw

from moderation.accounts import second_factor
from moderation.accounts.apps import second_factor_is_required
from supporters.models import Message
from tests.factories import MessageFactory, ModeratorFactory, StaffFactory

from .conftest import address, typed
from .signing_in import SET_UP, STEP, browser, is_inside, number, type_password, type_token, verified, with_device

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def required(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def sora(required):
    user = ModeratorFactory(username="sora")
    user.set_password("a long enough pass")
    user.save()
    return user


def key_on(page) -> str:
    """The key that the page of setting up shows for typing, as the device stores it."""
    letters = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page.content.decode())[1]
    return base64.b32decode(letters.replace(" ", "")).hex()


def codes_on(page) -> list[str]:
    return re.findall(r"<code>([a-z2-7]{5}-[a-z2-7]{5})</code>", page.content.decode())


def test_right_password_alone_opens_nothing(sora):
    with_device(sora)
    client = browser()

    answer = type_password(client, sora)

    assert answer["Location"] == "/admin/second-factor/?next=%2Fadmin%2Fdesk%2F"
    assert "_auth_user_id" not in client.session
    for path in ("/admin/", "/admin/desk/", "/admin/password_change/", "/admin/second-factor/mine/"):
        assert client.get(path)["Location"].startswith("/admin/login/?next=")


def test_password_and_number_lead_to_where_the_person_wanted_to_go(sora):
    device, client = with_device(sora), browser()
    type_password(client, sora)

    answer = type_token(client, number(device))

    assert answer["Location"] == "/admin/desk/"
    assert is_inside(client)


def test_token_without_a_password_before_it_opens_nothing(sora):
    device, client = with_device(sora), browser()

    answer = type_token(client, number(device))

    assert answer["Location"].startswith("/admin/login/")
    assert not is_inside(client)


@pytest.mark.parametrize("wrong", ["000000", "", "12345", "1234567", "１２３４５６", "aaaaa-aaaaa", "x" * 500, "\x00"])
def test_wrong_token_is_refused_in_words(sora, wrong):
    device, client = with_device(sora), browser()
    type_password(client, sora)
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=2**40)  # whatever is typed, the app never shows it

    answer = type_token(client, wrong)

    assert answer.status_code == 200
    assert "errornote" in answer.content.decode()
    assert not is_inside(client)


def test_number_opens_one_session_only(sora):
    device, first, second = with_device(sora), browser(), browser()
    token = number(device)
    for client in (first, second):
        type_password(client, sora)
        type_token(client, token)

    assert is_inside(first)
    assert not is_inside(second)


def test_number_of_somebody_else_opens_nothing(sora):
    with_device(sora)
    other, client = with_device(ModeratorFactory()), browser()
    type_password(client, sora)

    type_token(client, number(other))

    assert not is_inside(client)


def test_session_without_the_second_step_is_a_stranger(sora, client):
    with_device(sora)
    client.force_login(sora)

    assert client.get("/admin/desk/")["Location"].startswith("/admin/login/")
    assert client.post("/admin/second-factor/mine/", {"action": "replace"})["Location"].startswith("/admin/login/")
    assert "_auth_user_id" not in client.session


def test_password_left_lying_is_of_no_use_later(sora, time_machine):
    time_machine.move_to(datetime.now(UTC))
    device, client = with_device(sora), browser()
    type_password(client, sora)
    time_machine.shift(21 * 60)

    answer = type_token(client, number(device))

    assert answer["Location"].startswith("/admin/login/")
    assert not is_inside(client)


def test_changed_password_ends_a_login_half_way(sora):
    device, client = with_device(sora), browser()
    type_password(client, sora)
    sora.set_password("quite another pass")
    sora.save()

    type_token(client, number(device))

    assert not is_inside(client)


@pytest.mark.parametrize("foreign", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_way_in_leads_to_our_own_pages_only(sora, foreign):
    device, client = with_device(sora), browser()

    assert "evil" not in type_password(client, sora, next_=foreign)["Location"]
    assert type_token(client, number(device), next_=foreign)["Location"] == "/admin/"


# --- Setting up -------------------------------------------------------------------------------------------------


def test_first_login_sets_up_the_second_step(sora):
    client = browser()
    assert type_password(client, sora)["Location"].startswith(SET_UP)
    page = client.get(SET_UP)
    device = TOTPDevice(user=sora, key=key_on(page))
    assert key_on(client.get(SET_UP)) == device.key

    answer = client.post(SET_UP, {"otp_token": number(device), "next": "/admin/desk/"})

    codes = codes_on(answer)
    assert len(set(codes)) == 10
    assert 'href="/admin/desk/"' in answer.content.decode()
    assert is_inside(client)
    assert second_factor.device_of(sora).key == device.key
    assert LogEntry.objects.filter(user=sora, object_id=str(sora.pk)).exists()


def test_number_that_confirmed_the_app_does_not_log_in_again(sora):
    client, again = browser(), browser()
    type_password(client, sora)
    device = TOTPDevice(user=sora, key=key_on(client.get(SET_UP)))
    token = number(device)
    client.post(SET_UP, {"otp_token": token})

    type_password(again, sora)
    type_token(again, token)

    assert not is_inside(again)


def test_wrong_number_sets_nothing_up(sora):
    client = browser()
    type_password(client, sora)
    key = key_on(client.get(SET_UP))

    answer = client.post(SET_UP, {"otp_token": f"{(int(number(TOTPDevice(key=key))) + 1) % 10**6:06d}"})

    assert "errornote" in answer.content.decode()
    assert key_on(answer) == key
    assert second_factor.device_of(sora) is None
    assert not is_inside(client)


def test_set_up_page_of_the_slower_one_replaces_nothing(sora):
    """Somebody else knows the password and has the page open while its owner sets up."""
    thief, owner = browser(), browser()
    for client in (thief, owner):
        type_password(client, sora)
    keys = [TOTPDevice(key=key_on(client.get(SET_UP))) for client in (thief, owner)]
    owner.post(SET_UP, {"otp_token": number(keys[1])})

    answer = thief.post(SET_UP, {"otp_token": number(keys[0])})

    assert answer["Location"].startswith(STEP)
    assert second_factor.device_of(sora).key == keys[1].key
    assert not is_inside(thief)
    assert is_inside(owner)


def test_picture_is_drawn_in_the_page_and_read_by_a_scanner(sora):
    client = browser()
    type_password(client, sora)
    page = client.get(SET_UP).content.decode()
    side, path = int(re.search(r'viewBox="0 0 (\d+) ', page)[1]), re.search(r'<path d="([^"]+)"', page)[1]
    image = Image.new("L", (side * 4, side * 4), 255)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path):
        ImageDraw.Draw(image).rectangle((int(x) * 4, int(y) * 4, int(x) * 4 + 3, int(y) * 4 + 3), fill=0)

    assert zxingcpp.read_barcodes(image)[0].text.startswith("otpauth://totp/Messages%3Asora?secret=")
    assert " style=" not in page


# --- Recovery codes and replacing -------------------------------------------------------------------------------


def test_recovery_code_opens_once_and_stands_hashed_in_the_table(sora):
    with_device(sora)
    codes = second_factor.new_codes(sora)
    client, again = browser(), browser()
    type_password(client, sora)
    answer = type_token(client, f" {codes[0].upper()} ")
    type_password(again, sora)
    type_token(again, codes[0])

    assert is_inside(client)
    page = client.get(answer["Location"]).content.decode()
    assert "9 recovery codes are left." in page
    assert 'href="/admin/desk/"' in page
    assert not is_inside(again)
    stored = set(StaticToken.objects.values_list("token", flat=True))
    assert len(stored) == 9
    assert not stored & {code.replace("-", "") for code in codes}


def test_new_codes_need_a_fresh_number_and_end_the_old_ones(sora):
    client, device = verified(sora), second_factor.device_of(sora)
    old = second_factor.new_codes(sora)
    used = number(device)

    page = client.post(STEP + "mine/", {"otp_token": used, "action": "codes"})
    again = client.post(STEP + "mine/", {"otp_token": used, "action": "codes"})

    assert len(codes_on(page)) == 10
    assert codes_on(again) == []
    assert not second_factor.are_codes_of(sora, old)
    assert second_factor.are_codes_of(sora, codes_on(page))


def test_codes_are_saved_as_text_by_their_owner_only(sora):
    client = verified(sora)
    codes = second_factor.new_codes(sora)

    answer = client.post(STEP + "codes.txt", {"code": codes})

    assert answer.content.decode().split() == codes
    assert answer["Content-Type"].startswith("text/plain")
    assert verified(ModeratorFactory()).post(STEP + "codes.txt", {"code": codes}).status_code == 404
    assert client.post(STEP + "codes.txt", {"code": ["<script>"]}).status_code == 404
    assert client.post(STEP + "codes.txt").status_code == 404


def test_another_phone_takes_the_place_of_the_first(sora):
    client, elsewhere = verified(sora), browser()
    old = second_factor.device_of(sora)
    type_password(elsewhere, sora)
    type_token(elsewhere, number(old, -1))
    assert client.get(SET_UP)["Location"] == STEP + "mine/"

    asked = client.post(STEP + "mine/", {"otp_token": number(old), "action": "replace"})
    new = TOTPDevice(key=key_on(client.get(asked["Location"])))
    answer = client.post(SET_UP, {"otp_token": number(new)})

    assert len(codes_on(answer)) == 10
    assert [device.key for device in TOTPDevice.objects.filter(user=sora)] == [new.key]
    assert is_inside(client)
    assert not is_inside(elsewhere)


# --- What was typed, languages, without a second step -----------------------------------------------------------


def test_draft_survives_both_steps(sora):
    message, device, client = MessageFactory(), with_device(sora), browser()
    page = verified(sora).get(address(message)).content.decode()
    device = second_factor.device_of(sora)
    mark = re.search(r'name="kept_for" value="([^"]+)"', page)[1]

    lost = client.post(address(message), typed(message, "approve", body_ko="밤새 옮긴 글", kept_for=mark))
    assert lost["Location"] == f"/admin/login/?next={address(message)}"
    assert "Your draft is kept." in client.get(lost["Location"]).content.decode()
    step = type_password(client, sora, next_=address(message))
    assert "Your draft is kept." in client.get(step["Location"]).content.decode()
    back = type_token(client, number(device), next_=address(message))

    assert "밤새 옮긴 글" in client.get(back["Location"]).content.decode()
    assert Message.objects.get(pk=message.pk).status == Message.Status.PENDING


def test_demo_and_tests_may_do_without(sora, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    client = browser()

    assert type_password(client, sora)["Location"] == "/admin/desk/"
    assert is_inside(client)
    for path in (STEP, SET_UP, STEP + "mine/"):
        assert client.get(path).status_code == 404
    assert [warning.id for warning in second_factor_is_required(None)] == ["moderation.W001"]


def test_second_step_is_on_unless_switched_off(settings):
    assert second_factor_is_required(None) == []
    assert second_factor_is_required in checks.registry.registry.deployment_checks


def test_pages_of_the_way_in_keep_the_policy_of_the_desk(sora):
    client = browser()
    pages = [client.get("/admin/login/")]
    type_password(client, sora)
    pages.append(client.get(SET_UP))
    with_device(sora)
    pages += [client.get(STEP), verified(StaffFactory()).get(STEP + "mine/")]

    for page in pages:
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["Cache-Control"].count("no-store") == 1
        assert " style=" not in page.content.decode()


def test_keys_of_devices_stand_on_no_page_of_the_admin(sora):
    client = verified(StaffFactory(is_superuser=True))

    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert client.get("/admin/otp_static/staticdevice/").status_code == 404
    assert client.get("/admin/axes/accessattempt/").status_code == 404
