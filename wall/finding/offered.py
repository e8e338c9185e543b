"""What the letters can be narrowed to, and how many each choice would leave."""

from __future__ import annotations

from collections import Counter
from typing import Any

from supporters import countries
from supporters.languages import language_name
from supporters.models import Message

from ..figures import Figures
from .choice import Choice


def choices_for(counted: Figures, choice: Choice, language: str) -> dict[str, Any]:
    """The choices beside those already made, in the order of the alphabet; what would leave nothing is not offered."""
    chosen = (choice.country, choice.kind, choice.language)
    counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for *keys, count in counted.rows:
        fits = [not want or want == key for want, key in zip(chosen, keys, strict=True)]
        for place, key in enumerate(keys):
            if all(fits[:place]) and all(fits[place + 1 :]):
                counts[place][str(key)] += int(count)
    for place, value in enumerate(chosen):
        if value:
            counts[place][value] += 0  # what is chosen stays, whatever it leaves
    by_country, by_kind, by_language = counts
    named = {*counted.named, choice.country}
    languages = ((code, language_name(code, language), count) for code, count in by_language.items())
    return {
        "countries": [
            (code, label, by_country[code])
            for code, label in countries.choices(language)
            if code in by_country and code in named
        ],
        "kinds": [(kind.value, kind.label, by_kind[kind]) for kind in Message.Kind if kind in by_kind],
        "languages": sorted(languages, key=lambda row: row[1].casefold()),
    }
