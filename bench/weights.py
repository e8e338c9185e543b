"""What readers and senders pay for a page (B4, B5), for `run.py`."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client

from bench.run import row
from supporters.pages import LANGUAGES
from wall import order, pages

# Bytes of gzip 6, by the page. Other pages have no goal of their own.
GOALS = {"index.html": 14_000, "safe.html": 7_000, "map.html": 14_000}
MESSAGE, LIST, SEND = 8_000, 9_000, 20_000
FILE = re.compile(r'"/static/([^"]+\.(?:js|css))"')  # also what a script brings in when it is needed


def packed(content: bytes) -> int:
    return len(gzip.compress(content, 6, mtime=0))


def goal(limit: int | None) -> str:
    return f"<= {limit:,} B" if limit else ""


def published(tree: Path) -> None:
    """Every page that there is once, and the heaviest of the letters."""
    for path in pages.fixed_paths():
        sizes = [packed((tree / language / path).read_bytes()) for language in LANGUAGES]
        row(f"B4 {path}, {' and '.join(LANGUAGES)}", goal(GOALS.get(path)), _bytes(sizes))
    for folder, what, limit in (("m", "heaviest letter", MESSAGE), ("p", "heaviest page of 20 demo letters", None)):
        sizes = [
            max(packed(page.read_bytes()) for page in (tree / language / folder).glob("*.html"))
            for language in LANGUAGES
        ]
        row(f"B4 {what}, {' and '.join(LANGUAGES)}", goal(limit), _bytes(sizes))
    brotli, gzip_9 = (sum(path.stat().st_size for path in tree.rglob(f"*.html.{suffix}")) for suffix in ("br", "gz"))
    row("B5 all pages: brotli against gzip 9", "<= 0.87", f"{brotli / gzip_9:.2f}")


def live() -> None:
    """Pages that have no file: twenty letters found, and the form with its scripts and sheets."""
    client = Client()
    sizes = [packed(client.get(f"/{language}/find/?kind=text").content) for language in LANGUAGES]
    row(f"B4 find, 20 letters, {' and '.join(LANGUAGES)}", goal(GOALS["index.html"]), _bytes(sizes))
    sizes = []
    for language in LANGUAGES:
        form = client.get(f"/{language}/send/").content
        names = set(FILE.findall(form.decode()))
        files = [Path(found).read_bytes() for name in names if isinstance(found := finders.find(name), str)]
        sizes.append(packed(form) + sum(map(packed, files)))
    row(f"B4 the form to send with all its scripts, {' and '.join(LANGUAGES)}", goal(SEND), _bytes(sizes))


def full_list() -> None:
    """An archive page of twenty short letters, from a grown wall."""
    page = order.last_number() // order.PAGE
    letters = list(order.letters_of(page))
    for language in LANGUAGES:
        html = pages.render(language, order.archive_path(page)) or ""
        length = sum(len(letter.text(language)) for letter in letters) // len(letters)
        row(f"B4 20 letters of {length} characters, {language}", goal(LIST), f"{packed(html.encode()):,} B")


def _bytes(sizes: list[int]) -> str:
    return ", ".join(f"{size:,} B" for size in sizes)
