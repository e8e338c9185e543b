"""Where "Leave quickly" leads: an address of the web for each language, or the site does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent


def start(var: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import messages_site.settings as s; print(s.EXIT_URL_KO, s.EXIT_URL_EN)"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DEMO": "1", "VAR": str(var), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_language_has_an_exit_of_its_own(tmp_path: Path) -> None:
    done = start(tmp_path, EXIT_URL_KO="https://a.example/x?y=1", EXIT_URL_EN="http://127.0.0.1:9/")

    assert done.stdout.split() == ["https://a.example/x?y=1", "http://127.0.0.1:9/"]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "/weather", "https://", "https://a b/", "https://user:word@a.example/", "https://[a/"],
)
def test_an_exit_that_is_no_address_of_the_web_stops_the_start_with_one_line(tmp_path: Path, address: str) -> None:
    done = start(tmp_path, EXIT_URL_EN=address)

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Setting EXIT_URL_EN: must be the address of a page, for example https://weather.example/"
    ]


@pytest.mark.django_db
def test_pages_lead_to_the_exit_of_their_language(settings) -> None:
    settings.EXIT_URL_KO, settings.EXIT_URL_EN = "https://ko.example/?a=1&b=2", "https://en.example/"

    for path in ("safe.html", "find/", "nothing.html"):
        korean, english = (Client().get(f"/{language}/{path}").content.decode() for language in ("ko", "en"))
        assert '<a href="https://ko.example/?a=1&amp;b=2">天气预报</a>' in korean
        assert '<a href="https://en.example/">天气预报</a>' in english
        assert "en.example" not in korean
