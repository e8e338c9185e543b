"""What each role sees and cannot do: administrators, superusers, links, words of strangers. Addresses: test_walk.py."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils.html import escape

from moderation import roles
from supporters.models import Message, Reason
from tests.factories import ContactFactory, MessageFactory, StaffFactory

from .conftest import address, client_of, typed

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_superuser_without_a_role_decides_nothing():
    message = MessageFactory()

    response = client_of(StaffFactory(is_superuser=True)).post(address(message), typed(message, "approve"))

    assert response.status_code == 403
    assert Message.objects.get(pk=message.pk).status == Message.Status.PENDING


def test_decisions_need_a_token_of_our_own_pages(mina):
    message = MessageFactory()
    client = Client(enforce_csrf_checks=True)
    client.force_login(mina)

    assert client.post(address(message), typed(message, "approve")).status_code == 403
    assert Message.objects.get(pk=message.pk).status == Message.Status.PENDING


@pytest.mark.parametrize("action", ["approve", "decline", "undo", "remove"])
def test_nothing_is_decided_by_a_link(desk, action):
    message = MessageFactory(drafted=True)

    desk.get(address(message), typed(message, action))

    assert Message.objects.get(pk=message.pk).revision == 1


# --- The stock admin --------------------------------------------------------------------------------------------


def admin_pages(client: Client) -> set[str]:
    """The models the start page of the admin offers."""
    apps = client.get("/admin/").context["app_list"]
    return {f"{app['app_label']}.{model['object_name']}" for app in apps for model in app["models"]}


def test_each_role_sees_its_own_lists():
    assert admin_pages(client_of(StaffFactory(role=roles.MODERATOR))) == {"supporters.Message"}
    assert admin_pages(client_of(StaffFactory(role=roles.ADMINISTRATOR))) == {
        "auth.User", "auth.Group", "supporters.Reason", "moderation.WordingRule", "moderation.Term",
    }  # fmt: skip
    assert admin_pages(client_of(StaffFactory(role=roles.TRANSLATOR))) == set()
    assert admin_pages(client_of(StaffFactory(is_superuser=True))) == {
        "auth.User", "auth.Group", "supporters.Reason", "supporters.Message", "moderation.WordingRule",
        "moderation.Term",
    }  # fmt: skip


def test_message_is_read_only_in_the_admin_even_for_superusers():
    message = MessageFactory()
    client = client_of(StaffFactory(is_superuser=True))
    change = f"/admin/supporters/message/{message.pk}/change/"

    assert client.get(change).status_code == 200
    assert client.post(change, {"status": "approved", "kind": "photo"}).status_code == 403
    assert client.post(f"/admin/supporters/message/{message.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/supporters/message/add/").status_code == 403
    stored = Message.objects.get(pk=message.pk)
    assert (stored.status, stored.kind, stored.revision) == ("pending", "text", 1)


def test_no_page_of_the_desk_shows_an_address(desk):
    message = MessageFactory(approved=True)
    ContactFactory(message=message, email="maria@secret.example")

    for path in (
        "/admin/", "/admin/desk/", "/admin/desk/published/", address(message), "/admin/supporters/message/",
        f"/admin/supporters/message/{message.pk}/change/",
    ):  # fmt: skip
        assert "secret.example" not in desk.get(path).content.decode()
    assert desk.get("/admin/supporters/contact/").status_code == 404


def test_messages_are_filtered_and_found_in_the_admin(desk):
    german, french = (
        MessageFactory(country="DE", language="de"),
        MessageFactory(country="FR", language="fr", kind="voice"),
    )
    for query, found in (
        ("country=DE", german), ("language=fr", french), ("kind__exact=voice", french), (f"q={german.slug}", german),
    ):  # fmt: skip
        response = desk.get(f"/admin/supporters/message/?{query}")
        assert list(response.context["cl"].result_list) == [found]


@pytest.mark.parametrize("lookup", ["receipt_hash__startswith", "note__contains", "own_ko__regex", "contact__email"])
def test_address_of_the_list_asks_about_nothing_the_list_does_not_show(desk, lookup):
    assert desk.get(f"/admin/supporters/message/?{lookup}=a").status_code == 400


@pytest.fixture
def administrator(db) -> User:
    return StaffFactory(role=roles.ADMINISTRATOR, username="boss")


def account(user: User, **changes: object) -> dict[str, object]:
    return {"username": user.username, "is_active": "on", "is_staff": "on", "_save": "1", **changes}


def test_administrator_gives_roles_to_others_but_no_rights_beyond(administrator):
    other = StaffFactory()
    moderators = roles_pk(roles.MODERATOR)

    client_of(administrator).post(
        f"/admin/auth/user/{other.pk}/change/",
        account(other, groups=[moderators], is_superuser="on", user_permissions=["1", "2"]),
    )

    other.refresh_from_db()
    assert list(other.groups.values_list("pk", flat=True)) == [moderators]
    assert not other.is_superuser
    assert not other.user_permissions.exists()


def test_administrator_gives_himself_nothing(administrator):
    client_of(administrator).post(
        f"/admin/auth/user/{administrator.pk}/change/",
        account(administrator, groups=[roles_pk(roles.MODERATOR)], is_superuser="on", user_permissions=["1"]),
    )

    administrator.refresh_from_db()
    assert not administrator.is_superuser
    assert [group.name for group in administrator.groups.all()] == [roles.ADMINISTRATOR]
    assert not administrator.user_permissions.exists()


@pytest.mark.parametrize("page", ["change", "access", "delete"])
def test_administrator_does_not_touch_a_superuser(administrator, page):
    other = StaffFactory(is_superuser=True, username="root")
    before = other.password
    response = client_of(administrator).post(
        f"/admin/auth/user/{other.pk}/{page}/", account(other, username="taken", post="yes", action="link")
    )

    other.refresh_from_db()
    assert response.status_code == 403
    assert (other.username, other.password) == ("root", before)


def test_administrator_adds_a_plain_account(administrator):
    client_of(administrator).post(
        "/admin/auth/user/add/",
        {
            "username": "new", "password1": "another long pass", "password2": "another long pass",
            "usable_password": "true", "is_superuser": "on", "is_staff": "on",
        },
    )  # fmt: skip

    new = User.objects.get(username="new")
    assert not new.is_superuser
    assert not new.is_staff


def test_reason_keeps_its_code_and_is_not_deleted(administrator):
    reason = Reason.objects.get(code="danger")
    client = client_of(administrator)

    client.post(
        f"/admin/supporters/reason/{reason.pk}/change/",
        {
            "code": "other", "title_en": "Danger", "title_ko": "위험", "words_en": "a", "words_ko": "b",
            "position": "1", "is_active": "on",
        },
    )  # fmt: skip

    reason.refresh_from_db()
    assert (reason.code, reason.title_en) == ("danger", "Danger")
    assert client.post(f"/admin/supporters/reason/{reason.pk}/delete/", {"post": "yes"}).status_code == 403


def roles_pk(name: str) -> int:
    return Group.objects.get(name=name).pk


# --- Words of strangers -----------------------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% now 'Y' %}",
    "' onfocus='alert(1)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(lead_desk, text):
    message = MessageFactory(
        kind="photo", original=f"Hi {text} https://evil.example", original_name=text, original_alt=text, own_ko=text,
        group=text,
    )  # fmt: skip
    stale = typed(message, "decline", revision=7, note=text, body_en=text, name_ko=text, name_en=text)
    responses = [
        lead_desk.get("/admin/desk/"),
        lead_desk.get(address(message)),
        lead_desk.post(address(message), stale),
        lead_desk.post(address(message), typed(message, "decline", reason=text, note=text, body_ko=text)),
        lead_desk.post(address(message), typed(message, text, note=text)),
        lead_desk.post(address(message), typed(message, "decline", body_en=text, note=text), follow=True),
        lead_desk.get("/admin/desk/declined/"),
        lead_desk.get("/admin/supporters/message/"),
        lead_desk.get(f"/admin/supporters/message/{message.pk}/change/"),
        lead_desk.get("/admin/desk/", {"from": text, "after": text}),
        lead_desk.get(address(message), {"done": text}),
    ]

    for response in responses:
        page = response.content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "onfocus='alert" not in page
        assert 'href="https://evil' not in page
    assert escape(text) in responses[1].content.decode()


def test_pages_of_the_desk_keep_a_strict_policy(desk):
    for path in ("/admin/desk/", address(MessageFactory()), "/admin/", "/admin/supporters/message/"):
        response = desk.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["Referrer-Policy"] == "same-origin"
        page = response.content.decode()
        assert " style=" not in page
        assert " onclick=" not in page
