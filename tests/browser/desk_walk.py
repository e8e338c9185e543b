"""Every page and state of the desk, one after another: for axe (`test_accessibility`) and for `tools/screens.py`.

It only needs a site on which each of the letters below stands somewhere; what it presses on the way it takes back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser import steps
from tests.browser.conftest import Site

See = Callable[[Page, str], None]
WORDS = "우리는 매일 스마트폰으로 화이팅을 외칩니다. 곧 도와드리러 가겠다고 약속합니다."

# One letter for each state, as demo letters have them; `FIND` prints `name slug` for each.
FIND = """
from moderation.models import Flag, Translation
from supporters.models import Edit, Message
from django.db.models import Count
waiting = Message.objects.filter(status="pending").order_by("pk")
texts = Translation.objects.filter(message__status="pending", cannot="").order_by("pk")
found = {
    "text": waiting.filter(kind="text", look="").annotate(hints=Count("flags")).order_by("-hints", "pk").first(),
    "photo": waiting.filter(kind="photo").first(),
    "video": waiting.filter(kind="video").first(),
    "edit": Edit.objects.filter(status="open").first().message,
    "draft": texts.filter(state="draft", language="ko").exclude(text="").first().message,
    "ready": texts.filter(state="ready").first().message,
    "signed": Message.objects.filter(status="approved").exclude(body_ko="").order_by("-pk").first(),
    "call": Message.objects.filter(is_call_for_help=True).first(),
}
for name, message in found.items():
    print("letter", name, message.slug)
"""


def find_letters(site: Site) -> dict[str, str]:
    """The addresses of the letters the walk needs, by what they are for."""
    lines = [line.split() for line in site.run(FIND).splitlines()]
    return {words[1]: words[2] for words in lines if len(words) == 3 and words[0] == "letter"}


@dataclass
class Walk:
    """A person going through the desk; `see` is called wherever there is something to look at."""

    page: Page
    site: Site
    letters: dict[str, str]
    see: See

    def everything(self) -> None:
        self.way_in()
        self.moderator()
        self.review()
        self.translators()
        self.safety_lead()
        self.administrator()

    def open(self, path: str, name: str = "") -> None:
        self.page.goto(f"/admin/desk/{path}")
        if name:
            self.see(self.page, name)

    def press(self, action: str, name: str = "") -> None:
        steps.decide(self.page, action)
        if name:
            self.see(self.page, name)

    def way_in(self) -> None:
        """The login, a wrong password, and the fifth one."""
        page, nobody = self.page, secrets.token_hex(4)
        page.context.clear_cookies()
        page.goto("/admin/login/?next=/admin/desk/")
        self.see(page, "login")
        for number in range(5):
            page.locator("[name=username]").fill(nobody)
            page.locator("[name=password]").fill("a wrong password")
            steps.press(page, page.locator("#login-form [type=submit]"))
            if number == 0:
                self.see(page, "login-wrong")
        self.see(page, "login-too-many")
        page.goto("/admin/set-password/MQ/set-password/")
        self.see(page, "set-password-old-link")

    def moderator(self) -> None:
        """Start page, lists, several letters at once, preferences."""
        page = self.page
        steps.log_in(page, self.site)
        self.open("start/", "start")
        for summary in page.locator(".numbers summary").all():
            summary.click()
        self.see(page, "start-tables")
        self.open("", "queue")
        self.open("?kind=text&long=1&q=a&country=nowhere", "queue-chosen")
        self.open("?q=nothing-like-this", "queue-nothing")
        self.open("second-look/", "second-look")
        for place in ("asked", "published", "declined"):
            self.open(f"{place}/", place)
        self.open("preferences/", "preferences")
        self.open("")
        self.press("spam", "several-nothing")
        self.open(f"{self.letters['text']}/")
        self.press("claim")
        self.open("mine/?tick=all", "mine")
        self.press("duplicate", "several-preview")
        self.open("?tick=all")
        self.press("release", "several-left-out")
        self.press("release", "several-result")

    def review(self) -> None:
        """The review page of each kind of letter, with hints, errors and a conflict."""
        page, letters = self.page, self.letters
        self.open(f"{letters['text']}/", "review")
        page.locator("#keys summary").click()
        page.locator("[name=body_ko]").fill(WORDS)
        self.press("approve", "review-errors")
        page.locator("[name=revision]").evaluate("field => { field.value = 0 }")
        self.press("save", "review-conflict")
        for kind in ("photo", "video"):
            self.open(f"{letters[kind]}/", f"review-{kind}")
            page.locator(".veil summary").first.click()
            page.wait_for_load_state("networkidle")
            self.see(page, f"review-{kind}-shown")
        self.open(f"{letters['edit']}/", "review-edit")
        self.open(f"{letters['signed']}/", "review-published")

    def translators(self) -> None:
        """Translator, reviewer and Northern reader."""
        page, letters, queue = self.page, self.letters, "/admin/desk/translate/"
        steps.log_in(page, self.site, "translator", queue)
        self.see(page, "translate-queue")
        self.open(f"translate/{letters['draft']}/", "translate")
        page.locator("[name=body_ko]").fill("")
        self.press("ready", "translate-errors")
        page.locator("[name=body_ko]").fill(WORDS)
        page.locator("[name=revision]").evaluate("field => { field.value = 'ko:0 en:0' }")
        self.press("save", "translate-conflict")
        self.open("translate/file/")
        steps.press(page, page.locator("main form .btn").first)
        self.see(page, "translate-file")
        steps.log_in(page, self.site, "reviewer", queue)
        self.open(f"translate/{letters['ready']}/", "translate-review")
        steps.log_in(page, self.site, "northern", f"{queue}?pair=ko-kp")
        self.see(page, "translate-signing")

    def safety_lead(self) -> None:
        """Calls for help, concerns, a lockdown and its end."""
        page = self.page
        steps.log_in(page, self.site, "safety")
        self.open(f"{self.letters['call']}/", "review-call")
        self.open("help/", "help")
        self.press("handled", "help-closed")
        self.press("reopen")
        self.open("concerns/", "concerns")
        self.press("hide", "concerns-hidden")
        page.locator(".case:has([value=show]) h2 a").first.click()
        page.wait_for_load_state()
        self.see(page, "review-hidden")
        self.open("concerns/")
        self.press("show")
        self.press("reopen")
        self.open("lockdown/")
        self.press("preview", "lockdown-errors")
        page.locator("#since").fill("2020-01-01")
        self.press("preview", "lockdown-preview")
        page.locator("#note").fill("Somebody may be found by these letters.")
        self.press("hide", "lockdown")
        steps.press(page, page.locator("[name=lift]").first)
        self.see(page, "lockdown-ended")

    def administrator(self) -> None:
        """Accounts, rules, and the box in which rules are tried."""
        page, rules = self.page, "/admin/moderation/wordingrule/"
        steps.log_in(page, self.site, "admin", "/admin/")
        self.see(page, "admin")
        page.goto("/admin/auth/user/?q=packs")
        page.locator("#result_list tbody th a").first.click()
        page.locator("a[href$='/access/']").click()
        page.wait_for_load_state()
        self.see(page, "account-access")
        page.goto(rules)
        self.see(page, "rules")
        page.locator("#result_list tbody th a").first.click()
        page.wait_for_load_state()
        self.see(page, "rule")
        page.goto(f"{rules}try/")
        page.locator("textarea").fill(WORDS)
        steps.press(page, page.locator("#content [type=submit]"))
        self.see(page, "rule-tried")
