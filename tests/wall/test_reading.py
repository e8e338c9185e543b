"""What every reading page promises, tried on all of them: letters of every kind, hostile ones included."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import Resolver404, resolve

from messages_site import policy
from messages_site.policy import headers
from supporters.models import Message
from tests.factories import MessageFactory
from tests.wall.conftest import HOSTILE, Wall, publish_letters, publish_lists
from tests.wall.parsed import Page
from wall import pages, publishing, saved

pytestmark = pytest.mark.any_database

NORTH = re.compile(r"north|korea|refugee|defector|북한|북녘|조선|탈북", re.IGNORECASE)


def test_no_page_runs_or_asks_for_anything_it_should_not(wall: Wall) -> None:
    for address, text in wall.pages:
        page = Page(text)
        for tag, attributes in page.elements:
            assert tag not in ("iframe", "object", "embed", "base"), address
            assert not [name for name in attributes if name == "style" or name.startswith("on")], (address, tag)
        # Nothing runs but what the content policy of the page names, and no script comes from an address.
        scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)
        names = policy.SCRIPTS if address.endswith(saved.PATHS) else policy.SCRIPTS[:1]
        assert scripts == [("", render_to_string(name)) for name in names], address
        assert all(policy.inline_hash(name) in html.unescape(text) for name in names)
        for target, _attributes in page.addresses():
            outside = urlsplit(target).scheme or urlsplit(target).netloc
            if address.endswith(saved.PATHS) and target.startswith("data:image/webp;base64,"):
                continue
            assert not outside or target in ("data:,", "https://www.weather.com.cn/"), (address, target)
            assert not target.startswith("/"), (address, target)


def test_titles_addresses_and_previews_are_neutral(wall: Wall) -> None:
    for address, text in wall.pages:
        titles = re.findall(r"<title>(.*?)</title>", text)
        assert titles[0] == ("편지" if address.startswith("/ko/") else "Letters")
        assert not NORTH.search(address)
        for target, _attributes in Page(text).addresses():
            assert not NORTH.search(target), (address, target)
        # A file to keep says nothing of where it comes from.
        is_open = address.startswith("/en/") and not address.endswith(saved.PATHS)
        assert ("og:title" in text) == is_open
        assert ('name="robots" content="noindex"' in text) == (not is_open)


def test_no_page_leaves_room_on_paper_for_its_address(wall: Wall) -> None:
    for address, text in (*wall.pages, *wall.beside):
        assert re.search(r"@page\{(size:A5;)?margin:6mm", text), address


def test_every_link_leads_to_a_page_of_the_tree_or_is_marked_live_and_answered(wall: Wall) -> None:
    for address, text in wall.pages:
        page = Page(text)
        ids = {attributes["id"] for _tag, attributes in page.elements if "id" in attributes}
        for target, attributes in page.addresses():
            if urlsplit(target).scheme:
                continue
            if target.startswith("#"):
                assert target[1:] in ids, (address, target)
                continue
            path = urlsplit(urljoin(address, target)).path
            if (wall.tree / path.lstrip("/")).is_file():
                anchor = urlsplit(target).fragment
                assert not anchor or f'id="{anchor}"' in (wall.tree / path.lstrip("/")).read_text(), (address, target)
                continue
            assert "data-live" in attributes or ("hreflang" in attributes and "find/" in address), (address, target)
            try:
                resolve(path)
            except Resolver404:
                pytest.fail(f"{address} links to {path}")


def test_korean_pages_hold_no_latin_word_outside_names_and_originals(wall: Wall) -> None:
    for address, text in wall.pages:
        if not address.startswith("/ko/"):
            continue
        for words, holders in Page(text).texts:
            foreign = any(attributes.get("lang", "ko") != "ko" for _tag, attributes in holders if _tag != "html")
            if foreign or any(tag in ("style", "script", "title") for tag, _attributes in holders):
                continue
            rest = html.unescape(words).replace(html.unescape(HOSTILE), "")
            if "alert" in rest or "now" in rest:  # the hostile letter, which the test below looks at
                continue
            assert not re.findall(r"(?!MB|KB)\b[A-Za-z]{2,}", rest), (address, words)


def test_hostile_words_are_shown_as_text_everywhere(wall: Wall) -> None:
    slug = wall.letters["hostile"].slug
    shown = html.escape("<script>alert(1)</script>")

    for path in (f"ko/m/{slug}.html", f"en/m/{slug}.html", "ko/index.html", "en/index.html", "ko/p/2.html"):
        text = (wall.tree / path).read_text()
        assert shown in text, path
        assert text.count("<script") == text.count(f"<script>{render_to_string('exit.js')}</script>") == 1
        assert "{{ 7 }}" in text
        assert "{% now %}" in text


def test_originals_carry_their_language_and_direction(wall: Wall) -> None:
    message = wall.letters["voice"]

    text = (wall.tree / "ko" / "m" / f"{message.slug}.html").read_text()

    assert re.search(r'<div lang="ar" dir="rtl">\s*<p>مرحبا بكم</p>', text)
    assert '<div lang="en">' in text


@pytest.mark.django_db
def test_an_original_in_english_or_korean_is_shown_as_the_desk_left_it(
    publish: Callable[..., list[Message]], tree: Path
) -> None:
    message = publish(language="en", original="Call me at 555 0100", body_en="Be well.")[0]

    for language in ("ko", "en"):
        text = (tree / language / "m" / f"{message.slug}.html").read_text()
        assert "555" not in text
        assert "Be well." in text
    assert "<summary>원문 (영어)</summary>" in (tree / "ko" / "m" / f"{message.slug}.html").read_text()


def test_the_korean_wall_loads_no_picture_and_says_what_each_costs(wall: Wall) -> None:
    for name in ("index.html", "p/2.html"):
        text = (wall.tree / "ko" / name).read_text()
        assert "<img" not in text
        assert "사진 보기 (7 KB)" in text
        assert "영상 보기 (7 KB)" in text
        assert "소리만 듣기 (7 KB)" in text
    assert "사진도 함께 보기 (14 KB)" in (wall.tree / "ko" / "index.html").read_text(), "two photos"
    assert 'loading="lazy"' in (wall.tree / "en" / "index.html").read_text()


def test_sound_and_video_wait_until_they_are_pressed(wall: Wall) -> None:
    players = 0
    for address, text in wall.pages:
        for tag, attributes in Page(text).elements:
            if tag in ("video", "audio"):
                players += 1
                assert attributes["preload"] == "none"
                assert "autoplay" not in attributes
                assert address.startswith("/en/") or "poster" not in attributes
    assert players == 4


def test_a_photo_on_a_korean_page_costs_what_its_button_said(wall: Wall) -> None:
    slug = wall.letters["photo"].slug
    text = {language: (wall.tree / language / "m" / f"{slug}.html").read_text() for language in ("ko", "en")}

    loaded = {
        Path(target).name
        for tag, attributes in Page(text["ko"]).elements
        for target in re.findall(r"media/\S+", f"{attributes.get('src') or ''} {attributes.get('srcset') or ''}")
    }

    assert loaded == {"320.webp", "320.jpg"}
    assert re.search(r'<a href="[^"]*/1280\.jpg">[^<]*\(7 KB\)</a>', text["ko"])
    assert "1280.webp 1280w" in text["en"]


def test_a_link_to_a_letter_with_a_photo_says_on_korean_pages_what_it_costs(wall: Wall) -> None:
    photo = wall.letters["photo"]
    assert photo.wall_number
    for beside in (photo.wall_number - 1, photo.wall_number + 1):
        slug = wall.slugs[beside]
        link = re.compile(rf'<a href="[^"]*m/{photo.slug}\.html"><small>([^<]*)</small>')
        assert link.search((wall.tree / "ko" / "m" / f"{slug}.html").read_text())[1].endswith("편지 · 사진 7 KB")
        assert link.search((wall.tree / "en" / "m" / f"{slug}.html").read_text())[1].endswith("message")


def test_a_file_opened_by_itself_may_show_itself_and_nothing_else() -> None:
    """Chromium builds a page around a video, sound or picture, under the policy the file came with."""
    policy = headers("file")["Content-Security-Policy"].split("; ")

    assert sorted(policy) == ["default-src 'none'", "frame-ancestors 'none'", "img-src 'self'", "media-src 'self'"]


@pytest.mark.django_db
def test_no_error_page_is_sent_for_the_icon_nobody_asked_for() -> None:
    answer = Client().get("/favicon.ico")

    assert (answer.status_code, answer.content) == (204, b"")
    assert not answer.cookies


@pytest.mark.django_db
def test_answers_set_no_cookie_and_keep_the_bytes_of_the_file(tree: Path) -> None:
    publish_letters()
    client = Client()
    for path in sorted(tree.rglob("*.html")):
        answer = client.get("/" + str(path.relative_to(tree)))
        assert answer.content == path.read_bytes(), path
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "private, max-age=600"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)', answer.content.decode())[1])
        assert policy.replace("; ", ";").startswith("default-src 'none';")
        for part in re.findall(r"'sha256-[^']*'", policy):
            assert part in answer.headers["Content-Security-Policy"]
    assert not client.cookies


@pytest.mark.django_db
def test_the_root_speaks_the_language_of_the_browser() -> None:
    for header, target in {"ko-KR,en": "/ko/", "zh-CN": "/ko/", "": "/ko/", "fr,en;q=0.5": "/en/"}.items():
        answer = Client().get("/", headers={"accept-language": header} if header else {})
        assert (answer.status_code, answer.headers["Location"]) == (302, target)
        assert "Accept-Language" in answer.headers["Vary"]
        assert not answer.cookies
    assert Client().get("/ko").headers["Location"] == "/ko/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["nothing.html", "p/0.html", "p/99.html", "p/01.html", "m/aaaaaaaaaaaa.html", "m/../x", "partners.html"]
)
def test_an_unknown_address_is_not_found_and_tells_nothing(path: str) -> None:
    assert Client().get(f"/ko/{path}").status_code == 404


@pytest.mark.django_db
def test_a_letter_that_was_never_public_is_not_found() -> None:
    for message in (MessageFactory(), MessageFactory(not_yet_live=True), MessageFactory(declined=True)):
        assert Client().get(f"/en/m/{message.slug}.html").status_code == 404


@pytest.mark.django_db
def test_an_empty_site_says_so(tree: Path) -> None:
    publishing.publish_all()

    assert "아직 편지가 없습니다." in (tree / "ko" / "index.html").read_text()
    assert "There are no messages yet." in (tree / "en" / "index.html").read_text()
    assert "아직 편지가 없습니다." in (tree / "ko" / "map.html").read_text()
    assert "세계 곳곳의 벗들" in (tree / "ko" / "index.html").read_text()
    assert not (tree / "ko" / "p").exists()


@pytest.mark.django_db
def test_a_friend_somewhere_counts_as_a_letter_but_not_as_a_country(
    publish: Callable[..., list[Message]], tree: Path
) -> None:
    publish(2, country="DE")
    publish(1, country="ZZ")

    front = (tree / "ko" / "index.html").read_text()

    assert "보내는 분: 1개 나라의 벗들" in front
    assert "편지 <b>3통</b>" in front


# --- Order -------------------------------------------------------------------------------------------------------


def shown_on(tree: Path, path: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"m/([a-z2-7]{12})\.html", (tree / "ko" / path).read_text())))


@pytest.mark.django_db
def test_the_front_page_holds_the_open_page_and_the_newest_full_one(tree: Path) -> None:
    slugs: list[str] = []
    for count, front in ((1, 1), (19, 19), (20, 20), (21, 21), (39, 39), (40, 20), (41, 21)):
        slugs += [message.slug for message in MessageFactory.create_batch(count - len(slugs), approved=True)]
        publish_lists()

        assert shown_on(tree, "index.html") == slugs[::-1][:front], count
        assert shown_on(tree, "p/1.html") == slugs[:20][::-1], count


@pytest.mark.django_db
def test_archive_pages_lead_through_all_letters(tree: Path) -> None:
    slugs = [MessageFactory(approved=True).slug for _number in range(61)]
    publish_lists()

    link = re.compile(
        r'<p class="next"><a class="btn" href="(?:\.\./)?(p/\d+\.html)">다음 편지 (\d+)통 \(약 (\d+) KB\)'
    )
    seen, path = shown_on(tree, "index.html"), "index.html"
    while following := link.search((tree / "ko" / path).read_text()):
        path = following[1]
        assert len(shown_on(tree, path)) == int(following[2])
        assert round((tree / "ko" / (path + ".gz")).stat().st_size / 1000) == int(following[3])
        seen += shown_on(tree, path)

    assert seen == slugs[::-1]
    assert "편지를 모두 보셨습니다." in (tree / "ko" / path).read_text()
    assert 'href="../p/2.html">← ' in (tree / "ko" / "p" / "1.html").read_text()
    assert 'href="../index.html">← ' in (tree / "ko" / "p" / "4.html").read_text()


@pytest.mark.django_db
def test_a_page_whose_letters_were_all_taken_back_says_so_and_is_passed_over(tree: Path) -> None:
    messages = MessageFactory.create_batch(41, approved=True)
    publishing.number_due()
    Message.objects.filter(wall_number__gt=20, wall_number__lte=40).update(status=Message.Status.WITHDRAWN)

    publish_lists()

    assert "여기에는 남아 있는 편지가 없습니다." in (tree / "ko" / "p" / "2.html").read_text()
    assert shown_on(tree, "p/2.html") == []
    assert 'href="../p/1.html">다음 편지 20통' in (tree / "ko" / "p" / "3.html").read_text()
    assert shown_on(tree, "p/1.html") == [message.slug for message in messages[:20][::-1]]


@pytest.mark.django_db
def test_neighbours_of_a_letter_are_those_on_the_wall(publish: Callable[..., list[Message]], tree: Path) -> None:
    older, middle, newer = publish(3)
    pair = re.search(r'<nav class="pair".*?</nav>', (tree / "en" / "m" / f"{middle.slug}.html").read_text(), re.DOTALL)[
        0
    ]

    assert re.findall(r"m/([a-z2-7]{12})", pair) == [newer.slug, older.slug]


@pytest.mark.django_db
def test_a_long_letter_is_cut_in_lists_and_whole_on_its_page(publish: Callable[..., list[Message]], tree: Path) -> None:
    sentences = [f"이것은 긴 편지의 {number}번째 문장입니다." for number in range(60)]
    message = publish(body_ko=" ".join(sentences))[0]

    archive: Any = (tree / "ko" / "p" / "1.html").read_text()

    assert sentences[10] in archive
    assert sentences[-1] not in archive
    assert "이어 읽기" in archive
    assert sentences[-1] in (tree / "ko" / "m" / f"{message.slug}.html").read_text()


def test_the_pages_that_are_always_there() -> None:
    assert set(pages.fixed_paths()) == {
        "index.html",
        "map.html",
        "safe.html",
        "about.html",
        "declaration.html",
        "privacy.html",
        "letters.html",
        "letters-pictures.html",
    }
