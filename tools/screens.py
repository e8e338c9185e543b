"""Picture every page and state at three widths, both languages, light and dark, into `var/screens/`.

Pages of readers also on paper and in forced colours, at one width.

It starts a site of its own with demo letters (kept in `var/screens-site/` for the next time).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import steps  # noqa: E402
from tests.browser.conftest import CHROMIUM_ARGUMENTS, Site, free_port  # noqa: E402
from tests.browser.desk_walk import Walk, find_letters  # noqa: E402
from tools.setup import find_chromium  # noqa: E402

WIDTHS = (320, 390, 1280)
LANGUAGES = ("ko", "en")
LOCALES = {"ko": "ko-KR", "en": "en-GB"}
READING = ["index", "map", "about", "safe", "declaration", "privacy", "letters", "letters-pictures"]
# Not for pages of the desk and of senders: they stand on screens, and keep the colours of a browser's own fields.
OTHER_MEDIA: dict[str, tuple[dict[str, Any], int]] = {
    "print": ({"media": "print"}, 560),
    "forced": ({"forced_colors": "active"}, 390),
}
WORD = {"ko": "여러분", "en": "you"}
Take = Callable[..., None]


def pages_of_readers(site: Site, language: str) -> Iterator[tuple[str, str]]:
    """Names and addresses of what anyone can open."""
    yield from ((name, f"/{language}/{name}.html") for name in READING)
    yield "archive", f"/{language}/p/1.html"
    yield "find", f"/{language}/find/?kind=photo"
    yield "find-pictures", f"/{language}/find/?kind=photo&pic=1"
    yield "find-empty", f"/{language}/find/?country=AQ"
    yield "slides", f"/{language}/letters-pictures.html#l3"
    yield "large-type", f"/{language}/letters.html#g"
    yield "cover", f"/{language}/index.html#x"
    yield "error-404", f"/{language}/nothing.html"
    seen = set()
    for line in site.manage(
        "shell", "-c", "from supporters.models import Message\nfor m in Message.objects.exclude(wall_number=None): "
        "print('slug', m.slug, m.kind, m.status)"
    ).splitlines():  # fmt: skip
        if line.startswith("slug "):
            _word, slug, kind, status = line.split()
            name = f"message-{kind}" if status == "approved" else "error-410"
            if name not in seen:
                seen.add(name)
                yield name, f"/{language}/m/{slug}.html"


def picture_readers(site: Site, browser: Browser, language: str, take: Take) -> None:
    page = browser.new_page(base_url=site.url)
    for name, address in pages_of_readers(site, language):
        page.goto("about:blank")  # else an address that differs in its fragment only would not be opened again
        page.goto(address)
        take(page, f"{name}-{language}", *OTHER_MEDIA)
    page.goto(f"/{language}/find/")
    page.locator("[name=q]").fill(WORD[language])
    page.locator("[name=q]").press("Enter")
    page.locator("mark").first.wait_for()
    take(page, f"find-words-{language}")
    page.close()


def picture_senders(site: Site, browser: Browser, language: str, take: Take) -> None:
    """The form, its errors, the preview, the receipt and the private page."""
    page = browser.new_page(base_url=site.url)
    page.goto(f"/{language}/send/")
    take(page, f"send-{language}")
    for kind in ("photo", "video", "voice"):
        steps.choose_kind(page, kind)
        take(page, f"send-{kind}-{language}")
    page.goto(f"/{language}/send/")
    steps.preview(page)
    take(page, f"send-errors-{language}")
    steps.fill_letter(page, language, "text", body="Olá. Penso em vocês todos os dias.", name="Maria", country="BR")
    steps.preview(page)
    take(page, f"preview-{language}")
    private = steps.confirm(page)
    take(page, f"receipt-{language}")
    page.goto(private)
    take(page, f"mine-{language}")
    for name in ("edit", "outlets", "withdraw"):
        page.goto(f"{private}{name}/")
        take(page, f"mine-{name}-{language}")
    steps.press(page, page.locator("main form button.danger"))
    take(page, f"mine-withdrawn-{language}")
    page.close()


def picture_the_desk(site: Site, browser: Browser, language: str, take: Take) -> None:
    """Every page and state the walk of the accessibility test sees."""
    page = browser.new_context(base_url=site.url, locale=LOCALES[language]).new_page()
    Walk(page, site, find_letters(site), lambda page, name: take(page, f"desk-{name}-{language}")).everything()
    page.context.close()


def picture_the_second_step(site: Site, browser: Browser, language: str, take: Take) -> None:
    """Setting up, recovery codes, the token and one's own page, on the same site with the second step required."""
    strict = Site(
        var=site.var,
        port=free_port(),
        log=site.log.with_name("screens-strict.log"),
        inherited=site.inherited | {"REQUIRE_SECOND_FACTOR": "1"},
    )
    site.stop()
    strict.start()
    try:
        page = browser.new_context(base_url=strict.url, locale=LOCALES[language]).new_page()
        strict.manage("reset_second_factor", "moderator")
        steps.type_password(page, strict, "moderator")
        take(page, f"second-step-set-up-{language}")
        steps.type_token(page, steps.token_of(page))
        take(page, f"second-step-codes-{language}")
        page.goto("/admin/second-factor/mine/")
        take(page, f"second-step-mine-{language}")
        steps.type_password(page, strict, "moderator")
        take(page, f"second-step-token-{language}")
        steps.type_token(page, "000000")
        take(page, f"second-step-wrong-{language}")
        page.context.close()
        strict.manage("reset_second_factor", "moderator")
    finally:
        strict.stop()
        site.start()


PARTS = {
    "readers": picture_readers,
    "senders": picture_senders,
    "desk": picture_the_desk,
    "second-step": picture_the_second_step,
}


def taker(folder: Path, schemes: list[str]) -> Take:
    def take(page: Page, name: str, *others: str) -> None:
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                suffix = "" if scheme == "light" else f"-{scheme}"
                page.screenshot(path=folder / f"{name}-{width}{suffix}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        for other in others:
            media, width = OTHER_MEDIA[other]
            page.emulate_media(**media)
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=folder / f"{name}-{other}.png", full_page=True)
            page.emulate_media(media="screen", forced_colors="none")
        page.set_viewport_size({"width": 1280, "height": 900})

    return take


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(PARTS), help="one part")
    parser.add_argument("--light", action="store_true", help="light pictures only")
    options = parser.parse_args()
    executable = find_chromium()
    if not executable:
        sys.exit("Chromium was not found: install the package chromium, or set CHROMIUM.")
    var = Path(os.environ.get("VAR", ROOT / "var"))
    folder, state = var / "screens", var / "screens-site"
    folder.mkdir(parents=True, exist_ok=True)
    state.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in ("VAR", "PORT", "DATABASE_URL")}
    site = Site(var=state, port=free_port(), log=var / "screens.log", inherited=inherited, letters=True)
    take = taker(folder, ["light"] if options.light else ["light", "dark"])
    site.start()
    try:
        # What is kept from the last time was written by older templates.
        site.manage("publish", "--all")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
            for name, picture in PARTS.items():
                if options.only in (None, name):
                    for language in LANGUAGES:
                        picture(site, browser, language, take)
            browser.close()
    finally:
        site.stop()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
