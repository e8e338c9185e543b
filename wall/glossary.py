"""Pages of letters follow the glossary: staff change a word, and its notes change where it stands.

The desk knows nothing of pages. What they were written with lies in a file below VAR, which a job compares with the
glossary.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from time import monotonic

from django.conf import settings

from moderation import terms
from moderation.terms import Term

from . import marking, notes, order, tree
from .models import DirtyPage

FILE = "glossary.json"  # below VAR
BATCH = 200
# What one run may do: pages of letters are many, and those of new letters must not wait for them.
MOST_MARKED = 300
MOST_WAITING = 500
SECONDS = 3.0


@dataclass(frozen=True)
class Written:
    """What pages say of which word, and how far those with words that changed are marked."""

    words: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    before: int = 0  # letters with a lower number are still to be looked through


def follow() -> int:
    """Job of every minute: have pages written again whose notes changed. Returns how many were marked."""
    written = _following(_read())
    if not written.changed or DirtyPage.objects.count() > MOST_WAITING:
        return 0
    words = [Term(south=south) for south in written.changed]
    before, marked, began = written.before, 0, monotonic()
    while marked < MOST_MARKED and monotonic() - began < SECONDS:
        letters = order.on_wall().filter(wall_number__lt=before).order_by("-wall_number")
        rows = list(letters.values_list("wall_number", "slug", "body_ko")[:BATCH])
        paths = [order.message_path(slug) for _number, slug, text in rows if terms.in_text(text or "", words)]
        marking.mark(later=paths)
        marked += len(paths)
        if len(rows) < BATCH:
            _write(Written(written.words))
            return marked
        before = rows[-1][0] or 0
    _write(Written(written.words, written.changed, before))
    return marked


def _following(written: Written) -> Written:
    """The same with the words of now. When one changed, the newest letters are looked through first."""
    words = {term.south: notes.northern(term) for term in notes.explained()}
    changed = {south for south in words | written.words if words.get(south) != written.words.get(south)}
    if not changed:
        return written
    following = Written(words, sorted(changed.union(written.changed)), order.last_number() + 1)
    # Before anything is marked: what a run that is cut off leaves is not forgotten.
    _write(following)
    return following


def _read() -> Written:
    try:
        return Written(**json.loads((settings.VAR / FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        # Nobody knows what the pages say: every letter with a word of the glossary is looked at again.
        return Written()


def _write(written: Written) -> None:
    tree.replace(settings.VAR / FILE, json.dumps(asdict(written), ensure_ascii=False).encode())
