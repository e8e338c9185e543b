"""The rules and words the desk starts with, as files: one row a line, tabs between the columns, no quoting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "data"


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The lines of a table as dictionaries by the names in its first line."""
    names, *lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        yield dict(zip(names.split("\t"), line.split("\t"), strict=True))


def rule_rows() -> list[dict[str, Any]]:
    """The columns of each `WordingRule`; its expressions stand in a table of their own."""
    patterns: dict[str, list[str]] = {}
    for row in rows(DATA / "expressions.tsv"):
        patterns.setdefault(row["code"], []).append(row["expression"])
    return [row | {"pattern": "\n".join(patterns[row["code"]])} for row in rows(DATA / "rules.tsv")]


def term_rows() -> list[dict[str, Any]]:
    """The columns of each `Term`."""
    return [
        {name: text for name, text in row.items() if name != "hint"} | {"is_hint": row["hint"] == "yes"}
        for row in rows(DATA / "terms.tsv")
    ]
