"""Guessing: few tries count, none gets in, and the honest wait a quarter of an hour at most."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection

from tests.factories import ModeratorFactory

from .signing_in import PASSWORD, STEP, browser, is_inside, number, type_password, type_token, with_device

pytestmark = pytest.mark.django_db
HERE, THERE = {"REMOTE_ADDR": "203.0.113.7"}, {"REMOTE_ADDR": "198.51.100.9"}


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password was really tried."""

    tried = 0

    def verify(self, password, encoded):
        CountingHasher.tried += 1
        return super().verify(password, encoded)

    def encode(self, password, salt):
        CountingHasher.tried += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def hashers(settings, time_machine):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.tried = 0
    time_machine.move_to(datetime.now(UTC))


@pytest.fixture
def sora(hashers):
    user = ModeratorFactory(username="sora", password="")
    user.set_password(PASSWORD)
    user.save()
    CountingHasher.tried = 0
    return user


def guess(client, user, times, **more):
    return [type_password(client, user, f"guess number {n}", **more).status_code for n in range(times)]


def test_thousands_of_guesses_are_five(sora, test_all):
    times = 10_000 if test_all else 60

    answers = guess(browser(), sora, times, **HERE)

    assert answers[:5] == [200, 200, 200, 200, 429]
    assert set(answers[5:]) == {429}
    # Each try of a name that exists is one comparison, which encodes once.
    assert CountingHasher.tried <= 10


def test_right_password_does_not_help_while_locked(sora):
    client = browser()
    guess(client, sora, 5, **HERE)

    answer = type_password(client, sora, **HERE)

    assert answer.status_code == 429
    assert not is_inside(client)


def test_page_says_when_and_nothing_makes_it_longer(sora, time_machine):
    client = browser()
    guess(client, sora, 5, **HERE)
    time_machine.shift(14 * 60)

    locked = type_password(client, sora, **HERE)
    guess(client, sora, 20, **HERE)
    time_machine.shift(61)
    answer = type_password(client, sora, **HERE)

    assert "Please try again in 1 minute." in locked.content.decode()
    assert 0 < int(locked["Retry-After"]) <= 60
    assert "default-src 'none'" in locked["Content-Security-Policy"]
    assert answer.status_code == 302
    assert is_inside(client)


def test_page_speaks_the_language_of_the_browser(sora):
    client = browser()
    guess(client, sora, 5, **HERE)

    answer = client.post(
        "/admin/login/", {"username": "sora", "password": "x"}, headers={"accept-language": "ko"}, **HERE
    )

    assert answer.status_code == 429
    assert '<html lang="ko"' in answer.content.decode()


def test_guesses_from_elsewhere_lock_nobody_here(sora):
    guess(browser(), sora, 20, **THERE)
    client = browser()

    assert type_password(client, sora, **HERE).status_code == 302
    assert is_inside(client)


def test_known_browser_gets_in_while_its_own_address_is_hammered(sora):
    client = browser()
    type_password(client, sora, **HERE)
    client.post("/admin/logout/")
    cookie = client.cookies["d"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["secure"]) == (
        "/admin/",
        True,
        "Strict",
        True,
    )

    guess(browser(), sora, 20, **HERE)

    assert type_password(client, sora, **HERE).status_code == 302


def test_known_browser_is_limited_too_and_known_for_its_name_only(sora):
    client, other = browser(), ModeratorFactory(username="other")
    type_password(client, sora, **HERE)
    client.post("/admin/logout/")

    assert guess(client, sora, 6, **HERE)[-1] == 429
    assert guess(client, other, 5, **HERE)[-1] == 429
    assert guess(browser(), other, 1, **HERE) == [429]
    assert guess(browser(), sora, 1, **HERE) == [200]


def test_forged_cookie_is_no_known_browser(sora):
    client = browser()
    for number_ in range(5):
        client.cookies["d"] = f"eyJh{number_}:1abcde:forged"
        guess(client, sora, 1, **HERE)

    assert guess(client, sora, 1, **HERE) == [429]


