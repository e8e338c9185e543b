"""What stands beside a Korean text while somebody works on it: its words of the South, and what the rules say."""

from __future__ import annotations

from dataclasses import dataclass

from .. import terms
from ..hinting.rules import Rulebook
from ..models import Term, WordingRule

DRAFTS = [WordingRule.Reads.DRAFT]


@dataclass(frozen=True)
class Finding:
    """Words that a rule asks to look at."""

    words: str
    rule: WordingRule


def terms_in(*texts: str, known: list[Term] | None = None) -> list[Term]:
    """The terms that occur in `texts`, each once, in the order they occur."""
    known = terms.active() if known is None else known
    found = (place.term for text in texts if text for place in terms.in_text(text, known))
    return list({term.pk: term for term in found}.values())


def findings(text: str, book: Rulebook) -> list[Finding]:
    """What the rules for drafts find in `text`, each once."""
    found = (Finding(text[hit.start : hit.end], hit.rule) for hit in book.hits(text, reads=DRAFTS))
    return list({(finding.words, finding.rule.pk): finding for finding in found}.values())
