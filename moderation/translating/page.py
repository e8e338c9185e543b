"""The texts of one message as a translator, reviewer or Northern reader works on them, and what may be done."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from supporters.models import Edit, Message

from ..hinting.checker import Checker
from ..hinting.rules import Rulebook
from ..models import Claim, Preference, Term, Translation
from ..review import claims, wording
from ..roles import MODERATOR, NORTHERN_READER, REVIEWER, SAFETY_LEAD, TRANSLATOR, may
from . import glossary, memory, translations
from .forms import Action, TranslateForm
from .queue import PATIENCE, Line, rows_for
from .translations import Language, State

# Who may press which button; for the Northern wording it is always a Northern reader.
WORKS = (TRANSLATOR, REVIEWER, NORTHERN_READER)
ASKS = (MODERATOR, SAFETY_LEAD, REVIEWER)
PRESSED_BY = {
    Action.CLAIM: WORKS,
    Action.RELEASE: WORKS,
    Action.SAVE: WORKS,
    Action.INSERT: WORKS,
    Action.READY: (TRANSLATOR,),
    Action.CANNOT: (TRANSLATOR, NORTHERN_READER),
    Action.REVIEWED: (REVIEWER, NORTHERN_READER),
    Action.SEND_BACK: (REVIEWER,),
    Action.REQUEST: ASKS,
}


class NotYourRole(Exception):
    """This button belongs to another role."""


class NothingToDo(Exception):
    """No text on the page fits the button any more."""


class Work:
    """One text on the page."""

    def __init__(self, row: Translation, user: User, claim: Claim | None) -> None:
        self.row = row
        self.user = user
        self.claim = claim
        self.findings: list[glossary.Finding] = []

    @property
    def language(self) -> str:
        return self.row.language

    @property
    def field(self) -> str:
        return f"body_{self.language}"

    @property
    def is_korean(self) -> bool:
        return self.language != Language.EN

    @property
    def is_northern(self) -> bool:
        return self.language == Language.KP

    @property
    def may_draft(self) -> bool:
        """Write it: a translator what is asked for, a Northern reader the wording."""
        if not self.row.is_workable:  # type: ignore[attr-defined]
            return False
        if self.is_northern:
            return self.row.state != State.REVIEWED and may(self.user, NORTHERN_READER)
        return self.row.state == State.DRAFT and may(self.user, TRANSLATOR)

    @property
    def may_review(self) -> bool:
        """Another person than the translator reviews; a Northern reader also signs their own words."""
        if self.is_northern:
            return self.may_draft
        waits = self.row.is_workable and self.row.state == State.READY  # type: ignore[attr-defined]
        return waits and may(self.user, REVIEWER) and not self.is_own

    @property
    def is_own(self) -> bool:
        return self.row.translator_id == self.user.pk

    @property
    def is_editable(self) -> bool:
        return self.may_draft or self.may_review

    @property
    def is_late(self) -> bool:
        return Line(self.row).is_late

    @property
    def patience(self) -> int:
        return PATIENCE.days

    @property
    def is_mine(self) -> bool:
        return self.claim is not None and self.claim.holder_id == self.user.pk

    @property
    def source(self) -> str:
        return translations.source_of(self.row.draft, self.language)

    @property
    def is_outdated(self) -> bool:
        """Whether somebody has to compare the text with a source that changed."""
        return bool(self.row.text) and translations.is_outdated(self.row)

    @property
    def begins_with(self) -> str:
        """What stands in the field at first: a Northern wording grows out of the Korean text."""
        return self.row.text or (self.source if self.is_northern and self.is_editable else "")

    @property
    def why_not(self) -> str:
        return translations.why_not(self.row)

    @property
    def changed_by(self) -> str:
        """Who changed it last, as far as it is known."""
        person = self.row.reviewer or self.row.translator
        return wording.staff_name(person) if person else ""

    @property
    def source_language(self) -> str:
        return translations.source_language(self.row)

    @cached_property
    def offers(self) -> list[memory.Found]:
        if not self.is_editable:
            return []
        return memory.offers(self.source, self.source_language, self.language)


class TranslationPage:
    """Everything the page shows of `message` to `user`, read once. Of the sender that is the signature alone."""

    def __init__(self, message: Message, user: User) -> None:
        self.message = message
        self.user = user
        rows = rows_for(user).annotate(is_workable=Q(translations.workable())).filter(message=message)
        found = list(rows.order_by("language"))
        if any(row.edit for row in found):
            found = [row for row in found if row.edit or row.language == Language.KP]
        for row in found:
            row.message = message
            if row.edit:
                row.edit.message = message
        held = {claim.task: claim for claim in claims.live().filter(message=message)} if found else {}
        order = [Language.KO, Language.EN, Language.KP]
        found.sort(key=lambda row: order.index(Language(row.language)))
        self.works = [Work(row, user, held.get(row.language)) for row in found]

    def again(self) -> TranslationPage:
        return TranslationPage(Message.objects.get(pk=self.message.pk), self.user)

    @cached_property
    def draft(self) -> Message | Edit:
        """The message, or the change its sender proposes to a published one."""
        return next((work.row.edit for work in self.works if work.row.edit), None) or self.message

    @property
    def has_source(self) -> bool:
        """Whether any text on the page is made from the original: a Northern wording is made from the Korean."""
        return not self.works or any(not work.is_northern for work in self.works)

    @property
    def languages(self) -> list[str]:
        return [work.language for work in self.works]

    @property
    def is_editable(self) -> bool:
        return any(work.is_editable for work in self.works)

    @property
    def revision(self) -> str:
        return " ".join(f"{work.language}:{work.row.revision}" for work in self.works) or "0"

    @cached_property
    def terms(self) -> list[Term]:
        """Words of the South in the Korean texts of the page."""
        original = [self.draft.original] if self.draft.language == Language.KO and self.has_source else []
        return glossary.terms_in(*original, *(work.begins_with for work in self.works if work.is_korean))

    def look_up_wording(self) -> None:
        """What rules and words together say about each Korean text as it is stored."""
        korean = [work for work in self.works if work.is_korean and work.row.text]
        check = Checker.active() if korean else Checker(Rulebook([]), [])
        for work in korean:
            work.findings = glossary.findings(work.row.text, check)

    @property
    def credit(self) -> str:
        preference = Preference.objects.filter(user=self.user).first()
        return preference.credit_name if preference else ""

    @property
    def korean(self) -> str:
        """What a Northern wording is made from."""
        return translations.source_of(self.message, Language.KP)

    @property
    def may_be_credited(self) -> bool:
        return any(work.may_draft and not work.is_northern for work in self.works)

    @property
    def may_give_up(self) -> bool:
        return any(work.may_draft and work.row.state == State.DRAFT for work in self.works)

    @property
    def may_send_back(self) -> bool:
        return any(work.may_review and not work.is_northern for work in self.works)

    @property
    def asks_for(self) -> list[Language]:
        """What a moderator or reviewer may ask for here: again what was handed back, and a Northern wording."""
        if not self._may_ask:
            return []
        again = [Language(work.language) for work in self.works if work.row.cannot]
        known = Translation.objects.filter(message=self.message, language=Language.KP, cannot="")
        korean = translations.source_of(self.message, Language.KP)
        if Language.KP not in again and korean and not known.exists():
            again.append(Language.KP)
        return again

    @property
    def _may_ask(self) -> bool:
        """Whether `user` may ask for anything here. A letter that waits, and that nobody sent to the translators, is
        none of the reviewers' either.
        """
        message, status = self.message, Message.Status(self.message.status)
        if message.is_hidden or message.is_call_for_help or not may(self.user, *ASKS):
            return False
        waits = status == Message.Status.PENDING and may(self.user, MODERATOR, SAFETY_LEAD)
        return bool(self.works) or waits or status == Message.Status.APPROVED

    @property
    def is_there(self) -> bool:
        """Whether there is anything for `user` at this address."""
        return bool(self.works or self.asks_for)

    def initial(self) -> dict[str, Any]:
        fields: dict[str, Any] = {work.field: work.begins_with for work in self.works}
        return fields | {"revision": self.revision, "credit": self.credit}


@transaction.atomic
def carry_out(page: TranslationPage, form: TranslateForm) -> list[Work]:
    """Do what the valid `form` asks for; what was typed beside is stored as well. Returns the texts it was done to.

    Raises `NotYourRole`, `NothingToDo`, `translations.Gone`, `translations.Unread`, `translations.OwnWork`,
    `claims.Held` or `lifecycle.StaleRevision`; then nothing is stored.
    """
    action = Action(form.cleaned_data["action"])
    if not may(page.user, *PRESSED_BY[action]):
        raise NotYourRole
    if action == Action.REQUEST:
        return _request(page, form)
    aimed = _aimed_at(page, form, action)
    if not aimed:
        raise NothingToDo
    for work in page.works:
        beside = work not in aimed and action not in (Action.CLAIM, Action.RELEASE)
        if beside and _fits(Action.SAVE, work.language, page.user):
            _save(work, form)
    for work in aimed:
        _do(action, work, form)
    if action in (Action.SAVE, Action.READY) and form.cleaned_data["credit"] != page.credit:
        Preference.objects.update_or_create(user=page.user, defaults={"credit_name": form.cleaned_data["credit"]})
    return aimed


def _aimed_at(page: TranslationPage, form: TranslateForm, action: Action) -> list[Work]:
    """The texts the button is about. One the person may never do this to counts as another role's."""
    chosen = form.cleaned_data["language"]
    if chosen and not _fits(action, chosen, page.user):
        raise NotYourRole
    works = [work for work in page.works if chosen in ("", work.language) and _fits(action, work.language, page.user)]
    if action in (Action.READY, Action.CANNOT):
        works = [work for work in works if chosen or work.row.state == State.DRAFT]
    if action in (Action.REVIEWED, Action.SEND_BACK):
        works = [work for work in works if chosen or work.is_northern or work.row.state == State.READY]
    if action in (Action.READY, Action.REVIEWED):
        works = [work for work in works if form.text(work.language)]
    return works


