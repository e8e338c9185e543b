"""Who may go where: every address of the site x every role x every state of a message, from one table.

An address without a rule fails: whoever adds one says here who may open it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import models
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from moderation import roles
from moderation.models import Claim, Lockdown, Translation
from supporters.models import Event, Message, Reason
from tests.factories import MessageFactory, StaffFactory

from .conftest import typed
from .signing_in import verified

pytestmark = pytest.mark.django_db

# --- Who ----------------------------------------------------------------------------------------------------------

STRANGER, UNVERIFIED, CLOSED, NOT_STAFF = "stranger", "without the second step", "closed", "not staff"
WITHOUT_ROLE, SUPERUSER = "staff without a role", "superuser"
OUTSIDE = (STRANGER, UNVERIFIED, CLOSED, NOT_STAFF)
EVERYBODY = frozenset({*OUTSIDE, WITHOUT_ROLE, SUPERUSER, *roles.ROLES})
STAFF = EVERYBODY - set(OUTSIDE)
LEAD = frozenset({roles.SAFETY_LEAD})
DECIDE = LEAD | {roles.MODERATOR}
WORDS = frozenset({roles.TRANSLATOR, roles.REVIEWER, roles.NORTHERN_READER})
SUPER = frozenset({SUPERUSER})
ACCOUNTS = SUPER | {roles.ADMINISTRATOR}

# The ways in and out are posted to by everybody.
WAYS = ("/admin/login/", "/admin/logout/")

# --- Which message ------------------------------------------------------------------------------------------------

PENDING, APPROVED, WITHDRAWN, HELP, HIDDEN = "pending", "approved", "withdrawn", "call for help", "hidden"
ITEMS = (PENDING, APPROVED, WITHDRAWN, HELP, HIDDEN)


@dataclass(frozen=True)
class Rule:
    """Who opens an address, and what it does for other staff and for those outside."""

    open_to: frozenset[str]
    else_: str = "refused"
    outside: str = "login"
    # For some messages fewer may: for the others there is nothing at this address.
    only: dict[str, frozenset[str]] = field(default_factory=dict)


OPEN = Rule(EVERYBODY)
NOBODY: frozenset[str] = frozenset()
NOTHING = Rule(NOBODY, else_="nothing", outside="nothing")


def of_model(
    reads: frozenset[str], *, adds: frozenset[str] = NOBODY, deletes: frozenset[str] = NOBODY, **rule: Any
) -> dict[str, Rule]:
    """The pages of a model in the stock admin."""
    return {
        "": Rule(reads),
        "add/": Rule(adds),
        "<path:object_id>/history/": Rule(reads, **rule),
        "<path:object_id>/delete/": Rule(deletes, **rule),
        "<path:object_id>/change/": Rule(reads, **rule),
        "<path:object_id>/": Rule(STAFF),
    }


def below(prefix: str, rules: dict[str, Rule]) -> dict[str, Rule]:
    return {prefix + route: rule for route, rule in rules.items()}


RULES: dict[str, Rule] = {
    **below("/admin/desk/", {
        "": Rule(DECIDE),
        "start/": Rule(DECIDE | WORDS),
        "mine/": Rule(DECIDE),
        "second-look/": Rule(DECIDE),
        "several/": Rule(DECIDE),
        "help/": Rule(LEAD),
        "lockdown/": Rule(LEAD),
        "concerns/": Rule(LEAD),
        "(?P<name>asked|published|declined)/": Rule(DECIDE),
        "preferences/": Rule(DECIDE),
        "translate/": Rule(DECIDE | WORDS),
        "translate/work.po": Rule(frozenset({roles.TRANSLATOR, roles.NORTHERN_READER})),
        "translate/file/": Rule(frozenset({roles.TRANSLATOR, roles.NORTHERN_READER})),
        "translate/<message:slug>/": Rule(DECIDE | WORDS, only=dict.fromkeys((HELP, WITHDRAWN, HIDDEN), NOBODY)),
        "<message:slug>/": Rule(DECIDE | WORDS, only={HELP: LEAD, WITHDRAWN: DECIDE, HIDDEN: DECIDE}),
        "<message:slug>/media/<str:name>": Rule(DECIDE, only=dict.fromkeys(ITEMS, NOBODY)),
        # None of these messages has a clip; test_subtitles.py looks at those that have.
        **below("<message:slug>/subtitles/<language:language>/", dict.fromkeys(
            ("", "words.<str:kind>", "media/<str:name>"),
            Rule(DECIDE | {roles.REVIEWER, roles.TRANSLATOR}, only=dict.fromkeys(ITEMS, NOBODY)),
        )),
    }),
    **below("/admin/", {
        "": Rule(STAFF),
        # Who is inside already is led to the start page.
        "login/": Rule(frozenset(OUTSIDE), else_="nothing"),
        "logout/": Rule(STAFF, outside="nothing"),
        "language/": OPEN,
        # What leads in: strangers are sent to the login from it, and so is who is inside already.
        "second-factor/": Rule(NOBODY, else_="login"),
        "second-factor/set-up/": Rule(STAFF),
        "second-factor/mine/": Rule(STAFF),
        "second-factor/codes.txt": Rule(STAFF),
        # Only with a token that was made for it.
        "set-password/<uidb64>/<token>/": NOTHING,
        "password_change/": Rule(STAFF),
        "password_change/done/": Rule(STAFF),
        "autocomplete/": Rule(NOBODY),
        "jsi18n/": Rule(STAFF),
        "r/<path:content_type_id>/<path:object_id>/": Rule(NOBODY, else_="nothing"),
        "<app_label>/": Rule(ACCOUNTS, else_="nothing"),
        "(?P<url>.*)": Rule(NOBODY, else_="nothing"),
    }),
    **below("/admin/auth/user/", of_model(ACCOUNTS, adds=ACCOUNTS)),
    "/admin/auth/user/<int:pk>/access/": Rule(ACCOUNTS),
    **below("/admin/auth/group/", of_model(ACCOUNTS)),
    **below("/admin/supporters/message/", of_model(DECIDE | SUPER, only={HELP: LEAD})),
    **below("/admin/supporters/reason/", of_model(ACCOUNTS, adds=ACCOUNTS)),
    **below("/admin/moderation/wordingrule/", of_model(ACCOUNTS, adds=ACCOUNTS, deletes=SUPER)),
    "/admin/moderation/wordingrule/try/": Rule(LEAD | {roles.ADMINISTRATOR}),
    **below("/admin/moderation/term/", of_model(ACCOUNTS, adds=ACCOUNTS, deletes=SUPER)),
    **below("/<language:language>/", dict.fromkeys((
        "", "send/", "send/recorder/", "find/", "booklet/", "<path:path>",
    ), OPEN)),
    "/media/<str:token>/<str:name>": NOTHING,
    # With the right token or key only.
    **below("/<language:language>/", dict.fromkeys((
        "send/file/<str:token>/",
        *(f"mine/<str:key>/{page}" for page in ("", "edit/", "outlets/", "withdraw/", "key.txt", "stop/")),
    ), NOTHING)),
    "/<language:language>/m/<str:slug>/concern/": Rule(
        EVERYBODY, only=dict.fromkeys((PENDING, WITHDRAWN, HELP, HIDDEN), NOBODY)
    ),
    # A published letter to keep, for anybody.
    "/<language:language>/m/<slug:slug>/letters.html": Rule(
        EVERYBODY, only=dict.fromkeys((PENDING, WITHDRAWN, HELP, HIDDEN), NOBODY)
    ),
    **dict.fromkeys(("/", "/<language:language>", "/favicon.ico", "/healthz", "/readyz"), OPEN),
    **dict.fromkeys(("/robots.txt", "/sitemap.xml", "/sitemap-<int:number>.xml"), OPEN),
    # Files in pieces: anybody may begin one; nothing is shown by GET.
    **dict.fromkeys(("/uploads/", "/uploads/<str:token>", "/uploads/<str:token>/"), OPEN),
}  # fmt: skip


def addresses(patterns: list[URLPattern | URLResolver] | None = None, before: str = "/") -> Iterator[str]:
    """Every pattern of the project."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        part = str(entry.pattern).removeprefix("^").removesuffix("$")
        route = before + re.sub(r"\(\?P(<app_label>)[^)]*\)", r"\1", part)  # the apps stand in any order there
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, route)
        else:
            yield route


