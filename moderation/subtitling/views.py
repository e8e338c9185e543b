"""The page on which subtitles are timed, their files, and the clip beside them."""

from __future__ import annotations

import re
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from supporters import lifecycle, storing, subtitles
from supporters.models import Message
from supporters.pages import LANGUAGES

from ..access import for_roles
from ..pages import page_context
from ..review import gone, kept
from ..review.files import answer_with_file
from ..review.preferences import has_keys
from ..review.wording import SIGNED_OUT
from ..roles import MODERATOR, REVIEWER, SAFETY_LEAD, may
from . import reading, wording
from .lines import PAGE, Sheet
from .page import CLIPS, POSTER, WORKS, SubtitlePage

ACTION = re.compile(r"(save|show|check|import|anew|add|page|insert|remove|split)(?::([0-9]{1,5}))?", re.ASCII)
DONE = {
    "save": gettext_lazy("The draft is saved. Readers do not see it."),
    "show": gettext_lazy("Saved. Readers see these subtitles as long as they see the letter."),
}
FORMATS = {
    "vtt": (subtitles.webvtt, "text/vtt"),
    "srt": (subtitles.srt, "application/x-subrip"),
}
ERRORS_LISTED = 20


@for_roles(*WORKS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """The timed lines of one language beside the player. Only saving stores anything."""
    page = _page(request, slug, language)
    about = kept.subject(slug, language)
    if request.method == "POST":
        if not page.is_there:
            return _gone(request, page, request.POST if kept.was_shown(request, about) else None)
        return _press(request, page)
    typed = kept.take(request, about) if request.method == "GET" else None
    if not page.is_there:
        return _gone(request, page, typed)
    if typed and page.may_edit:
        return _continue(request, page, typed)
    return _show(request, page, _start(page), notice=_begun(page))


@for_roles(*WORKS)
@require_safe
def export(request: HttpRequest, slug: str, language: str, kind: str) -> HttpResponse:
    """The stored lines as a file."""
    page = _page(request, slug, language)
    if not page.is_there or page.row is None or kind not in FORMATS:
        raise Http404
    write, mime = FORMATS[kind]
    headers = {"Content-Disposition": f'attachment; filename="{language}.{kind}"', "Cache-Control": "no-store"}
    return HttpResponse(write(page.stored), content_type=f"{mime}; charset=utf-8", headers=headers)


@for_roles(*WORKS)
@require_safe
def clip(request: HttpRequest, slug: str, language: str, name: str) -> HttpResponseBase:
    """What plays beside the lines, for whoever may work on them."""
    page = _page(request, slug, language)
    found = page.renditions.get(name) if page.is_there and name in (*CLIPS, POSTER) else None
    if found is None:
        raise Http404
    try:
        return answer_with_file(request, storing.private(), found.stored, found.mime)
    except FileNotFoundError:
        raise Http404 from None


def _page(request: HttpRequest, slug: str, language: str) -> SubtitlePage:
    message = get_object_or_404(Message.objects.select_related("attachment"), slug=slug)
    return SubtitlePage(message, language, cast(User, request.user))


def _start(page: SubtitlePage) -> Sheet:
    """What is stored; where nothing is, lines made from the text."""
    return Sheet.of(page.stored if page.row or not page.may_edit else page.made_from_text())


def _begun(page: SubtitlePage) -> str:
    if page.row or not page.may_edit or not page.source.strip():
        return ""
    return _("These lines were made from the text. Listen and set their times; nothing is saved yet.")


# --- Buttons ------------------------------------------------------------------------------------------------------


def _press(request: HttpRequest, page: SubtitlePage) -> HttpResponse:
    pressed = ACTION.fullmatch(request.POST.get("action", ""))
    try:
        sheet = Sheet.typed(request.POST)
    except (ValueError, TypeError):
        pressed = None
    if pressed is None:
        return _show(request, page, _start(page), error=("", str(wording.BROKEN)), status=400)
    action, index = pressed[1], int(pressed[2] or 0)
    if not page.may_edit:
        return _conflict(request, page, sheet)
    if action in ("save", "show"):
        return _store(request, page, sheet, is_shown=action == "show")
    if action == "import":
        return _import(request, page, sheet)
    if action == "check":
        problems = sheet.cues(page.length)[1]
        notice = "" if problems else _("Nothing is missing. It is not saved yet.")
        return _show(request, page, sheet, problems=problems, notice=notice)
    if action == "anew":
        made = Sheet.of(page.made_from_text())
        return _show(request, page, made, notice=_("The lines were made anew from the text. They are not saved yet."))
    return _change(request, page, sheet, action, index)


def _change(request: HttpRequest, page: SubtitlePage, sheet: Sheet, action: str, index: int) -> HttpResponse:
    """Another page, a line more or less: nothing is stored, and the line in question has the focus."""
    if action == "page":
        sheet.page = index
        return _show(request, page, sheet, focus=sheet.first)
    if action == "add":
        index = len(sheet.lines) - 1
    elif index >= len(sheet.lines):
        return _show(request, page, sheet)
    change = {"add": sheet.insert, "insert": sheet.insert, "remove": sheet.remove, "split": sheet.split}[action]
    focus = change(index)
    sheet.show(focus)
    return _show(request, page, sheet, focus=focus)


def _store(request: HttpRequest, page: SubtitlePage, sheet: Sheet, *, is_shown: bool) -> HttpResponse:
    if is_shown and not page.may_show:
        raise PermissionDenied
    cues, problems = sheet.cues(page.length)
    if problems:
        return _show(request, page, sheet, problems=problems)
    if is_shown and not cues:
        return _show(request, page, sheet, error=("", _("There is no line to show yet.")))
    typed = request.POST.get("revision", "")
    revision = int(typed) if re.fullmatch("[0-9]{1,9}", typed, re.ASCII) else -1
    try:
        subtitles.save(
            page.message,
            page.language,
            cues,
            is_shown=is_shown,
            source=page.source,
            actor=page.user,
            revision=revision,
            over_shown=page.may_show,
        )
    except lifecycle.StaleRevision:
        return _conflict(request, page, sheet)
    except lifecycle.InvalidTransition:
        return _gone(request, page.again(), request.POST)
    return redirect(f"{request.path}?done={'show' if is_shown else 'save'}")


def _import(request: HttpRequest, page: SubtitlePage, sheet: Sheet) -> HttpResponse:
    """The lines of a file in place of those in the form, to be looked at before anything is saved."""
    file = request.FILES.get("file")
    if file is None:
        return _show(request, page, sheet, error=("file", _("Choose a file first.")))
    try:
        # One byte more than may be there tells that it is too large.
        cues = reading.read(file.read(reading.BYTE_LIMIT + 1))
    except reading.Unreadable as error:
        return _show(request, page, sheet, error=("file", str(error)))
    sheet = Sheet.of(cues)
    read = ngettext("%(count)d line was read from the file.", "%(count)d lines were read from the file.", len(cues))
    notice = f"{read % {'count': len(cues)}} {_('Look at them; nothing is saved yet.')}"
    return _show(request, page, sheet, problems=sheet.cues(page.length)[1], notice=notice)


# --- Answers ------------------------------------------------------------------------------------------------------


def _conflict(request: HttpRequest, page: SubtitlePage, sheet: Sheet) -> HttpResponse:
    """Somebody was faster: say who, keep what was typed, show what is stored now."""
    page = page.again()
    if not page.is_there:
        return _gone(request, page, request.POST)
    return _show(request, page, sheet, conflict=wording.changed(page.row), status=409)


def _continue(request: HttpRequest, page: SubtitlePage, typed: QueryDict) -> HttpResponse:
    """Back after the session had ended: what was typed stands in the fields."""
    try:
        sheet = Sheet.typed(typed)
    except (ValueError, TypeError):
        return _show(request, page, _start(page))
    is_old = typed.get("revision") != str(page.revision)
    said = [str(SIGNED_OUT), *([wording.changed(page.row)] if is_old else [])]
    return _show(request, page, sheet, conflict=" ".join(said), with_stored=is_old)


def _gone(request: HttpRequest, page: SubtitlePage, typed: QueryDict | None) -> HttpResponse:
    texts = []
    if typed is not None:
        try:
            words = "\n".join(line.text for line in Sheet.typed(typed).lines)
        except (ValueError, TypeError):
            words = ""
        texts = [("subtitles", _("Subtitles"), words)] if words.strip() else []
    return gone.page(request, page.message, typed, texts=texts)


def _show(
    request: HttpRequest,
    page: SubtitlePage,
    sheet: Sheet,
    *,
    problems: list[subtitles.Problem] | None = None,
    error: tuple[str, str] = ("", ""),
    conflict: str = "",
    with_stored: bool = True,
    notice: str = "",
    focus: int | None = None,
    status: int = 200,
) -> HttpResponse:
    problems = problems or []
    if problems:
        sheet.show(problems[0].at)
    said = wording.by_line(problems, page.length)
    done = request.GET.get("done", "") if request.method != "POST" else ""
    about = kept.subject(page.message.slug, page.language)
    context = page_context(request, "review") | {
        "page": page,
        "message": page.message,
        "languages": LANGUAGES,
        "sheet": sheet,
        "lines": [_line(page, number, line, said) for number, line in sheet.here],
        "pages": [_range(sheet, number) for number in range(sheet.pages)] if sheet.pages > 1 else [],
        "errors": _errors(sheet, problems, said, error),
        "file_error": error[1] if error[0] == "file" else "",
        "conflict": conflict,
        "stored": page.stored if conflict and with_stored else [],
        "done": DONE.get(done, ""),
        "notice_here": notice,
        "focus": focus,
        "kept_for": kept.mark(about, page.user.pk),
        "has_keys": has_keys(page.user),
        "decides": may(page.user, MODERATOR, SAFETY_LEAD),
        "translates": not may(page.user, MODERATOR, SAFETY_LEAD, REVIEWER),
    }
    return render(request, "moderation/subtitles.html", context, status=status)


def _line(page: SubtitlePage, index: int, line: Any, said: dict[int, str]) -> dict[str, Any]:
    return {"index": index, "number": index + 1, "typed": line, "error": said.get(index, "")}


def _range(sheet: Sheet, number: int) -> dict[str, Any]:
    first = number * PAGE
    return {
        "number": number,
        "first": first + 1,
        "last": min(first + PAGE, len(sheet.lines)),
        "is_open": number == sheet.page,
    }


def _errors(
    sheet: Sheet, problems: list[subtitles.Problem], said: dict[int, str], error: tuple[str, str]
) -> list[tuple[str, str]]:
    """Each with the id of the field it is about, where that stands on the open page."""
    here = {index for index, _line in sheet.here}
    listed = [
        (wording.field_of(found) if found.at in here else "", said[found.at]) for found in problems[:ERRORS_LISTED]
    ]
    return ([error] if error[1] else []) + listed