def test_names_that_do_not_exist_answer_the_same_with_the_same_work(sora):
    pages, work = [], []
    closed = ModeratorFactory(username="closed", is_active=False, password=sora.password)
    unset = ModeratorFactory(username="unset", password="!unusable")
    for user in (sora, User(username="nobody"), closed, unset):
        before = CountingHasher.tried
        client = browser()
        answers = [type_password(client, user, "guess", **HERE) for _time in range(6)]
        work.append(CountingHasher.tried - before)
        pages.append([(answer.status_code, answer.content.decode().count("errornote")) for answer in answers])

    assert pages[0] == pages[1] == pages[2] == pages[3]
    # A comparison counts itself and the encoding in it.
    assert work[0] == 2 * work[1] == work[2] == 2 * work[3]


def test_getting_in_forgets_the_wrong_tries_before(sora):
    client = browser()
    guess(client, sora, 4, **HERE)
    type_password(client, sora, **HERE)

    assert guess(browser(), sora, 4, **HERE) == [200] * 4


def test_no_name_and_no_address_is_stored(sora):
    guess(browser(), sora, 6, REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="Marked/1.0")
    type_password(browser(), sora, REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="Marked/1.0")

    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            if table != "auth_user":
                cursor.execute(f'SELECT * FROM "{table}"')
                rows += map(str, cursor.fetchall())
    assert [row for row in rows if "203.0.113.77" in row or "Marked" in row] == []
    assert not [row for row in rows if "sora" in row and "moderator" not in row.lower()]


def test_logs_name_nobody(sora, caplog):
    guess(browser(), sora, 6, **HERE)
    type_password(browser(), sora, **THERE)

    assert "sora" not in caplog.text
    assert "203.0.113" not in caplog.text


# --- Tokens -----------------------------------------------------------------------------------------------------


@pytest.fixture
def device(sora, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    return with_device(sora)


def guess_tokens(client, device, times, **more):
    right = int(number(device))
    # None of them is shown near now.
    return [type_token(client, f"{(right + 7919 * n) % 10**6:06d}", **more).status_code for n in range(1, times + 1)]


def test_tokens_are_guessed_five_times(sora, device):
    client = browser()
    type_password(client, sora, **HERE)

    assert guess_tokens(client, device, 7, **HERE) == [200, 200, 200, 200, 429, 429, 429]
    assert type_token(client, number(device), **HERE).status_code == 429
    assert not is_inside(client)


def test_guesses_of_tokens_from_many_places_count_together(sora, device):
    for place in range(5):
        client = browser()
        type_password(client, sora, REMOTE_ADDR=f"198.51.100.{place}")
        guess_tokens(client, device, 1, REMOTE_ADDR=f"198.51.100.{place}")

    client = browser()
    type_password(client, sora, **HERE)
    assert type_token(client, number(device), **HERE).status_code == 429


def test_owner_at_a_known_browser_gets_in_while_tokens_are_guessed(sora, device):
    owner, thief = browser(), browser()
    type_password(owner, sora, **HERE)
    type_token(owner, number(device, -1), **HERE)
    owner.post("/admin/logout/")
    type_password(thief, sora, **THERE)
    guess_tokens(thief, device, 7, **THERE)

    type_password(owner, sora, **HERE)
    type_token(owner, number(device), **HERE)

    assert is_inside(owner)


def test_tokens_may_be_tried_again_after_a_quarter_of_an_hour(sora, device, time_machine):
    client = browser()
    type_password(client, sora, **HERE)
    guess_tokens(client, device, 12, **HERE)
    time_machine.shift(15 * 60 + 1)

    type_token(client, number(device), **HERE)

    assert is_inside(client)


def test_fresh_token_of_somebody_inside_is_limited_too(sora, device):
    client = browser()
    type_password(client, sora, **HERE)
    type_token(client, number(device, -1), **HERE)

    answers = [
        client.post(STEP + "mine/", {"otp_token": "aaaaa-aaaaa", "action": "codes"}, **HERE).status_code
        for _time in range(6)
    ]

    assert answers[-1] == 429
    assert caches["guesses"] is not caches["default"]
