"""How soon the first text stands on a 2G telephone: round trips until the first contentful paint in Chromium.

    python bench/slow_line.py [--quick]

Chromium slows its line down to 300 ms a round trip, 250 kbit/s down and 50 up ("Regular 2G" of its developer tools). It
does not slow down the opening of a connection, so one round trip is added for it; TLS would be another. What is left of
the time to the first text without the transfer of the page, and without what the same page takes on a quick line, is
round trips.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import servers  # noqa: E402
from bench.run import grown_site, row  # noqa: E402
from tools.setup import find_chromium  # noqa: E402

ROUND_TRIP, DOWN, UP = 0.3, 250_000 / 8, 50_000 / 8  # seconds, bytes a second
# What a server sends before it hears anything of the browser: ten segments (RFC 6928).
FIRST_FLIGHT = 10 * 1_460
LETTERS = 100
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PAINTED = """() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const page = performance.getEntriesByType("navigation")[0];
    return paint && page.responseEnd ? [paint.startTime, page.transferSize] : null;
}"""


def first_text(browser: Any, address: str, *, is_slow: bool) -> tuple[float, int]:
    """Seconds to the first text of a page opened for the first time, and the bytes of its answer."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, extra_http_headers={"X-Forwarded-Proto": "https"}
    )
    try:
        page = context.new_page()
        if is_slow:
            line = context.new_cdp_session(page)
            line.send("Network.enable")
            speed = {"latency": ROUND_TRIP * 1000, "downloadThroughput": DOWN, "uploadThroughput": UP}
            line.send("Network.emulateNetworkConditions", {"offline": False} | speed)
        page.goto(address, wait_until="commit", timeout=60_000)
        deadline = time.monotonic() + 60
        while not (found := page.evaluate(PAINTED)):
            if time.monotonic() > deadline:
                sys.exit(f"{address}: no text appears")
            page.wait_for_timeout(50)
        return found[0] / 1000, found[1]
    finally:
        context.close()


def addresses() -> dict[str, str]:
    """The pages to open, by the name of their row."""
    from wall import order

    newest = order.message_path(order.on_wall().order_by("-wall_number").values_list("slug", flat=True)[0])
    archive = order.archive_path(order.page_of(order.last_number()) - 1)
    paths = {"front page": "", "archive page": archive, "letter": newest, "safety page": "safe.html"}
    return {f"{name}, {language}": f"/{language}/{path}" for name, path in paths.items() for language in ("ko", "en")}


def measure(var: Path, *, quick: bool) -> None:
    """All rows of this part, over the published site in `var`."""
    if not (program := find_chromium()):
        row("2G first text", "<= 2 round trips", "Chromium was not found")
        return
    from playwright.sync_api import sync_playwright

    rounds = 2 if quick else 5
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, servers.site(var, Path(folder)) as site:
        found = addresses()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            for name, path in found.items():
                address = f"http://localhost:{site.port}{path}"
                first_text(browser, address, is_slow=False)
                slow = [first_text(browser, address, is_slow=True) for _round in range(rounds)]
                quickly = min(first_text(browser, address, is_slow=False)[0] for _round in range(rounds))
                # The least: what other work on the machine adds is left out.
                seconds, size = min(slow)
                trips = 1 + max(0, seconds - quickly - size / DOWN) / ROUND_TRIP
                flights = "" if size <= FIRST_FLIGHT else ", more than the first flight holds"
                row(f"2G first text, {name}", "<= 2 round trips", f"{trips:.1f} ({seconds:.1f} s, {size:,} B{flights})")
            browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two rounds instead of five")
    options = parser.parse_args()
    with grown_site(letters=LETTERS) as folder:
        from wall import publishing

        publishing.publish_all()
        measure(folder, quick=options.quick)
