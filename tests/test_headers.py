"""Every answer carries the headers of its kind of page, errors included."""

from __future__ import annotations

import logging

import pytest
from django.http import HttpResponse
from django.test import Client

from messages_site.policy import SCRIPTS, inline_hash

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "referrer", "from_here"),
    [
        ("/ko/", "no-referrer", False),
        ("/en/about.html", "no-referrer", False),
        ("/en/find/", "no-referrer", False),
        ("/en/nothing.html", "no-referrer", False),
        ("/nothing", "no-referrer", False),
        ("/ko/send/", "same-origin", True),
        ("/en/mine/AAAA-AAAA-AAAA-AAAA/", "same-origin", True),
        ("/admin/login/", "same-origin", True),
        ("/admin/desk/", "same-origin", True),
        ("/healthz", "no-referrer", False),
    ],
)
def test_security_headers(client: Client, path: str, referrer: str, from_here: bool) -> None:
    answer = client.get(path)

    assert {name: answer.headers[name] for name in ALWAYS} == ALWAYS
    assert answer.headers["Referrer-Policy"] == referrer
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    # Reading pages run the few lines of "Leave quickly" and no file.
    own = [inline_hash(script) for script in SCRIPTS]
    assert policy["script-src"].split() == (["'self'"] if from_here else own)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert allowed(answer) == ({"camera", "microphone"} if path == "/ko/send/" else set())


def allowed(answer: HttpResponse) -> set[str]:
    """The features that a page may use itself. None may use what another host brings."""
    features = dict(part.split("=") for part in answer.headers["Permissions-Policy"].split(", "))
    assert {"camera", "microphone", "autoplay", "geolocation"} <= set(features)
    assert set(features.values()) <= {"()", "(self)"}
    return {name for name, whom in features.items() if whom == "(self)"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/ko/nothing.html", "/ko/send/nothing/", "/media/x/y"])
def test_error_pages_hold_no_script_that_their_policy_forbids(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    may_run = inline_hash("exit.js") in answer.headers["Content-Security-Policy"]
    assert ("<script" in answer.content.decode()) == may_run
    assert 'href="#x"' in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/en/send/file/aaaaaaaaaaaaaaaaaaaaaaaaaa/", "/en/sending/", "/en/send/more/"])
def test_only_the_page_that_records_may_use_the_camera(client: Client, path: str) -> None:
    assert allowed(client.get("/en/send/")) == {"camera", "microphone"}
    assert allowed(client.get(path)) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/ko/", "/en/", "/ko/find/", "/en/safe.html", "/ko/nothing.html", "/healthz"])
def test_reading_sets_no_cookie(client: Client, path: str) -> None:
    answer = client.get(path)

    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.django_db
def test_campaign_pages_exist_on_campaign_hosts_only(client: Client, settings: object) -> None:
    settings.CAMPAIGN_HOSTS = ["testserver"]  # type: ignore[attr-defined]

    assert client.get("/admin/login/").status_code == 200
    assert client.get("/admin/login/", headers={"host": "localhost"}).status_code == 404
    assert client.get("/ko/", headers={"host": "localhost"}).status_code == 200


def test_foreign_host_is_refused(client: Client) -> None:
    assert client.get("/admin/login/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("header", "language"),
    [("ko", "ko"), ("zh-CN,zh;q=0.9", "ko"), ("", "ko"), ("*", "ko"), ("en-US,ko;q=0.9", "en"), ("de", "en")],
)
def test_errors_outside_both_languages_follow_the_browser(client: Client, header: str, language: str) -> None:
    answer = client.get("/nowhere", headers={"accept-language": header} if header else {})

    assert answer.status_code == 404
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("page", "folder"), [("/ko/send/", "/ko/send/"), ("/en/send/", "/en/send/"), ("/admin/login/", "/admin/")]
)
def test_the_cookie_of_a_form_does_not_travel_to_reading_pages(client: Client, page: str, folder: str) -> None:
    answer = client.get(page)

    assert answer.cookies["f"]["path"] == folder


@pytest.mark.django_db
def test_the_cookie_of_a_private_form_stays_there(client: Client) -> None:
    sent = client.post(
        "/en/send/",
        {"kind": "text", "body": "Hello.", "use_web": "on", "made_by_me": "on", "old_enough": "on"}
        | {"form_token": "c" * 32, "step": "send"},
    )

    answer = client.get(sent["Location"].partition("?")[0] + "edit/")

    assert answer.cookies["f"]["path"] == "/en/mine/"


def test_refused_requests_cannot_fill_the_log() -> None:
    for name in ("DisallowedHost", "TooManyFieldsSent", "csrf"):
        assert not logging.getLogger(f"django.security.{name}").isEnabledFor(logging.ERROR)
