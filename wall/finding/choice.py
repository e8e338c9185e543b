"""What readers may narrow the wall to. Values come from an address or a form: anything may stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from supporters import countries
from supporters.languages import OFFERED, UNKNOWN
from supporters.models import Message
from supporters.models.messages import MessageQuerySet

from .. import order

NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
PICTURES = "1"


@dataclass(frozen=True)
class Choice:
    """One narrowed view of the wall, and where in it the reader stands."""

    country: str = ""
    kind: str = ""
    language: str = ""
    before: int | None = None
    pictures: bool = False  # whether photos are shown at once where they otherwise wait to be asked for
    is_known: bool = True  # whether every value is one the site could have offered

    @classmethod
    def of(cls, query: QueryDict) -> Choice:
        """What an address or a form asks for. A value nobody offered finds nothing and is repeated nowhere."""
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
            pictures=query.get("pic") == PICTURES,
            is_known=all(known.values()),
        )

    @property
    def facets(self) -> int:
        """How many of country, kind and language were chosen."""
        return sum(map(bool, (self.country, self.kind, self.language)))

    @property
    def is_narrowed(self) -> bool:
        return self.facets > 0

    def narrow(self, letters: MessageQuerySet) -> MessageQuerySet:
        """Of these letters those that fit."""
        columns = {"country": self.country, "kind": self.kind, "language": self.language}
        return letters.filter(**{column: value for column, value in columns.items() if value})

    def letters(self) -> MessageQuerySet:
        """The letters that fit, newest first, from where the reader stands."""
        letters = self.narrow(order.on_wall()).order_by("-wall_number")
        return letters.filter(wall_number__lt=self.before) if self.before else letters

    def values(self, **changed: Any) -> dict[str, Any]:
        """The choice as fields of a form or of an address, without what was not chosen."""
        values = {
            "country": self.country,
            "kind": self.kind,
            "lang": self.language,
            "pic": PICTURES if self.pictures else "",
            "before": self.before,
        }
        return {name: value for name, value in {**values, **changed}.items() if value}

    def query(self, **changed: Any) -> str:
        """The choice as the end of an address; empty when there is none."""
        given = self.values(**changed)
        return f"?{urlencode(given)}" if given else ""
