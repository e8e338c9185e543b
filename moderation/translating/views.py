"""The translation desk: its queue, the page of one text, and work that leaves and comes back as a file."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from supporters import lifecycle
from supporters.models import Message

from ..access import for_roles
from ..pages import page_context
from ..queues.queue import Cursor
from ..review import claims, gone, kept, wording
from ..roles import MODERATOR, NORTHERN_READER, REVIEWER, SAFETY_LEAD, TRANSLATOR, may
from . import memory, offline, translations
from . import page as translation_page
from .forms import Action, TranslateForm, WorkFileForm
from .page import TranslationPage, carry_out
from .queue import DESK, Pair, overview
from .translations import Language

DONE = {
    Action.CLAIM: gettext_lazy("You hold this for twenty minutes."),
    Action.RELEASE: gettext_lazy("You gave this back to the queue."),
    Action.SAVE: gettext_lazy("The draft is saved."),
    Action.READY: gettext_lazy("Handed back. It waits for its review. Thank you."),
    Action.CANNOT: gettext_lazy("Handed back with your reason. A moderator sees it."),
    Action.REVIEWED: gettext_lazy("Reviewed. The text stands in the letter now."),
    Action.SEND_BACK: gettext_lazy("Sent back to the translator."),
    Action.REQUEST: gettext_lazy("The translation was asked for."),
}
# After these there may be nothing left to do on the page.
FINISHES = {Action.READY, Action.CANNOT, Action.REVIEWED, Action.SEND_BACK, Action.RELEASE}


# --- The queue --------------------------------------------------------------------------------------------------


@for_roles(*DESK)
@require_safe
def translate_queue(request: HttpRequest) -> HttpResponse:
    """What waits, language by language, oldest first."""
    user, asked = cast(User, request.user), request.GET.get("pair", "")
    pair = Pair.read(asked)
    if asked and pair is None:
        raise Http404
    context = page_context(request, "signing" if asked == "ko-kp" else "translate") | {
        "overview": overview(user, pair, Cursor.read(request.GET.get("from", ""))),
        "pair": pair,
        "is_first": "from" not in request.GET,
        "done": _done(request),
        "reviews": may(user, REVIEWER),
        "may_work_offline": may(user, TRANSLATOR, NORTHERN_READER),
    }
    return render(request, "moderation/translate_queue.html", context)


def _done(request: HttpRequest) -> str:
    action = request.GET.get("done", "")
    return str(DONE[Action(action)]) if action in DONE else ""


# --- One text ---------------------------------------------------------------------------------------------------


@for_roles(*DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def translate(request: HttpRequest, slug: str) -> HttpResponse:
    """The texts of one message: draft, review or sign them."""
    return text_page(request, slug)


def text_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The same for a view that let the person in."""
    page = TranslationPage(get_object_or_404(Message, slug=slug), cast(User, request.user))
    if request.method == "POST":
        return _gone(request, page) if not page.is_there or _has_left(request, page) else _press(request, page)
    typed = kept.take(request, slug) if request.method == "GET" else None
    if not page.is_there:
        return gone.page(request, page.message, typed)
    if typed:
        return _continue(request, page, typed)
    return _show(request, page, _form(page))


def _form(page: TranslationPage, data: Any = None) -> TranslateForm:
    return TranslateForm(data, initial=page.initial(), languages=page.languages)


def _press(request: HttpRequest, page: TranslationPage) -> HttpResponse:
    typed = request.POST.copy()
    # A button that is about one text says so in the address it sends the form to.
    for name in ("language", "sentence"):
        if name in request.GET and name not in typed:
            typed[name] = request.GET[name]
    form = _form(page, typed)
    if not form.is_valid():
        return _show(request, page, form)
    action = Action(form.cleaned_data["action"])
    if action == Action.INSERT:
        return _insert(request, page, form, typed)
    try:
        carry_out(page, form)
    except translation_page.NotYourRole:
        raise PermissionDenied from None
    except claims.Held as held:
        form.add_error(None, _held(held))
    except translations.Unread:
        form.add_error(None, _("Some words speak of danger: a moderator has to read it on its review page first."))
    except translations.OwnWork:
        form.add_error(None, _("Another person than the translator reviews a translation."))
    except (lifecycle.InvalidTransition, translations.Gone, translation_page.NothingToDo):
        return _conflict(request, page.again(), typed)
    else:
        return _go_on(request, page, action)
    return _show(request, page.again(), form)


def _held(held: claims.Held) -> str:
    if held.by is None:
        return _("Somebody took this a moment ago.")
    who = {"who": wording.staff_name(held.by.holder), "time": wording.clock(held.by.until)}
    return _("%(who)s works on this until %(time)s.") % who


def _go_on(request: HttpRequest, page: TranslationPage, action: Action) -> HttpResponse:
    """Stay as long as there is something to do here, else back to the queue."""
    is_done = action in FINISHES and not page.again().is_editable
    address = reverse("moderation:translate-queue") if is_done or action == Action.RELEASE else request.path
    return redirect(f"{address}?done={action}")


