"""Arrows between the rooms run one way: who imports whom, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# What a room may import of other rooms: all of one, or one module of it.
MAY_IMPORT: dict[str, set[str]] = {
    "supporters": set(),
    "moderation": {"supporters"},
    "wall": {"supporters", "moderation.terms"},
    "replies": {"supporters", "moderation"},
    "outlets": {"supporters", "moderation"},
    "demo": {"supporters", "moderation", "wall", "replies", "outlets", "messages_site"},
    "messages_site": set(),
}
# The seams of the house that every room may use.
SEAMS = {f"messages_site.{name}" for name in ("jobs", "changes", "errors", "policy", "ranges")}
# Where the house puts the rooms together. Not the seams among them: a room that imports one would import all behind it.
ASSEMBLY = {"urls", "errors", "middleware", "health", "serve", "worker", "front", "wsgi"}


def imports(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of every import in the file, those inside functions and for types included."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{source}.{name.name}") for name in node.names)


def is_allowed(importer: Path, name: str) -> bool:
    """Whether the file `importer`, relative to the root, may import `name`."""
    room, target = importer.parts[0], name.split(".")[0]
    if target not in MAY_IMPORT or target == room:
        return True
    if room == "messages_site":
        return importer.parts[1].removesuffix(".py") in ASSEMBLY
    allowed = MAY_IMPORT[room] | SEAMS
    return any(name == entry or name.startswith(f"{entry}.") for entry in allowed)


def wrong_imports(root: Path) -> list[str]:
    """Every import below `root` that runs against the arrows, as `file:line imports name`."""
    return [
        f"{path.relative_to(root)}:{line} imports {name}"
        for room in MAY_IMPORT
        for path in sorted((root / room).rglob("*.py"))
        for line, name in imports(path, root)
        if not is_allowed(path.relative_to(root), name)
    ]


def test_no_arrow_between_the_rooms_runs_backwards():
    assert wrong_imports(ROOT) == []


def test_every_room_is_looked_at():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert packages - {"tests", "tools", "bench"} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("supporters/models/messages.py", "from moderation.roles import may"),
        ("supporters/lifecycle.py", "import wall.publishing"),
        ("supporters/views.py", "def view():\n    from wall import publishing"),
        ("supporters/views.py", "from messages_site import settings"),
        ("supporters/views.py", "from messages_site import *"),
        ("moderation/views.py", "from wall.models import WallCounter"),
        ("moderation/views.py", "if TYPE_CHECKING:\n    import replies"),
        ("wall/find/index.py", "from moderation import roles"),
        ("wall/pages.py", "from ..moderation import views"),
        ("replies/views.py", "from wall import pages"),
        ("outlets/packs.py", "from replies.models import Reply"),
        ("messages_site/jobs.py", "from supporters.models import Message"),
        ("messages_site/policy.py", "import wall"),
        ("messages_site/settings.py", "from supporters import pages"),
        ("wall/views.py", "import demo.letters"),
    ],
)
def test_arrow_that_runs_backwards_is_found(tmp_path, file, line):
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(line)

    assert len(wrong_imports(tmp_path)) == 1


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("moderation/views.py", "from supporters.models import Message"),
        ("wall/pages.py", "from moderation.terms import Term"),
        ("wall/pages.py", "from moderation import terms"),
        ("wall/pages.py", "from . import publishing\nfrom .models import WallCounter"),
        ("supporters/media/photo.py", "from ..models import Message\nfrom messages_site import jobs"),
        ("replies/views.py", "from messages_site.policy import headers\nfrom moderation.roles import may"),
        ("demo/letters.py", "import wall.publishing\nfrom messages_site import settings"),
        ("messages_site/urls.py", "from supporters.pages import LANGUAGES"),
        ("messages_site/serve.py", "from wall import publishing"),
    ],
)
def test_arrow_that_runs_forwards_is_left_alone(tmp_path, file, line):
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(line)

    assert wrong_imports(tmp_path) == []