def outcome(answer: HttpResponseBase) -> str:
    """What an address did: login, refused, nothing or open."""
    to = answer.headers.get("Location", "")
    if to.startswith("/admin/login/"):
        return "login"
    # The stock admin sends whoever asks for what is not there to its start page.
    if answer.status_code == 404 or to == "/admin/":
        return "nothing"
    return "refused" if answer.status_code == 403 else "open"


# --- The walk -------------------------------------------------------------------------------------------------------


def message_of(item: str) -> Message:
    """A message with open work on all its texts."""
    if item == APPROVED:
        message = MessageFactory(approved=True, wall_number=1)
    elif item == WITHDRAWN:
        message = MessageFactory(status=Message.Status.WITHDRAWN, original="", original_name="")
    elif item == HELP:
        message = MessageFactory(declined=True, is_call_for_help=True)
    else:
        message = MessageFactory(approved=True, is_hidden=True) if item == HIDDEN else MessageFactory()
    for language, state in (("ko", "draft"), ("en", "ready"), ("kp", "draft")):
        Translation.objects.create(
            message=message, language=language, state=state, text="글", translator=User.objects.get(username="other")
        )
    return message


@pytest.fixture(autouse=True)
def no_logs():
    """Each refusal would be logged with its traceback: that takes longer than the refusal."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def other() -> User:
    return StaffFactory(username="other")


@pytest.fixture
def messages(other: User) -> dict[str, Message]:
    return {item: message_of(item) for item in ITEMS}


def browser_of(who: str) -> Client:
    """A browser in which somebody of this kind is logged in, as far as that goes."""
    if who == STRANGER:
        return Client()
    user = StaffFactory(
        role=who if who in roles.ROLES else roles.SAFETY_LEAD if who in (UNVERIFIED, CLOSED, NOT_STAFF) else None,
        is_superuser=who == SUPERUSER,
        is_staff=who != NOT_STAFF,
        is_active=who != CLOSED,
    )
    if who == UNVERIFIED:
        client = Client()
        client.force_login(user)
        return client
    return verified(user)


def filled(route: str, message: Message, other: User) -> str:
    """The address of a route, about `message` where it names one, else about a row of its model."""
    row = 0
    if found := re.match(r"/admin/(\w+)/(\w+)/<(path:object_id|int:pk)>", route):
        about = {"user": other, "message": message}.get(found[2])
        about = about or apps.get_model(found[1], found[2])._default_manager.order_by("pk").first()
        row = about.pk if about else 0
    for pattern, value in {
        "<message:slug>": message.slug, "<str:slug>": message.slug, "<slug:slug>": message.slug, "<int:number>": 1,
        "<str:name>": "320.jpg", "<str:kind>": "srt",
        "(?P<name>asked|published|declined)": "asked", "<app_label>": "auth",
        "(?P<url>.*)": "nothing-here", "<path:object_id>": row, "<int:pk>": row, "<path:content_type_id>": 1,
        "<uidb64>": "MQ", "<token>": "x-y", "<language:language>": "en", "<path:path>": "about.html",
        "<str:token>": "x", "<str:key>": "AAAA-AAAA-AAAA-AAAA",
        "work.po": "work.po?pair=pt-ko",
    }.items():  # fmt: skip
        route = route.replace(pattern, str(value))
    return route


def walked(who: str, messages: dict[str, Message]) -> Iterator[tuple[str, str, Message]]:
    """Every route, once for each message when it is about one."""
    for route in addresses():
        # The public pages know nobody, so a stranger and one of the staff are enough for them.
        if route not in RULES or (not route.startswith("/admin/") and who not in (STRANGER, roles.MODERATOR)):
            continue
        about_message = "slug>" in route or route.startswith("/admin/supporters/message/<")
        # Whoever may not open the page at all is refused whatever the message is.
        items = ITEMS if who in RULES[route].open_to else (PENDING, HELP)
        for item in items if about_message else (PENDING,):
            yield route, item, messages[item]


def expected(rule: Rule, who: str, item: str) -> set[str]:
    if who in rule.open_to:
        return {"open"} if who in rule.only.get(item, EVERYBODY) else {"nothing"}
    if who in OUTSIDE:
        return {rule.outside}
    # What is not there for anybody like them may be missed before it is refused.
    return {rule.else_, "nothing"} if item in rule.only else {rule.else_}


def snapshot() -> list[object]:
    """What nobody may change who may not open the page."""
    tables: list[type[models.Model]] = [
        Message,
        Event,
        Translation,
        Reason,
        Group,
        User.groups.through,
        Lockdown,
        Claim,
    ]
    people = User.objects.order_by("pk").values_list(
        "pk", "username", "password", "is_staff", "is_active", "is_superuser"
    )
    return [list(people), *(list(table._default_manager.order_by("pk").values()) for table in tables)]


def test_every_address_has_a_rule():
    routes = set(addresses())

    assert sorted(routes - RULES.keys()) == []
    assert sorted(RULES.keys() - routes) == []


def test_walk_fills_in_every_address(messages, other):
    assert [route for route in addresses() if re.search(r"[<(]", filled(route, messages[PENDING], other))] == []


# Between them these open every page there is: with them every query is made on both databases.
THOROUGH = {roles.SAFETY_LEAD, roles.TRANSLATOR, SUPERUSER}
WALKERS = [pytest.param(who, marks=() if who in THOROUGH else pytest.mark.any_database) for who in sorted(EVERYBODY)]


@pytest.mark.parametrize("who", WALKERS)
def test_everybody_opens_what_the_rules_say_and_changes_nothing_else(who, messages, other, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client, wrong, before = browser_of(who), [], snapshot()

    for route, item, message in walked(who, messages):
        address, wanted = filled(route, message, other), expected(RULES[route], who, item)
        got = {outcome(client.get(address))}
        if "open" not in wanted and item == PENDING and route not in WAYS:
            posted = client.post(address, forged(message))
            got |= {outcome(posted)} if posted.status_code != 405 else set()
        if got - wanted:
            wrong.append(f"{route} ({item}): {got}")

    assert "\n".join(wrong) == ""
    assert snapshot() == before
    assert (outcome(client.get("/admin/")) == "open") == (who in STAFF)


def forged(message: Message) -> dict[str, object]:
    """Something for every form."""
    return typed(message, "approve") | {"username": "taken", "name": "taken", "post": "yes", "groups": [1]}
