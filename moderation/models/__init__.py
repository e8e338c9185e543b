"""What the desk knows beside the messages: who works on what, translations, hints, and what was hidden together."""

from .hints import Fingerprint, Flag, Term, WordingRule
from .safety import Lockdown
from .work import Claim, MemoryBand, MemorySentence, Preference, Translation

__all__ = [
    "Claim",
    "Fingerprint",
    "Flag",
    "Lockdown",
    "MemoryBand",
    "MemorySentence",
    "Preference",
    "Term",
    "Translation",
    "WordingRule",
]
