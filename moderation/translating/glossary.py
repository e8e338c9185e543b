"""What stands beside a Korean text while somebody works on it: its words of the South, and what the rules say."""

from __future__ import annotations

from dataclasses import dataclass

from .. import terms
from ..hinting.checker import Checker, Severity
from ..hinting.flags import REASONS
from ..models import Flag, Term


@dataclass(frozen=True)
class Finding:
    """Words to look at once more, why, and what the North says instead as far as it is known."""

    words: str
    reason: str
    severity: str
    suggestion: str = ""


def terms_in(*texts: str, known: list[Term] | None = None) -> list[Term]:
    """The terms that occur in `texts`, each once, in the order they occur."""
    known = terms.active() if known is None else known
    found = (place.term for text in texts if text for place in terms.in_text(text, known))
    return list({term.pk: term for term in found}.values())


def findings(text: str, check: Checker) -> list[Finding]:
    """What the review page says about `text` too, each once."""
    found: list[Finding] = []
    for hint in check.hints(text, is_draft=True):
        reason = hint.rule.reason if hint.rule else hint.term.note if hint.term else ""
        reason = reason or str(REASONS.get(Flag.Kind(hint.kind), ""))
        severity = str(Severity(hint.severity).label)
        suggestion = hint.term.north if hint.term else ""
        found.append(Finding(text[hint.start : hint.end], reason, severity, suggestion))
    return list(dict.fromkeys(found))
