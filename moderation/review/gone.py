"""The page for whoever was typing when the text left their desk: what happened, and their own words once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from supporters.lifecycle import SENT_TEXTS, SHOWN_TEXTS
from supporters.models import Message

from ..models import Translation
from ..pages import page_context
from . import kept, wording

Status = Message.Status
Text = tuple[str, str, str]  # id, name and words
# Said of a call for help too: nobody learns from it that it is one.
NEUTRAL = _("This text is no longer among your work.")
HAPPENED = {
    Status.WITHDRAWN: _("Its sender took this message back."),
    Status.ASKED: _("It went back to its sender."),
    Status.DECLINED: _("It was declined."),
    Status.REMOVED: _("It was removed from the wall."),
    Status.APPROVED: _("It was decided in the meantime."),
}


def posted(request: HttpRequest, message: Message) -> QueryDict | None:
    """What was posted from a page that was shown to the same person; None for anybody else."""
    return request.POST if kept.was_shown(request, message.slug) else None


def page(
    request: HttpRequest, message: Message, typed: QueryDict | None, *, texts: Sequence[Text] | None = None
) -> HttpResponse:
    """What became of the text, and what was `typed`, or `texts` instead where it does not stand in fields as it is.

    For whoever did not have it before there is nothing here.
    """
    if typed is None:
        raise Http404
    is_secret = message.is_hidden or message.is_call_for_help
    context = page_context(request, "") | {
        "happened": NEUTRAL if is_secret else HAPPENED.get(Status(message.status), NEUTRAL),
        "texts": list(_own(message, typed)) if texts is None else texts,
    }
    return render(request, "moderation/gone.html", context, status=410)


def _own(message: Message, typed: QueryDict) -> Iterator[Text]:
    """Each field that holds words nobody has stored before."""
    stored = _stored(message)
    for name, label in wording.WRITTEN.items():
        text = typed.get(name, "").replace("\r\n", "\n").strip()
        if text and text not in stored:
            yield name, str(label), text


def _stored(message: Message) -> set[str]:
    """The words of the sender, and what others made of them: fields of a page begin with them."""
    texts = {getattr(message, name) or "" for name in (*SENT_TEXTS, *SHOWN_TEXTS, "transcript")}
    for edit in message.edits.all():
        texts |= {getattr(edit, name) or "" for name in (*SENT_TEXTS, *SHOWN_TEXTS)}
    texts |= set(Translation.objects.filter(message=message).values_list("text", flat=True))
    return {text.strip() for text in texts}
