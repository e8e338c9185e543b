"""Words that North and South call differently, for the search: whoever looks for one finds the other."""

from __future__ import annotations

from functools import lru_cache

import regex

from moderation import terms

from .folding import first_syllables, runs

Words = tuple[str, ...]
Glossary = dict[Words, tuple[Words, ...]]

_ASIDE = regex.compile(r"\([^)]*\)")
# Part of the word itself: 손전화(기), (다층)살림집.
_ATTACHED = regex.compile(r"(?<=\S)\(([^)\s]*)\)|\(([^)\s]*)\)(?=\S)")
PARTICLES = frozenset("이 가 은 는 을 를 과 와 도 에 의 로 으로 에서 에게 께 들 만 까지 부터".split())
LONGEST_PARTICLE = 2
LONGEST = 3  # words of one entry


@lru_cache(maxsize=2)
def _both_ways(pairs: tuple[tuple[str, str], ...]) -> Glossary:
    found: dict[Words, dict[Words, None]] = {}
    for south, north in pairs:
        for own in _entries(south):
            for other in _entries(north):
                # Both ways, and between the forms of one word: 손전화 and 손전화기.
                for words in (*own, *other):
                    found.setdefault(words, {}).update(dict.fromkeys(other if words in own else own))
                    found[words].update(dict.fromkeys(own if words in own else other))
    return {words: tuple(others) for words, others in found.items()}


def _entries(entry: str) -> list[list[Words]]:
    """The words an entry names, each in its forms; a remark in brackets is none of them."""
    named = []
    for part in regex.split("[,;]", entry):
        spelled = (_ASIDE.sub("", part), _ATTACHED.sub(lambda match: match[1] or match[2] or "", part))
        forms = dict.fromkeys(tuple(runs(_ASIDE.sub("", form))) for form in spelled)
        named.append([_stem(words) for words in forms if words])
    return named


def _stem(words: Words) -> Words:
    """A verb without the ending of dictionaries, which no letter says."""
    last = words[-1]
    return (*words[:-1], last[:-1]) if last.endswith("다") and len(last) > 2 else words


def known() -> Glossary:
    """The words in use, in one query."""
    return _both_ways(terms.pairs())


def others(words: Words, glossary: Glossary) -> tuple[Words, ...]:
    """What these words are called on the other side, particles and endings left aside."""
    last = words[-1]
    candidates = [words, _stem(words)]
    for length in range(1, LONGEST_PARTICLE + 1):
        if len(last) - length >= 2 and last[-length:] in PARTICLES:
            candidates.append((*words[:-1], last[:-length]))
    candidates += [(other + words[0][1:], *words[1:]) for other in first_syllables(words[0][0])]
    found = (word for candidate in candidates if candidate in glossary for word in (candidate, *glossary[candidate]))
    return tuple(word for word in dict.fromkeys(found) if word != words)