def _fits(action: Action, language: str, user: User) -> bool:
    if language == Language.KP:
        return action not in (Action.READY, Action.SEND_BACK) and may(user, NORTHERN_READER)
    return may(user, *(set(PRESSED_BY[action]) - {NORTHERN_READER}))


def _do(action: Action, work: Work, form: TranslateForm) -> None:
    row, user, data = work.row, work.user, form.cleaned_data
    typed: dict[str, Any] = {"by": user, "revision": _revision(work, form)}
    text = form.text(work.language) or ""
    if action == Action.CLAIM:
        claims.claim(row.message, user, row.language)
    elif action == Action.RELEASE:
        claims.release(row.message, user, row.language)
    elif action == Action.SAVE:
        _save(work, form)
    elif action == Action.READY:
        translations.hand_back(row, text=text, credit=data["credit"], **typed)
    elif action == Action.CANNOT:
        translations.give_up(row, reason=translations.Cannot(data["reason"]), note=data["note"], **typed)
    elif action == Action.SEND_BACK:
        translations.send_back(row, text=text or row.text, note=data["note"], **typed)
    elif work.is_northern:
        translations.sign(row, text=text, **typed)
    else:
        translations.review(row, text=text, **typed)


def _save(work: Work, form: TranslateForm) -> None:
    """Store what was typed; a page that sends nothing new changes nothing."""
    text, row = form.text(work.language), work.row
    if text is None or text == row.text or (text == work.begins_with and not row.text):
        return
    typed: dict[str, Any] = {"by": work.user, "revision": _revision(work, form), "text": text}
    is_review = may(work.user, REVIEWER) and (row.state == State.READY or not may(work.user, TRANSLATOR))
    if work.is_northern or not is_review:
        translations.save_draft(row, credit=form.cleaned_data["credit"], **typed)
    elif work.is_own:
        raise translations.OwnWork
    else:
        translations.correct(row, **typed)
    claims.renew(row.message, work.user, row.language)


def _revision(work: Work, form: TranslateForm) -> int:
    return form.cleaned_data["revision"].get(work.language, 0)


def _request(page: TranslationPage, form: TranslateForm) -> list[Work]:
    chosen = form.cleaned_data["language"]
    wanted = [language for language in page.asks_for if chosen in ("", language)]
    if not wanted:
        raise NothingToDo
    for language in wanted:
        draft = page.message if language == Language.KP else page.draft
        translations.request(draft, by=page.user, languages=[language])
    return page.works
