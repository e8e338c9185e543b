"""Lighthouse over reading pages in both languages: one row a page, four categories.

.venv/bin/python bench/lighthouse.py [--quick]

It needs Node: Lighthouse is installed into `var/bench-node/` the first time. The site is one of its own with demo
letters (kept in `var/lighthouse-site/`). Korean pages are kept out of search engines on purpose, so there the category
SEO is not asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.conftest import CHROMIUM_ARGUMENTS, Site, free_port  # noqa: E402
from tools.setup import find_chromium  # noqa: E402

LIGHTHOUSE = "lighthouse@12.2.3"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PAGES = ("index", "p/1", "map", "about", "safe", "declaration", "privacy")
GOAL = 99
# Lighthouse asks for it from inside the page, where the content policy allows no connection at all.
SKIPPED = "robots-txt"
LETTERS = "from wall import order\nfor m in order.on_wall():\n    print('slug', m.kind, m.slug)"


def install(folder: Path) -> Path:
    """Bring Lighthouse into `folder` and return its program."""
    program = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    npm = shutil.which("npm")
    if not shutil.which("node") or not npm:
        sys.exit("Node was not found (packages nodejs and npm): Lighthouse needs it.")
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", LIGHTHOUSE]
        print(f"Installing {LIGHTHOUSE} into {folder.name}", flush=True)
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
            sys.exit(f"{LIGHTHOUSE} could not be installed (npm install).")
    return program


def addresses(site: Site, language: str, *, quick: bool) -> Iterator[str]:
    yield from (f"{name}.html" for name in (PAGES[:1] if quick else PAGES))
    kinds = dict(line.split()[1:] for line in site.run(LETTERS).splitlines() if line.startswith("slug "))
    yield from (f"m/{slug}.html" for kind, slug in sorted(kinds.items()) if not quick or kind == "text")
    if not quick:
        yield "find/"


def scores(program: Path, address: str, categories: tuple[str, ...], chromium: str) -> tuple[dict[str, int], list[str]]:
    """What Lighthouse gives the page for each category, and the audits that cost points."""
    done = subprocess.run(
        [
            "node", str(program), address, "--quiet", "--output=json", f"--only-categories={','.join(categories)}",
            f"--skip-audits={SKIPPED}",
            "--chrome-flags=" + " ".join(["--headless=new", *CHROMIUM_ARGUMENTS]),
        ],
        env={**os.environ, "CHROME_PATH": chromium}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return {}, [done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"ended with {done.returncode}"]
    report = json.loads(done.stdout)
    given = {name: round(100 * (report["categories"][name]["score"] or 0)) for name in categories}
    audits = {
        part["id"]: part["weight"]
        for name in categories
        if given[name] < 100
        for part in report["categories"][name]["auditRefs"]
    }
    lost = [
        f"{name} {audit['score']:.2f} {audit.get('displayValue', '')}".strip()
        for name, weight in audits.items()
        if weight and (audit := report["audits"][name])["score"] is not None and audit["score"] < 1
    ]
    return given, lost


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="the front page and one letter only")
    options = parser.parse_args()
    chromium = find_chromium()
    if not chromium:
        sys.exit("Chromium was not found: install the package chromium, or set CHROMIUM.")
    var = Path(os.environ.get("VAR", ROOT / "var"))
    program, state = install(var / "bench-node"), var / "lighthouse-site"
    state.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name not in ("VAR", "PORT", "DATABASE_URL")}
    site = Site(var=state, port=free_port(), log=var / "lighthouse.log", inherited=inherited, letters=True)
    site.start()
    below = 0
    try:
        # What is kept from the last time was written by older templates.
        site.manage("publish", "--all")
        print(f"{'page':32}" + "".join(f"{name:>16}" for name in CATEGORIES))
        for language in ("en", "ko"):
            categories = CATEGORIES if language == "en" else CATEGORIES[:3]
            for address in addresses(site, language, quick=options.quick):
                given, lost = scores(program, f"{site.url}/{language}/{address}", categories, chromium)
                cells = "".join(f"{given.get(name, '-'):>16}" for name in CATEGORIES)
                print(f"{language + '/' + address:32}{cells}  {'; '.join(lost)}", flush=True)
                below += not given or min(given.values()) < GOAL
    finally:
        site.stop()
    print(f"{below} pages below {GOAL}")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
