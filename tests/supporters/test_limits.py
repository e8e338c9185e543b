"""How often one sender may do something in an hour, and that nobody can be told from what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from supporters import limits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]


def request_from(address: str, forwarded: str = ""):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


def use_up(name: str, address: str = "192.0.2.1") -> int:
    taken = 0
    while limits.take(name, request_from(address)):
        taken += 1
    return taken


@pytest.mark.parametrize(("name", "per_hour"), [(limits.SEND, 60), (limits.UPLOAD, 180), (limits.WRONG_KEY, 10)])
def test_a_limit_has_so_many_slots_an_hour(name: str, per_hour: int) -> None:
    assert use_up(name) == per_hour
    assert limits.is_used_up(name, request_from("192.0.2.1"))


def test_another_address_and_another_limit_are_free() -> None:
    use_up(limits.WRONG_KEY)

    assert limits.take(limits.WRONG_KEY, request_from("192.0.2.2"))
    assert limits.take(limits.SEND, request_from("192.0.2.1"))


def test_slots_are_free_again_after_an_hour() -> None:
    use_up(limits.WRONG_KEY)

    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert not limits.is_used_up(limits.WRONG_KEY, request_from("192.0.2.1"))


def test_asking_takes_no_slot() -> None:
    for _time in range(30):
        assert not limits.is_used_up(limits.WRONG_KEY, request_from("192.0.2.1"))


def test_the_cache_holds_no_address_and_loses_its_key_after_a_day() -> None:
    use_up(limits.SEND)

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM cache")
        rows = str(cursor.fetchall())
    assert "192.0.2.1" not in rows
    key = cache.get(limits.DAILY_KEY)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert cache.get(limits.DAILY_KEY) is None
        limits.take(limits.SEND, request_from("192.0.2.1"))
        assert cache.get(limits.DAILY_KEY) != key


def test_forwarded_addresses_are_believed_from_safe_proxies_only(settings: Settings) -> None:
    forged = request_from("192.0.2.1", "198.51.100.7")
    assert limits.sender_address(forged) == "192.0.2.1"

    settings.SAFE_PROXIES = ["192.0.2.1", "192.0.2.9"]
    assert limits.sender_address(forged) == "198.51.100.7"
    behind_two = request_from("192.0.2.1", "203.0.113.5, 198.51.100.7, 192.0.2.9")
    assert limits.sender_address(behind_two) == "198.51.100.7"
    assert limits.sender_address(request_from("192.0.2.1")) == "192.0.2.1"


def test_addresses_of_one_household_count_together() -> None:
    one, other = request_from("2001:db8:1:2:3:4:5:6"), request_from("2001:db8:1:2:ffff::1")

    assert limits.sender_address(one) == limits.sender_address(other) == "2001:db8:1:2::/64"
    assert limits.sender_address(request_from("2001:db8:1:3::1")) != limits.sender_address(one)


def test_an_address_nobody_understands_is_no_error() -> None:
    assert limits.sender_address(request_from("")) == ""
    assert limits.sender_address(request_from("unix:")) == "unix:"


def test_a_database_that_takes_nothing_is_tried_once_and_not_blamed_on_the_sender(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits.take(limits.SEND, request_from("192.0.2.1"))
    tried: list[str] = []
    monkeypatch.setattr(cache, "add", lambda key, *rest: tried.append(key))

    with pytest.raises(OperationalError):
        limits.take(limits.UPLOAD, request_from("192.0.2.1"))

    assert len(tried) == 1


def test_no_address_is_hashed_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "add", lambda *arguments: False)

    with pytest.raises(OperationalError):
        limits.is_used_up(limits.SEND, request_from("192.0.2.1"))


def test_a_full_cache_drops_the_key_of_the_day_last() -> None:
    assert all(slot < limits.DAILY_KEY for name in limits.PER_HOUR for slot in limits._slots(name, request_from("::1")))
