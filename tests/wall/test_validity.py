"""What checkers from outside say about the HTML of reading pages: the Nu checker, and html-validate."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.programs import NODE, need
from tests.wall.conftest import Wall
from tests.wall.parsed import Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
NOT_FAULTS = (
    # It does not know hashes, and takes pictures beside a file for foreign ones: the browser tests watch the policy.
    "Content Security Policy",
    # Of SVG 2, which its list of CSS leaves out.
    "“vector-effect”",
)


@pytest.fixture
def pages(wall: Wall, tmp_path: Path, test_all: bool) -> dict[str, str]:
    """Pages as files of their own below `tmp_path`, built alike ones once; returns their addresses by file."""
    names, seen = {}, set()
    for number, (address, text) in enumerate([*wall.pages, *wall.beside]):
        build = tuple((tag, *sorted(attributes)) for tag, attributes in Page(text).elements)
        if build in seen and not test_all:
            continue
        seen.add(build)
        name = f"{number:03}.html"
        (tmp_path / name).write_text(text, encoding="utf-8")
        names[name] = address
    # Both must be seen to find something.
    (tmp_path / "broken.html").write_text("<!doctype html><html lang=en><title>a</title><p><h1>b</h1></p><img src=c>")
    names["broken.html"] = "broken"
    return names


def test_the_nu_checker_finds_nothing(pages: dict[str, str], tmp_path: Path, node_packages: Path) -> None:
    jar = node_packages / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    done = subprocess.run(
        [need("java", "default-jre-headless"), "-jar", jar, "--format", "json", "--exit-zero-always", *sorted(pages)],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip

    found = {
        (pages[Path(message["url"]).name], message.get("lastLine"), message["message"])
        for message in json.loads(done.stderr)["messages"]
        if not any(words in message["message"] for words in NOT_FAULTS)
    }
    assert {finding for finding in found if finding[0] != "broken"} == set()
    assert found


def test_html_validate_finds_nothing(pages: dict[str, str], tmp_path: Path, node_packages: Path) -> None:
    program = node_packages / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
    # Into a file: what goes through a pipe is cut off when the program ends.
    command = [need("node", "nodejs"), program, "--config", NODE / "htmlvalidate.json", "-f", "json=found.json"]
    subprocess.run([*command, *sorted(pages)], cwd=tmp_path, capture_output=True, timeout=300, check=False)

    found = {
        (pages[Path(file["filePath"]).name], message["line"], message["ruleId"], message["message"])
        for file in json.loads((tmp_path / "found.json").read_text())
        for message in file["messages"]
    }
    assert {finding for finding in found if finding[0] != "broken"} == set()
    assert found
