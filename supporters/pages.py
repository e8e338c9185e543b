"""Where a page stands: what the base template needs to link from it, relatively, so that a copy works anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation.trans_real import parse_accept_lang_header

LANGUAGES = ("ko", "en")


@dataclass(frozen=True)
class Place:
    """One address of the site, seen from itself."""

    language: str
    path: str  # below the language, without a query: "", "p/3.html", "find/"

    @classmethod
    def of(cls, address: str) -> Place | None:
        """The place of an absolute path such as `/ko/m/abc.html`, or None outside both languages."""
        first, _slash, rest = address.removeprefix("/").partition("/")
        return cls(first, rest) if first in LANGUAGES else None

    @property
    def up(self) -> str:
        """The relative way from this page to the folder of its language."""
        return "../" * self.path.count("/")

    @property
    def top(self) -> str:
        """The relative way from this page to the root of the site."""
        return "../" * (self.path.count("/") + 1)

    @property
    def other(self) -> str:
        return "en" if self.language == "ko" else "ko"

    @property
    def switch(self) -> str:
        """The same page in the other language. A folder is named with its file: copies have no server to guess it."""
        return f"{self.top}{self.other}/{self.path or 'index.html'}"


def preferred_language(header: str) -> str:
    """`ko` for a browser that asks first for Korean or Chinese, or for nothing; else `en`."""
    ranked = parse_accept_lang_header(header.lower()) if header else ()
    first = ranked[0][0].split("-")[0] if ranked else "*"
    return "ko" if first in ("ko", "zh", "*") else "en"
