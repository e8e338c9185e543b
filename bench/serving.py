"""What serving costs: published pages against nginx (B1), live pages against a Django "hello" (B3), memory (B15).

    python bench/serving.py [--quick]

CPU seconds of the whole process tree of each server. The servers are asked in turn, round by round, and the median of
the rounds is compared. nginx (Debian's package) and isso are left out where they cannot be had.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import isso, servers  # noqa: E402
from bench.run import grown_site, many, row  # noqa: E402
from bench.servers import GZIP_ONLY, HEADERS, Request, Server  # noqa: E402

ROUNDS = 5
# How many requests a round asks of a server, so that each round costs it about a second.
FAST, USUAL, SLOW = 10_000, 2_000, 100
REQUESTS = 10_000  # of the row about memory


def get(path: str, headers: dict[str, str] = GZIP_ONLY) -> Request:
    return ("GET", path, headers, "")


# --- The pages ----------------------------------------------------------------------------------------------------


def publish(letters: int, archive: int) -> None:
    """Publish the fixed pages, the newest letters and archive pages: a tree of all would take hours."""
    from wall import figures, order, pages, publishing, tree

    tree.allow_inline()
    figures.recount()
    last = order.page_of(order.last_number())
    numbers = range(max(1, last - archive), last + 1)
    slugs = order.on_wall().order_by("-wall_number").values_list("slug", flat=True)[:letters]
    for path in [*map(order.message_path, slugs), *map(order.archive_path, numbers), *pages.fixed_paths()]:
        publishing.write(path)


def published(limit: int, headers: dict[str, str] = GZIP_ONLY) -> list[Request]:
    """Requests for pages of the tree of every kind: front pages first, as readers do."""
    from wall import tree

    found: list[list[str]] = []
    for language in ("ko", "en"):
        paths = sorted(tree.pages(language))
        letters = [path for path in paths if path.startswith("m/")]
        lists = [path for path in paths if path.startswith("p/")]
        found += [["index.html"], [path for path in paths if "/" not in path], lists, letters]
        found[-4:] = [[f"/{language}/{path}" for path in part] for part in found[-4:]]
    turns = max(map(len, found))
    mixed = [part[turn % len(part)] for turn in range(turns) for part in found if part]
    return [get(path, headers) for path in islice(mixed, limit)]


def live(app: Server) -> dict[str, list[Request]]:
    """Requests that Django answers, by the name of their row."""
    from wall import order

    last = order.last_number()
    # Neither of the first wall nor among the newest: not published.
    middle = order.page_of(last) // 2
    unpublished = [f"/{language}/p/{middle}.html" for language in ("ko", "en")]
    return {
        "find by country": [get("/ko/find/?country=DE", HEADERS), get("/en/find/?country=KR", HEADERS)],
        "find, everything": [get("/ko/find/", HEADERS)],
        "find, an old page": [get(f"/en/find/?kind=text&before={last // 2}", HEADERS)],
        "an archive page not yet published": [get(path, HEADERS) for path in unpublished],
        "the form to send": [get("/en/send/", HEADERS)],
        "the preview": [preview(app)],
    }


def preview(app: Server) -> Request:
    """A letter as its sender sees it before sending, with cookie and tokens from the form."""
    form = urllib.request.Request(f"http://localhost:{app.port}/en/send/", headers={"X-Forwarded-Proto": "https"})
    with urllib.request.urlopen(form, timeout=30) as answer:
        cookie, page = answer.headers.get("Set-Cookie", "").partition(";")[0], answer.read().decode()
    hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|form_token)" value="([^"]+)"', page))
    fields = hidden | {
        "kind": "text", "body": "You are not alone. We think of you every day.", "name": "Anna", "country": "PL",
        "use_web": "on", "made_by_me": "on", "old_enough": "on", "step": "preview",
    }  # fmt: skip
    kind = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": cookie,
        "Referer": "https://localhost/en/send/",
    }
    return ("POST", "/en/send/", HEADERS | kind, urlencode(fields))


# --- Measuring ----------------------------------------------------------------------------------------------------

Task = tuple[Server, list[Request], int]


def in_turn(tasks: dict[str, Task], rounds: int) -> dict[str, float]:
    """Median CPU seconds of a request of each task."""
    for server, requests, count in tasks.values():
        server.ask(requests, max(10, count // 10))
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _round in range(rounds):
        for name, (server, requests, count) in tasks.items():
            taken[name].append(server.ask(requests, count))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def told(seconds: float, yardstick: float) -> str:
    """A ratio of requests per CPU second, with what one request cost."""
    return f"{yardstick / seconds:.3f} ({seconds * 1e6:,.0f} µs)"


def static_pages(var: Path, folder: Path, rounds: int) -> None:
    """B1."""
    with ExitStack() as started:
        app = started.enter_context(servers.site(var, folder))
        requests = published(200)
        tasks: dict[str, Task] = {"app": (app, requests, FAST // 2)}
        if servers.nginx_program():
            tasks["nginx"] = (started.enter_context(servers.bare_nginx(var / "tree", folder)), requests, FAST)
            tasks["front"] = (started.enter_context(servers.shipped_nginx(var, app, folder)), requests, FAST)
        if program := isso.program():
            texts = [f"You are not alone. We think of you every day. {number}" for number in range(isso.COMMENTS)]
            tasks["isso"] = (started.enter_context(isso.isso(program, folder, texts)), [isso.page()], SLOW)
        seconds = in_turn(tasks, rounds)
        if "nginx" not in seconds:
            row("B1 published page against nginx", "", "nginx was not found (package nginx-light)")
            return
        goals = {"app": ("B1 published page, the app alone against nginx", ">= 0.15")}
        goals["front"] = ("B1 published page, nginx in front as we ship it", ">= 0.8")
        goals["isso"] = ("B1 for comparison: isso, a page of 20 comments, against nginx", "")
        for name, (what, goal) in goals.items():
            if name in seconds:
                row(what, goal, told(seconds[name], seconds["nginx"]))
        row("B1 for comparison: nginx, gzip_static and nothing else", "", f"{seconds['nginx'] * 1e6:,.0f} µs")


def live_pages(var: Path, folder: Path, rounds: int) -> None:
    """B3."""
    with (
        servers.site(var, folder) as app,
        servers.hello(folder) as hello,
        servers.hello(folder, middleware=servers.USUAL_MIDDLEWARE) as usual,
    ):
        tasks: dict[str, Task] = {"hello": (hello, [get("/")], USUAL), "usual": (usual, [get("/")], USUAL)}
        pages = live(app)
        tasks |= {name: (app, requests, SLOW) for name, requests in pages.items()}
        seconds = in_turn(tasks, rounds)
        for name in pages:
            row(f"B3 {name}, against a Django hello", ">= 0.2", told(seconds[name], seconds["hello"]))
        row(
            "B3 for comparison: hello with the middleware of startproject", "", told(seconds["usual"], seconds["hello"])
        )
        row("B3 for comparison: a Django hello without middleware", "", f"{seconds['hello'] * 1e6:,.0f} µs")


def memory(var: Path, folder: Path, letters: int) -> None:
    """B15: nine published pages, in every encoding by turns, for one that Django answers."""
    from wall import order

    last = order.last_number()
    codings = [published(3_000, HEADERS | {"Accept-Encoding": coding}) for coding in ("br", "gzip", "")]
    kept = cycle(chain.from_iterable(zip(*codings, strict=True)))
    finds = [get(f"/en/find/?before={number}", HEADERS) for number in range(last, 1, -max(1, last // 500))]
    old = [
        get(f"/ko/p/{page}.html", HEADERS) for page in range(1, last // order.PAGE, max(1, last // order.PAGE // 500))
    ]
    answered = islice(cycle([request for both in zip(finds, old, strict=False) for request in both]), REQUESTS // 10)
    mixed = [request for other in answered for request in (*islice(kept, 9), other)]
    with servers.site(var, folder) as app:
        app.ask(published(1), 1)
        begun = app.memory()
        app.ask(mixed, REQUESTS)
        measured = f"{app.memory() / 2**20:.0f} MiB (after the first page {begun / 2**20:.0f})"
    row(f"B15 web process after {REQUESTS:,} requests, {letters:,} letters", "<= 80 MiB", measured)


class Protocol:
    """What the front server answers to; keeps the status only."""

    status = 0

    def response_bytes(self, status: int, _headers: object, _body: bytes) -> None:
        self.status = status


class Scope:
    """A request for a page, as the server hands it over."""

    proto, method, scheme, http_version = "http", "GET", "http", "1.1"
    client, server, authority, query_string = "127.0.0.1:1", "127.0.0.1:80", "", ""

    def __init__(self, request: Request) -> None:
        self.path, self.headers = request[1], {"host": "localhost", "accept-encoding": "gzip"}


def nothing_live() -> None:
    """B1: no query and no template for any page of the tree."""
    from django.db import connection
    from django.template.base import Template

    from messages_site.front import Front

    front, counted = Front(), {"queries": 0, "templates": 0}

    @contextmanager
    def counting() -> Iterator[None]:
        def query(execute: Any, *arguments: Any) -> Any:
            counted["queries"] += 1
            return execute(*arguments)

        def render(template: Template, *arguments: Any) -> str:
            counted["templates"] += 1
            return str(rendered(template, *arguments))

        rendered = Template.render
        with connection.execute_wrapper(query), patch.object(Template, "render", render):
            yield

    answered = 0
    with counting():
        for request in published(10_000):
            protocol = Protocol()
            try:
                front.__rsgi__(Scope(request), protocol).send(None)
            except StopIteration:
                answered += protocol.status == 200
    row(
        f"B1 queries and templates in {answered:,} published pages",
        "0 and 0",
        "{queries} and {templates}".format(**counted),
    )


def measure(var: Path, *, quick: bool) -> None:
    """All rows of this part, over the grown site in `var`."""
    from wall import order

    publish(100, 60 if quick else 500)
    rounds = 3 if quick else ROUNDS
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        nothing_live()
        static_pages(var, Path(name), rounds)
        live_pages(var, Path(name), rounds)
        memory(var, Path(name), order.last_number())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10^4 letters instead of 10^6, three rounds")
    options = parser.parse_args()
    with grown_site(letters=many(quick=options.quick)) as folder:
        measure(folder, quick=options.quick)
