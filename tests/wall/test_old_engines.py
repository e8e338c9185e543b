"""Reading pages use nothing an engine of early 2018 lacks, unless it is named here how they do without it.

`young_features.tsv` lists what came after Chrome 60: the layer, the version of Chrome that has it, a pattern that finds
it, a sample, and what an older engine shows instead. A feature without the last column may not be used at all.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from messages_site.policy import SCRIPTS, SHEETS
from tests.wall.conftest import Wall
from tests.wall.parsed import Page

OLDEST_CHROME = 60
# What people wrote stands in these, and may hold any word.
WORDS = {"alt", "content", "aria-label", "title", "value", "label", "placeholder"}


@dataclass(frozen=True)
class Feature:
    layer: str
    chrome: int
    name: str
    pattern: re.Pattern[str]
    sample: str
    without_it: str


def features() -> Iterator[Feature]:
    with Path(__file__).with_name("young_features.tsv").open(encoding="utf-8") as table:
        for layer, chrome, name, pattern, sample, without_it in list(csv.reader(table, "excel-tab"))[1:]:
            yield Feature(layer, int(chrome), name, re.compile(pattern, re.IGNORECASE), sample, without_it)


FEATURES = list(features())


def young(layer: str, text: str, *, also_with_fallback: bool = False) -> set[str]:
    """The features in `text` that an old engine lacks."""
    mine = (feature for feature in FEATURES if feature.layer == layer)
    return {
        f"{feature.name} (Chrome {feature.chrome})"
        for feature in mine
        if (also_with_fallback or not feature.without_it) and feature.pattern.search(text)
    }


def bare(sheet: str) -> str:
    """A style sheet without comments and without the blanks that mean nothing."""
    text = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    return re.sub(r"\s*([{};:,])\s*", r"\1", text)


def start_tags(page: Page) -> Iterator[str]:
    for tag, attributes in page.elements:
        parts = (name if name in WORDS or value is None else f'{name}="{value}"' for name, value in attributes.items())
        yield " ".join([f"<{tag}", *parts]) + ">"


def test_every_feature_of_the_list_is_younger_and_found() -> None:
    for feature in FEATURES:
        sample = next(start_tags(Page(feature.sample))) if feature.layer == "html" else feature.sample

        assert feature.chrome > OLDEST_CHROME
        assert feature.pattern.search(bare(sample) if feature.layer == "css" else sample), feature


def test_what_old_engines_know_is_not_found() -> None:
    sheet = """
        /* :has(), gap: 1rem; */
        a:not(.b):hover { column-gap: 2rem; grid-column-gap: 1rem; color: rgba(0, 0, 0, .1); margin: 0 -1rem 2% }
        .inset, .page { background: repeating-linear-gradient(-45deg, var(--warm) 0, var(--warm) 14px, #fff 0) }
        @media (min-width: 36em) and (max-width: 62em) { a { transform: translate(1px, 2px) rotate(9deg) scale(2) } }
        @page { size: A5; margin: 1cm } @supports (display: grid) { a { width: calc(100% - 1rem); display: grid } }
        .a:focus-within, [type=text]::placeholder { box-shadow: inset 0 0 0 3px red; page-break-inside: avoid }
    """
    script = (
        "const f=(a,...b)=>({...a,c:b});let s=`${f}`;async function g(){await f()}"
        "try{a?.5:b}catch(e){};for(const x of y){s.replace(/a\\/s/g,'');s.includes('x')}a|b;c||d;e&&f"
    )
    tags = '<img srcset="a 1x" sizes="9px"><a href="m/avif2inert77.html" hidden><input alt=" inert popover">'

    assert young("css", bare(sheet), also_with_fallback=True) == set()
    assert young("js", script, also_with_fallback=True) == set()
    assert young("html", "\n".join(start_tags(Page(tags))), also_with_fallback=True) == set()


@pytest.mark.parametrize("name", [*SHEETS, *SCRIPTS])
def test_sheets_and_scripts_of_reading_pages_use_nothing_young(name: str) -> None:
    text = render_to_string(name)

    found = young("js", text) if name.endswith(".js") else young("css", bare(text))
    assert found == set()


@pytest.mark.django_db
@pytest.mark.any_database
def test_reading_pages_use_nothing_young(wall: Wall) -> None:
    sheets: set[str] = set()
    scripts: set[str] = set()
    found = {}
    for address, text in [*wall.pages, *wall.beside]:
        sheets.update(re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL))
        scripts.update(re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL))
        if names := young("html", "\n".join(start_tags(Page(text)))):
            found[address] = names

    assert found == {}
    assert [young("css", bare(sheet)) for sheet in sheets] == [set()] * len(sheets)
    assert [young("js", script) for script in scripts] == [set()] * len(scripts)
    assert sheets
    assert scripts
