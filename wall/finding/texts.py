"""What of a letter can be found: what readers of either language are shown of it, and nothing else.

An original in a language of the site may hold what the desk took out: only what stands on a page as it was typed is
searched. The group is left out: all letters from one school or church should not be one search away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from supporters.languages import stands_as_typed
from supporters.models import Message

COLUMNS = (
    "body_ko", "name_ko", "alt_ko", "body_en", "name_en", "alt_en",
    "kp_signed", "body_kp", "language", "original",
)  # fmt: skip


def texts_of(values: Sequence[Any]) -> list[tuple[str, str]]:
    """Languages and texts, from the values of `COLUMNS`."""
    body_ko, name_ko, alt_ko, body_en, name_en, alt_en, kp_signed, body_kp, language, original = values
    texts = [("ko", body_ko), ("ko", name_ko), ("ko", alt_ko), ("en", body_en), ("en", name_en), ("en", alt_en)]
    if kp_signed:
        texts.append(("ko", body_kp))
    if stands_as_typed(language):
        texts.append((language, original))
    return [(spoken, text) for spoken, text in texts if text]


def columns_of(message: Message) -> list[Any]:
    return [getattr(message, column) for column in COLUMNS]
