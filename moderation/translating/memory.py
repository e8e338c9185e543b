"""Sentences that were translated and reviewed before, offered where a similar one comes again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import regex
from django.db.models import Q

from supporters.models import Edit, Message

from ..models import MemoryBand, MemorySentence, Translation

# Below this share in common a sentence is no help.
ALIKE = 0.6
OFFERED = 3
# The same sentence with the same translation is kept this often: a letter may be taken back, its words go with it.
KEPT_ALIKE = 3
LONGEST = 600
# What one page looks up at most, however long its text and however often a sentence was translated.
SENTENCES = 60
BAND_ROWS = 3000
COMPARED = 20

# Behind an end mark and what closes after it, or where a line ends. Not behind an initial or a title, nor before a
# small letter: "Mr. Kim", "z. B. heute".
_BOUNDARY = regex.compile(
    r"""(?<=[.!?…؟।۔։](?:["'”’»\p{Pe}])*)(?<!\b(?:\p{Lu}|Mrs?|Ms|Dr|Prof|St|Nr|No)\.)\s+(?!\p{Ll})"""
    r"""|(?<=[。！？](?:["'”’»」』\p{Pe}])*)(?!["'”’»」』\p{Pe}。！？])\s*"""
)
_LINES = regex.compile(r"\s*\n\s*")


@dataclass(frozen=True)
class Offer:
    """A reviewed translation of a sentence that resembles one of the text."""

    sentence: MemorySentence
    percent: int


@dataclass(frozen=True)
class Found:
    """One sentence of the text with what is offered for it, the most similar first."""

    source: str
    offers: list[Offer]


# --- Sentences --------------------------------------------------------------------------------------------------


def lines(text: str) -> list[str]:
    return [line for line in _LINES.split(text.strip()) if line]


def sentences(line: str) -> list[str]:
    """The sentences of a line, in any writing that marks their end."""
    return [part.strip() for part in _BOUNDARY.split(line) if part and part.strip()]


def pairs(source: str, target: str) -> list[tuple[str, str]]:
    """Sentences with their translations, as far as the two texts are built alike: line by line, or as a whole."""
    one = [sentences(line) for line in lines(source)]
    other = [sentences(line) for line in lines(target)]
    if len(one) != len(other):
        one, other = [list(chain(*one))], [list(chain(*other))]
    alike = ((a, b) for a, b in zip(one, other, strict=True) if len(a) == len(b))
    return [pair for a, b in alike for pair in zip(a, b, strict=True)]


# --- Keeping and forgetting -------------------------------------------------------------------------------------


def remember(row: Translation, source: str, source_language: str) -> None:
    """Keep the sentences of a reviewed translation; what was kept of it before is replaced."""
    # Here and below, not above: what compares costs each web process 15 MB, and readers have no use for it.
    from ..hinting import similar

    forget(row)
    found = dict.fromkeys(
        (a, b) for a, b in pairs(source, row.text) if max(len(a), len(b)) <= LONGEST and similar.bands(a)
    )
    alike = _look_up([a for a, _b in found], source_language, row.language)
    for a, b in found:
        known = sum(offer.sentence.source == a and offer.sentence.target == b for offer in alike.get(a, []))
        if known < KEPT_ALIKE:
            _keep(row, source_language, a, b)


def _keep(row: Translation, source_language: str, source: str, target: str) -> None:
    from ..hinting import similar

    sentence = MemorySentence.objects.create(
        translation=row, source_language=source_language, target_language=row.language, source=source, target=target
    )
    MemoryBand.objects.bulk_create(
        MemoryBand(sentence=sentence, band=band, value=value) for band, value in enumerate(similar.bands(source))
    )


def forget(row: Translation) -> None:
    """What belongs to `row` is not offered any more."""
    MemorySentence.objects.filter(translation=row).delete()


# --- Finding ----------------------------------------------------------------------------------------------------


def offers(text: str, source_language: str, target_language: str) -> list[Found]:
    """For each sentence of `text` the best similar ones, where there are any."""
    own = list(dict.fromkeys(part for line in lines(text) for part in sentences(line)))[:SENTENCES]
    found = _look_up(own, source_language, target_language)
    return [Found(source, _best(found[source])) for source in own if source in found]


def _best(alike: list[Offer]) -> list[Offer]:
    """The most similar, the newest first among equals, each translation once."""
    ordered = sorted(alike, key=lambda offer: (-offer.percent, -offer.sentence.pk))
    return list({offer.sentence.target: offer for offer in reversed(ordered)}.values())[::-1][:OFFERED]


def offered(sentence_id: int) -> MemorySentence | None:
    """A sentence that may be inserted: the letter it comes from has not been taken back, declined or hidden."""
    return MemorySentence.objects.filter(_may_be_read(), pk=sentence_id).first()


def _may_be_read(prefix: str = "") -> Q:
    # Deleted with a letter that is withdrawn; a letter that was declined or hidden may come back.
    message = f"{prefix}translation__message__"
    statuses = (Message.Status.PENDING, Message.Status.ASKED, Message.Status.APPROVED)
    edit = Q(**{f"{prefix}translation__edit": None}) | ~Q(**{f"{prefix}translation__edit__status": Edit.Status.REFUSED})
    return edit & Q(
        **{
            f"{message}status__in": statuses,
            f"{message}is_hidden": False,
            f"{message}is_call_for_help": False,
        }
    )


def _look_up(own: Iterable[str], source_language: str, target_language: str) -> dict[str, list[Offer]]:
    """Remembered sentences that are alike, for each sentence of `own` that has any. Two queries."""
    from ..hinting import similar

    places = defaultdict(set)
    for sentence in own:
        for place in enumerate(similar.bands(sentence)):
            places[place].add(sentence)
    shared = _candidates(places, source_language, target_language)
    ids = {pk for counted in shared.values() for pk, _count in counted}
    rows = MemorySentence.objects.in_bulk(ids)
    found: dict[str, list[Offer]] = {}
    for sentence, counted in shared.items():
        compared = [(rows[pk], similar.similarity(sentence, rows[pk].source)) for pk, _count in counted if pk in rows]
        alike = [Offer(row, int(100 * share)) for row, share in compared if share >= ALIKE]
        if alike:
            found[sentence] = alike
    return found


def _candidates(
    places: dict[tuple[int, int], set[str]], source_language: str, target_language: str
) -> dict[str, list[tuple[int, int]]]:
    """For each sentence the remembered ones that share the most bands with it."""
    by_band: dict[int, list[int]] = defaultdict(list)
    for band, value in places:
        by_band[band].append(value)
    if not by_band:
        return {}
    match = Q()
    for band, values in by_band.items():
        match |= Q(band=band, value__in=values)
    rows = MemoryBand.objects.filter(
        match,
        _may_be_read("sentence__"),
        sentence__source_language=source_language,
        sentence__target_language=target_language,
    ).order_by("-sentence")
    shared: dict[str, Counter[int]] = defaultdict(Counter)
    for pk, band, value in rows.values_list("sentence", "band", "value")[:BAND_ROWS]:
        for sentence in places[band, value]:
            shared[sentence][pk] += 1
    return {sentence: counted.most_common(COMPARED) for sentence, counted in shared.items()}
