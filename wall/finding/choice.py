"""What readers may narrow the wall to. Values come from an address: anything may stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from supporters import countries
from supporters.languages import OFFERED, UNKNOWN
from supporters.models import Message
from supporters.models.messages import MessageQuerySet

from .. import order

NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True)
class Choice:
    """One narrowed view of the wall, and where in it the reader stands."""

    country: str = ""
    kind: str = ""
    language: str = ""
    before: int | None = None
    is_known: bool = True  # whether every value is one the site could have offered

    @classmethod
    def of(cls, query: QueryDict) -> Choice:
        """What an address asks for. A value nobody offered finds nothing and is repeated nowhere."""
        country, kind, language, before = (query.get(name, "") for name in ("country", "kind", "lang", "before"))
        known = {
            "country": not country or country in countries.codes() or country == countries.SOMEWHERE,
            "kind": not kind or kind in Message.Kind.values,
            "lang": not language or language in OFFERED or language == UNKNOWN,
            "before": not before or NUMBER.fullmatch(before) is not None,
        }
        return cls(
            country=country if known["country"] else "",
            kind=kind if known["kind"] else "",
            language=language if known["lang"] else "",
            before=int(before) if before and known["before"] else None,
            is_known=all(known.values()),
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.country or self.kind or self.language)

    def letters(self) -> MessageQuerySet:
        """The letters that fit, newest first, from where the reader stands."""
        rows = order.on_wall()
        if self.country:
            rows = rows.filter(country=self.country)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.language:
            rows = rows.filter(language=self.language)
        if self.before:
            rows = rows.filter(wall_number__lt=self.before)
        return rows.order_by("-wall_number").select_related("attachment").prefetch_related("attachment__renditions")

    def query(self, *, before: int | None = None) -> str:
        """The choice as the end of an address; empty when there is none."""
        values = {"country": self.country, "kind": self.kind, "lang": self.language, "before": before}
        given = {name: value for name, value in values.items() if value}
        return f"?{urlencode(given)}" if given else ""
