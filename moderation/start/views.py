"""The first page of the desk: how it is doing, in pictures, each with the same numbers as a table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from supporters.languages import language_name
from supporters.templatetags.letters import postmark_date

from ..access import for_roles
from ..models import Translation
from ..pages import page_context
from ..roles import MODERATOR, NORTHERN_READER, REVIEWER, SAFETY_LEAD, TRANSLATOR, may
from . import figures
from .charts import Bar, BarChart, Column, ColumnChart

Language = Translation.Language
# More rows than these make no picture; the rest is one row.
LANGUAGES_SHOWN = 12


@for_roles(MODERATOR, SAFETY_LEAD, TRANSLATOR, REVIEWER, NORTHERN_READER)
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Those who decide see everything; people of the translation desk what waits for them."""
    decides = may(request.user, MODERATOR, SAFETY_LEAD)
    targets = [Language.KO, Language.EN] if decides or may(request.user, TRANSLATOR, REVIEWER) else []
    targets += [Language.KP] if decides or may(request.user, NORTHERN_READER) else []
    context = page_context(request, "start") | {"decides": decides} | _translating(targets)
    if decides:
        context |= _deciding(cast(User, request.user))
    return render(request, "moderation/start.html", context)


def _deciding(reader: User) -> dict[str, Any]:
    times = figures.publishing_times()
    return {
        "ages": BarChart(_ages()),
        "languages": BarChart(_languages()),
        "decisions": ColumnChart(_decisions()),
        "times": times,
        "time_chart": BarChart(_times(times)),
        "long_waits": figures.long_waits(),
        "second_looks": figures.second_looks(reader),
    }


def _ages() -> list[Bar]:
    labels = [_("Up to 1 day"), _("1 to 3 days"), _("3 to 7 days"), _("More than 7 days")]
    return [Bar(label, count) for label, count in zip(labels, figures.waiting_by_age(), strict=True)]


def _languages() -> list[Bar]:
    rows = figures.waiting_by_language()
    bars = [Bar(_name(code), count, code=code) for code, count in rows[:LANGUAGES_SHOWN]]
    others = sum(count for _code, count in rows[LANGUAGES_SHOWN:])
    return [*bars, Bar(_("Other languages"), others)] if others else bars


def _decisions() -> list[Column]:
    return [
        Column(str(day.on.day), postmark_date(day.on), (day.approved, day.asked, day.declined))
        for day in figures.decisions()
    ]


def _times(times: figures.PublishingTimes) -> list[Bar]:
    if times.median is None or times.ninetieth is None:
        return []
    return [
        Bar(_("Half of them within"), times.median.total_seconds(), length(times.median)),
        Bar(_("Nine of ten within"), times.ninetieth.total_seconds(), length(times.ninetieth)),
    ]


def _translating(targets: list[Language]) -> dict[str, Any]:
    work = figures.translation_work(targets)
    bars = [Bar(_pair(row.source, row.target), row.count) for row in work[:LANGUAGES_SHOWN]]
    others = sum(row.count for row in work[LANGUAGES_SHOWN:])
    late = figures.reviews_waiting(targets)
    return {
        "work": BarChart([*bars, Bar(_("Other languages"), others)] if others else bars),
        "nobody": [(_pair(row.source, row.target), row) for row in work if row.needs_help],
        "late": [(str(Language(code).label), count) for code, count in sorted(late.items())],
    }


def _pair(source: str, target: Language) -> str:
    return _("%(source)s → %(target)s") % {"source": _name(source), "target": target.label}


def _name(code: str) -> str:
    return language_name(code, "ko" if get_language() == "ko" else "en")


def length(time: timedelta) -> str:
    """A length of time as people say it: minutes, hours up to three days, then days."""
    minutes = round(time.total_seconds() / 60)
    if minutes < 60:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if minutes < 72 * 60:
        return _("%(count)d h") % {"count": round(minutes / 60)}
    days = round(minutes / 60 / 24)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