def _insert(request: HttpRequest, page: TranslationPage, form: TranslateForm, typed: QueryDict) -> HttpResponse:
    """Without script: put a remembered sentence behind what was typed. Nothing is stored."""
    sentence = memory.offered(form.cleaned_data["sentence"] or 0)
    work = next((work for work in page.works if sentence and work.language == sentence.target_language), None)
    if sentence is None or work is None or not work.is_editable:
        form.add_error(None, _("This sentence is no longer offered. What you typed is kept."))
        return _show(request, page, form)
    before = (form.text(work.language) or "").rstrip()
    typed[work.field] = f"{before} {sentence.target}" if before else sentence.target
    return _show(request, page, _form(page, typed), inserted=work.field)


def _conflict(request: HttpRequest, page: TranslationPage, typed: QueryDict) -> HttpResponse:
    """Somebody was faster: say who, keep what was typed, show what is stored now."""
    if not page.works or _has_left(request, page):
        return _gone(request, page)
    sentence = _since(page, typed)
    typed["revision"] = page.revision
    return _show(request, page, _form(page, typed), conflict=sentence, status=409)


def _has_left(request: HttpRequest, page: TranslationPage) -> bool:
    """Whether words came for a text that is no longer on the page: a change that was decided takes its texts along."""
    away = set(Language.values) - set(page.languages)
    return any(request.POST.get(f"body_{code}") for code in away) and kept.was_shown(request, page.message.slug)


def _gone(request: HttpRequest, page: TranslationPage) -> HttpResponse:
    return gone.page(request, page.message, gone.posted(request, page.message))


def _since(page: TranslationPage, typed: QueryDict) -> str:
    """What happened to the texts that were typed into since the page was opened."""
    seen = typed.get("revision", "").split()
    sentences = []
    for work in page.works:
        if work.field not in typed or f"{work.language}:{work.row.revision}" in seen:
            continue
        if work.is_outdated:
            sentences.append(_("The text to be translated was changed."))
        elif work.changed_by:
            who = {"who": work.changed_by, "what": work.row.get_language_display()}
            sentences.append(_("%(who)s changed this text in the meantime: %(what)s.") % who)
    return " ".join(dict.fromkeys(sentences)) or _("This text was decided or changed in the meantime.")


def _continue(request: HttpRequest, page: TranslationPage, typed: QueryDict) -> HttpResponse:
    """Back after the session had ended: what was typed stands in the fields, beside what changed since."""
    sentence = str(wording.SIGNED_OUT)
    if typed.get("revision") != page.revision:
        sentence = f"{sentence} {_since(page, typed)}"
        typed["revision"] = page.revision
    return _show(request, page, _form(page, typed), conflict=sentence)


def _show(
    request: HttpRequest,
    page: TranslationPage,
    form: TranslateForm,
    *,
    conflict: str = "",
    inserted: str = "",
    status: int = 200,
) -> HttpResponse:
    user = cast(User, request.user)
    page.look_up_wording()
    context = page_context(request, "translate") | {
        "page": page,
        "draft": page.draft,
        "form": form,
        "texts": [_text(work, form) for work in page.works],
        "kept_for": kept.mark(page.message.slug, user.pk),
        "errors": form.summary if form.is_bound and not conflict and not inserted else [],
        "conflict": conflict,
        "inserted": inserted,
        "done": _done(request),
        "decides": may(user, MODERATOR, SAFETY_LEAD),
    }
    return render(request, "moderation/translate.html", context, status=status)


def _text(work: translation_page.Work, form: TranslateForm) -> dict[str, Any]:
    """A text with its field; beside what was typed what is stored, when that is something else."""
    field = form[work.field]
    typed = (field.value() or "").replace("\r\n", "\n").strip() if form.is_bound and work.field in form.data else None
    differs = typed is not None and typed != work.row.text.strip()
    return {"work": work, "field": field, "typed": typed, "stored": work.row.text if differs else None}


# --- Offline ----------------------------------------------------------------------------------------------------


@for_roles(TRANSLATOR, NORTHERN_READER)
@require_safe
def work_file(request: HttpRequest) -> HttpResponse:
    """The open work of one pair of languages as a PO file."""
    pair = Pair.read(request.GET.get("pair", ""))
    if pair is None:
        raise Http404
    text = offline.work_file(cast(User, request.user), pair)
    name = f"letters-{pair}.po"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(text, content_type="text/x-gettext-translation; charset=utf-8", headers=headers)


@for_roles(TRANSLATOR, NORTHERN_READER)
@require_http_methods(["GET", "HEAD", "POST"])
def bring_back(request: HttpRequest) -> HttpResponse:
    """Read a file back: what can be stored becomes a draft, the rest is listed with its reason."""
    form, results, status = WorkFileForm(), None, 200
    if request.method == "POST":
        form = WorkFileForm(request.POST, request.FILES)
        if form.is_valid():
            results = _take_in(form, cast(User, request.user))
        status = 200 if form.is_valid() else 400
    context = page_context(request, "translate") | {"form": form, "results": results}
    return render(request, "moderation/translate_file.html", context, status=status)


def _take_in(form: WorkFileForm, user: User) -> list[offline.Result]:
    try:
        entries = offline.read(form.cleaned_data["file"].read())
    except offline.Unreadable as error:
        sentences = [_("This is no PO file. Nothing was stored.")]
        if error.line:
            sentences.append(_("It stops making sense in line %(line)d.") % {"line": error.line})
        form.add_error("file", " ".join(sentences))
        return []
    if not entries:
        form.add_error("file", _("No texts stand in this file. Nothing was stored."))
    return offline.take_in(entries, by=user)
