"""Accessibility findings of axe, in lines a person can read."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""Those of the rules above that look at colours."""


def violations(page: Page, *, within: str = "", without: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> list[str]:
    """Return what axe finds on the page for WCAG 2.2 A and AA and good practice.

    `without` names rules to leave out, `only` asks for no others than these.

    The script arrives through the debugging protocol, so it works under the strictest content policy. With JavaScript
    switched off in the page, use a second context: axe needs it.
    """
    options = {
        "resultTypes": ["violations"],
        # For a rule that is not asked for it would copy imported sheets into the page, against the content policy.
        "preload": False,
        "runOnly": {"type": "rule", "values": only} if only else {"type": "tag", "values": TAGS},
        "rules": {rule: {"enabled": False} for rule in without},
    }
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate(
        "([within, options]) => axe.run(within || document, options)", [within, options]
    )
    return [line for violation in found["violations"] for line in readable(violation)]


def readable(violation: dict[str, Any]) -> list[str]:
    """One line for each element: rule, weight, what is wrong, where, and the element itself."""
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {' '.join(map(str, node['target']))}"
        f" {' '.join(node['html'].split())[:160]}"
        for node in violation["nodes"]
    ]
