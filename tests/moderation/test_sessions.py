"""How long a session lasts and what ends it; what administrators do with accounts, and that none speaks for another."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from moderation import roles
from moderation.accounts import second_factor
from tests.factories import ModeratorFactory, StaffFactory

from .conftest import client_of
from .signing_in import PASSWORD, browser, is_inside, number, type_password, type_token, verified, with_device

pytestmark = pytest.mark.django_db
NEW = "quite another long pass"


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def sora(quick):
    user = ModeratorFactory(username="sora")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def ada(quick):
    return StaffFactory(role=roles.ADMINISTRATOR, username="ada")


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(datetime.now(UTC))
    return time_machine


def test_login_changes_the_id_of_the_session(sora):
    client = browser()
    client.get("/admin/login/")
    session = client.session
    session["kept"] = {}
    session.save()
    before = session.session_key

    type_password(client, sora)

    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_both_steps_change_the_id_of_the_session(sora, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    device, client = with_device(sora), browser()
    type_password(client, sora)
    half_way = client.session.session_key

    type_token(client, number(device))

    assert client.session.session_key != half_way
    assert not Session.objects.filter(session_key=half_way).exists()


def test_cookies_stay_below_the_admin(sora):
    client = browser()
    type_password(client, sora)

    for name in ("s", "f", "d"):
        cookie = client.cookies[name]
        assert (cookie["path"], cookie["samesite"]) == ("/admin/", "Strict")
        assert cookie["httponly"]
        assert cookie["secure"]


def test_logout_leaves_nothing(sora):
    client = client_of(sora)
    key = client.session.session_key

    client.post("/admin/logout/")

    assert not Session.objects.filter(session_key=key).exists()
    client.cookies["s"] = key
    assert not is_inside(client)


def test_idle_session_ends_after_two_hours(sora, clock):
    client = client_of(sora)
    assert is_inside(client)
    clock.shift(3600)
    assert is_inside(client)
    clock.shift(7190)
    assert is_inside(client)
    clock.shift(7201)

    assert not is_inside(client)


def test_busy_session_ends_after_twelve_hours(sora, clock):
    client = client_of(sora)
    for _hour in range(12):
        assert is_inside(client)
        clock.shift(3600)

    assert not is_inside(client)


def test_requests_write_the_session_at_most_once_a_minute(sora, clock):
    client = client_of(sora)
    is_inside(client)

    def writes() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            is_inside(client)
        return sum("django_session" in query["sql"] and "UPDATE" in query["sql"] for query in queries)

    assert writes() == 0
    clock.shift(61)
    assert writes() == 1
    assert writes() == 0


def test_password_change_ends_the_other_sessions(sora):
    here, elsewhere = client_of(sora), client_of(sora)

    here.post("/admin/password_change/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})

    assert is_inside(here)
    assert not is_inside(elsewhere)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_closing_an_account_ends_its_sessions_for_good(sora, change):
    client = client_of(sora)
    assert is_inside(client)
    User.objects.filter(pk=sora.pk).update(**change)

    assert not is_inside(client)
    User.objects.filter(pk=sora.pk).update(is_active=True, is_staff=True)
    assert not is_inside(client)


def test_closing_and_opening_in_the_admin_revives_no_session(sora, ada):
    client, administrator = client_of(sora), client_of(ada)
    is_inside(client)
    change = f"/admin/auth/user/{sora.pk}/change/"
    kept = {"username": "sora", "groups": [group.pk for group in sora.groups.all()], "_save": "1"}

    administrator.post(change, {**kept, "is_staff": "on"})
    administrator.post(change, {**kept, "is_staff": "on", "is_active": "on"})

    sora.refresh_from_db()
    assert sora.is_active
    assert not is_inside(client)


def test_role_taken_away_ends_the_session_and_one_given_does_not(sora):
    client = client_of(sora)
    is_inside(client)
    sora.groups.add(Group.objects.get(name=roles.NORTHERN_READER))
    assert is_inside(client)
    sora.groups.remove(Group.objects.get(name=roles.NORTHERN_READER))

    assert not is_inside(client)


# --- Accounts ---------------------------------------------------------------------------------------------------


def access(user: User) -> str:
    return f"/admin/auth/user/{user.pk}/access/"


def link_for(client, user: User) -> str:
    page = client.post(access(user), {"action": "link"}).content.decode()
    return re.search(r'value="http://testserver(/admin/set-password/[^"]+)"', page)[1]


def set_password(client, link: str, password: str = NEW):
    form = client.get(link, follow=True)
    return client.post(form.request["PATH_INFO"], {"new_password1": password, "new_password2": password})


def test_new_account_has_no_password_until_its_person_sets_one(ada):
    administrator = client_of(ada)
    answer = administrator.post("/admin/auth/user/add/", {"username": "new", "password1": NEW, "password2": NEW})
    new = User.objects.get(username="new")
    assert answer["Location"] == f"/admin/auth/user/{new.pk}/change/"
    assert not new.has_usable_password()

    answer = set_password(browser(), link_for(administrator, new))

    assert answer["Location"] == "/admin/login/"
    new.refresh_from_db()
    assert new.check_password(NEW)


def test_link_works_once_and_the_next_link_ends_the_one_before(ada, sora):
    administrator = client_of(ada)
    first = link_for(administrator, sora)
    second = link_for(administrator, sora)

    assert browser().get(first).status_code == 404
    set_password(browser(), second)
    assert browser().get(second).status_code == 404


def test_link_sets_no_password_for_a_closed_account(ada, sora):
    link = link_for(client_of(ada), sora)
    User.objects.filter(pk=sora.pk).update(is_active=False)

    assert browser().get(link).status_code == 404


def test_link_ends_after_a_day(ada, sora, clock):
    link = link_for(client_of(ada), sora)
    clock.shift(24 * 3600 + 1)

    answer = browser().get(link)

    assert answer.status_code == 404
    assert "This link was used already" in answer.content.decode()


def test_link_ends_sessions_and_the_old_password_but_not_the_second_step(ada, sora, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client, administrator = verified(sora), verified(ada)
    assert is_inside(client)

    link = link_for(administrator, sora)

    assert not is_inside(client)
    assert type_password(browser(), sora).status_code == 200
    fresh = browser()
    set_password(fresh, link)
    assert not is_inside(fresh)
    assert type_password(fresh, sora, NEW)["Location"].startswith("/admin/second-factor/?")


def test_weak_password_is_refused_on_the_page(ada, sora):
    link = link_for(client_of(ada), sora)
    client = browser()

    answer = set_password(client, link, "password")

    assert answer.status_code == 200
    assert "errornote" in answer.content.decode()


def test_nobody_sets_a_password_for_somebody_else(sora, ada):
    for boss in (ada, StaffFactory(is_superuser=True)):
        client = client_of(boss)
        client.post(f"/admin/auth/user/{sora.pk}/password/", {"password1": NEW, "password2": NEW}, follow=True)
        client.post(
            f"/admin/auth/user/{sora.pk}/change/",
            {"username": "sora", "is_active": "on", "is_staff": "on", "password": NEW, "password1": NEW},
        )
        assert 'href="../password/"' not in client.get(f"/admin/auth/user/{sora.pk}/change/").content.decode()

    sora.refresh_from_db()
    assert sora.check_password(PASSWORD)


def test_administrator_resets_a_device_and_the_log_says_so(sora, ada, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client = verified(sora)
    second_factor.new_codes(sora)
    assert is_inside(client)

    verified(ada).post(access(sora), {"action": "reset"})

    assert second_factor.device_of(sora) is None
    assert second_factor.codes_left(sora) == 0
    assert not is_inside(client)
    entry = LogEntry.objects.get(object_id=str(sora.pk))
    assert (entry.user, entry.get_change_message()) == (ada, "Reset the second step.")


def test_devices_are_reset_from_the_list_but_not_those_of_superusers(sora, ada):
    root = StaffFactory(is_superuser=True)
    for user in (sora, ada, root):
        with_device(user)

    client_of(ada).post(
        "/admin/auth/user/", {"action": "reset_second_factor", "_selected_action": [sora.pk, ada.pk, root.pk]}
    )

    assert [second_factor.device_of(user) is None for user in (sora, ada, root)] == [True, False, False]


@pytest.mark.parametrize("action", ["link", "reset"])
def test_access_of_superusers_and_of_oneself_is_not_touched(sora, ada, action):
    root = StaffFactory(is_superuser=True)
    before = root.password
    administrator = client_of(ada)

    assert administrator.post(access(root), {"action": action}).status_code == 403
    assert administrator.post(access(ada), {"action": action}).status_code == 403
    assert client_of(sora).post(access(ada), {"action": action}).status_code == 403
    assert administrator.get(access(sora), {"action": action}).status_code == 200
    root.refresh_from_db()
    assert root.password == before
    sora.refresh_from_db()
    assert sora.has_usable_password()


def test_list_of_accounts_needs_as_many_queries_for_many(ada):
    client, counts = client_of(ada), []
    client.get("/admin/auth/user/")
    with_device(ModeratorFactory())
    for _time in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/auth/user/")
        counts.append(len(queries))
        for _number in range(10):
            with_device(ModeratorFactory())

    assert counts[0] == counts[1]


def test_first_administrator_without_phone_and_codes_is_helped_on_the_server(settings, capsys):
    settings.REQUIRE_SECOND_FACTOR = True
    root = StaffFactory(is_superuser=True, username="root")
    client = verified(root)

    call_command("reset_second_factor", "root")

    assert capsys.readouterr().out.startswith("1 second factor reset")
    assert second_factor.device_of(root) is None
    assert not is_inside(client)
    with pytest.raises(CommandError):
        call_command("reset_second_factor", "nobody")
