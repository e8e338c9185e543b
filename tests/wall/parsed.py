"""A page as its tests read it: elements with their attributes, and texts with what holds them."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

# Elements without an end tag, which an HTMLParser does not know about.
VOID = {"area", "base", "br", "hr", "img", "input", "link", "meta", "source", "wbr", "path", "circle", "rect", "option"}


class Page(HTMLParser):
    """Elements with their attributes, and text with the languages of what holds it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, list[tuple[str, dict[str, str | None]]]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((data.strip(), list(self.open)))

    def addresses(self) -> Iterator[tuple[str, dict[str, str | None]]]:
        for _tag, attributes in self.elements:
            for name in ("href", "src", "action", "poster"):
                if attributes.get(name):
                    yield str(attributes[name]), attributes
            for part in (attributes.get("srcset") or "").split(","):
                if part:
                    yield part.split()[0], attributes
