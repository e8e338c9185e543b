"""Sentences of the subtitle page."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supporters.models import Subtitles
from supporters.subtitles import LINE_LIMIT, MOST_CUES, Problem, clock

from ..review.wording import duration, staff_name

PROBLEMS = {
    "times": gettext_lazy("Line %(number)d: write begin and end like 0:03.5."),
    "empty": gettext_lazy("Line %(number)d: write its words, or remove it."),
    "lines": gettext_lazy("Line %(number)d: two lines of text at most, so that the picture stays visible."),
    "long": gettext_lazy("Line %(number)d: %(limit)d characters a line at most. Split it."),
    "backwards": gettext_lazy("Line %(number)d: it ends before it begins."),
    "short": gettext_lazy("Line %(number)d: show it for half a second at least."),
    "late": gettext_lazy("Line %(number)d: it ends after the recording, which lasts %(length)s."),
    "overlap": gettext_lazy("Line %(number)d: it begins before an earlier line has ended."),
    "many": gettext_lazy("%(most)d lines at most."),
}
# Which of its fields a problem is about.
FIELDS = {"empty": "text", "lines": "text", "long": "text", "backwards": "end", "short": "end", "late": "end"}
BROKEN = gettext_lazy("The page was sent incompletely. What is stored stands below.")
CHANGED = gettext_lazy("The subtitles were changed in the meantime.")


def problem(found: Problem, length: int) -> str:
    """What is wrong with a line, and what to do."""
    words = {"number": found.at + 1, "limit": LINE_LIMIT, "most": MOST_CUES, "length": clock(length)}
    return str(PROBLEMS[found.code]) % words


def field_of(found: Problem) -> str:
    """The id of the field to look at first."""
    return f"{FIELDS.get(found.code, 'begin')}-{found.at + 1}"


def by_line(problems: Sequence[Problem], length: int) -> dict[int, str]:
    return {found.at: problem(found, length) for found in problems}


def changed(row: Subtitles | None) -> str:
    """Who was faster."""
    if row is None or row.changed_by is None:
        return str(CHANGED)
    who = {"who": staff_name(row.changed_by), "time": duration(row.changed_at)}
    return _("%(who)s saved these subtitles %(time)s ago.") % who
