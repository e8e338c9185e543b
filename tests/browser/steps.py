"""What people do on the site, step by step, in any language and with or without script."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from django_otp.oath import totp
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site

CHECKS = ("people", "route", "contact", "tone")
PATIENCE_SECONDS = 90
SESSION_COOKIE = "s"


def press(page: Page, button: Locator) -> None:
    """Press a button that opens a page, and wait for that page: going elsewhere at once would cut the request off."""
    with page.expect_navigation():
        button.click()


def fill_letter(page: Page, language: str, kind: str, /, *, file: Path | None = None, **fields: str) -> None:
    """Fill in the form; fields by their names, `use_radio="on"` for a tick."""
    page.goto(f"/{language}/send/")
    choose_kind(page, kind)
    if file:
        page.locator(f"[name={kind}]").set_input_files(file)
    for name, value in fields.items():
        field = page.locator(f"[name={name}]")
        if name.startswith("use_"):
            field.check()
        elif name in ("country", "language"):
            field.select_option(value)
        else:
            field.fill(value)
    page.locator("[name=made_by_me]").check()
    page.locator("[name=old_enough]").check()


def choose_kind(page: Page, kind: str) -> None:
    """Press the label: the radio button itself is hidden from the eye."""
    identifier = page.locator(f"[name=kind][value={kind}]").get_attribute("id")
    page.locator(f"label[for={identifier}]").click()


def preview(page: Page) -> None:
    # The first one is for the Enter key and hidden.
    press(page, page.locator("[name=step][value=preview]:not(.vh)"))


def confirm(page: Page) -> str:
    """Send what the preview shows; returns the address of the private page."""
    press(page, page.locator("[name=step][value=send]:not(.vh)"))
    expect(page).to_have_url(re.compile(r"/mine/[A-Z2-7-]{16,19}/"))
    return page.url.partition("?")[0]


def send(page: Page, language: str, kind: str, /, *, file: Path | None = None, **fields: str) -> str:
    fill_letter(page, language, kind, file=file, **fields)
    preview(page)
    return confirm(page)


def wait_for_file(page: Page, address: str, state: str = "ready") -> None:
    """Reload the private page until the workers have brought the file to `state`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        page.goto(address)
        seen = page.locator("[data-state]").first.get_attribute("data-state")
        if seen == state:
            return
        assert seen in ("received", "processing"), seen
        assert time.monotonic() < deadline, f"still {seen}"


def type_password(page: Page, site: Site, account: str, to: str = "/admin/desk/") -> None:
    """The first step of a login on a new page, or as somebody else."""
    page.context.clear_cookies()
    page.goto(f"{site.url}/admin/login/?next={to}")
    page.locator("[name=username]").fill(account)
    page.locator("[name=password]").fill(site.password(account))
    press(page, page.locator("#login-form [type=submit]"))


def log_in(page: Page, site: Site, account: str = "moderator", to: str = "/admin/desk/") -> None:
    """Go `to` a page that the account may open, where a password is enough; the session of an earlier test goes on.

    A password takes the site as long as it would take an attacker to try it.
    """
    address = f"{site.url}{to}"
    if not take_up_session(page, site, account, address):
        type_password(page, site, account, to)
    expect(page).to_have_url(address)
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    site.sessions[account] = cookies[SESSION_COOKIE]


def take_up_session(page: Page, site: Site, account: str, address: str) -> bool:
    """Whether the account had a session that still opens `address`: a log-out or a new password ends it."""
    page.context.clear_cookies()
    session = site.sessions.get(account)
    if session is None:
        return False
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": f"{site.url}/admin/"}])
    page.goto(address)
    return page.url == address


def token_of(page: Page, drift: int = 0) -> str:
    """What an app would show that reads the key on the page for setting up, or `drift` half minutes later."""
    key = base64.b32decode(page.locator(".key").inner_text().replace(" ", ""))
    return f"{totp(key, drift=drift):06d}"


def type_token(page: Page, token: str, form: str = "#token-form") -> None:
    """The second step: a number of the app, or a recovery code."""
    field = page.locator(f"{form} [name=otp_token]")
    field.fill(token)
    with page.expect_navigation():
        field.press("Enter")


def open_review(page: Page, name: str) -> str:
    """Find the waiting letter of `name` in the queue and open it; returns its slug."""
    page.goto(f"/admin/desk/?{urlencode({'q': name})}")
    link = page.locator("main a[href*='/admin/desk/']", has_text=name).first
    slug = slug_in(link.get_attribute("href") or "")
    # By its own address: it is read among all that wait, not in what was searched for.
    page.goto(f"/admin/desk/{slug}/")
    return slug


def slug_in(address: str) -> str:
    """Of the letter at an address of the desk."""
    return urlsplit(address).path.rstrip("/").rpartition("/")[2]


def decide(page: Page, action: str) -> None:
    press(page, page.locator(f"[name=action][value={action}]:not(.vh):visible").first)


def approve(page: Page, name: str, **texts: str) -> str:
    """Write both languages, tick the four checks and approve; returns the slug."""
    slug = open_review(page, name)
    approve_here(page, **texts)
    return slug


def approve_here(page: Page, **texts: str) -> None:
    """The same on the review page that is open."""
    for field, value in texts.items():
        page.locator(f"[name={field}]").fill(value)
    for check in CHECKS:
        page.locator(f"[name=check][value={check}]").check()
    decide(page, "approve")


def let_the_delay_pass(site: Site) -> None:
    """Put the clock of decisions forward instead of waiting, then publish what is due."""
    site.run(
        "from django.utils import timezone\n"
        "from supporters import lifecycle\n"
        "from supporters.models import Edit, Message\n"
        "now = timezone.now()\n"
        "Message.objects.filter(live_at__gt=now).update(live_at=now)\n"
        "Edit.objects.filter(live_at__gt=now).update(live_at=now)\n"
        "lifecycle.apply_due_edits()\n"
        "from django.core.management import call_command\n"
        "call_command('publish')\n",
    )


def read_afresh(page: Page) -> None:
    """Be a reader who has not been here yet: a browser keeps pages for ten minutes, as they allow."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})


def expect_on_wall(page: Page, slug: str, korean: str, english: str) -> None:
    read_afresh(page)
    for language, words in (("ko", korean), ("en", english)):
        page.goto(f"/{language}/m/{slug}.html")
        expect(page.locator("main")).to_contain_text(words)
        page.goto(f"/{language}/")
        expect(page.locator("main")).to_contain_text(words)
