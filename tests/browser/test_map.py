"""The map page with every country at once, on phones and on a wide screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from supporters import countries
from wall import figures, pages

# Words that stand in two lines, figures beyond the edge, and how wide the smallest dot is, its edge included.
LOOK = """() => {
    document.querySelectorAll("details").forEach(details => details.open = true);
    const broken = [];
    for (const place of document.querySelectorAll(".bars a, .bars span")) {
        const text = place.firstChild, range = document.createRange();
        for (const word of text.data.matchAll(/\\S+/g)) {
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map(line => line.top)).size > 1) broken.push(word[0]);
        }
    }
    const beyond = [...document.querySelectorAll(".bars b")]
        .filter(count => count.getBoundingClientRect().right > innerWidth || count.getClientRects().length > 1);
    const scale = document.querySelector(".map").getBoundingClientRect().width / 960;
    const widths = [...document.querySelectorAll(".dots circle")].map(
        dot => (2 * dot.getAttribute("r") + parseFloat(getComputedStyle(dot).strokeWidth)) * scale);
    return [broken, beyond.length, document.documentElement.scrollWidth - innerWidth, Math.min(...widths)];
}"""


def test_no_name_breaks_inside_a_word_and_no_dot_is_lost_at_any_width(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(code, "text", "en", 1 if code != "US" else 98_765) for code in sorted(countries.codes())]
    monkeypatch.setattr(figures, "current", lambda: figures.Figures(rows=tuple(rows), recent=7))
    context = browser.new_context()
    page = context.new_page()
    for language in ("ko", "en"):
        page.set_content(str(pages.render(language, "map.html")))
        for width in (320, 390, 800, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            broken, beyond, sideways, smallest = page.evaluate(LOOK)
            assert (broken, beyond, sideways) == ([], 0, 0), (language, width)
            assert smallest >= 2.5, (language, width)
    context.close()
