"""Open work as a PO file for those who translate offline, and what comes back of it.

An entry names its text by `slug/language/revision`: what changed meanwhile is not overwritten. Files come from
outside: they are read by polib and the texts cleaned as if they had been typed.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass

import polib
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from supporters import lifecycle
from supporters.languages import language_name

from ..models import Translation
from ..review.forms import TEXT_LIMIT, PlainText
from ..roles import NORTHERN_READER, TRANSLATOR, may
from . import glossary, translations
from .queue import Pair, open_work, rows_for
from .translations import Language, State

ENTRIES = 500
CONTEXT = re.compile(r"([a-z2-7]{12})/(ko|en|kp)/([0-9]{1,9})", re.ASCII)
LINE = re.compile(r"\(line (\d+)\)|line (\d+)")


class Unreadable(Exception):
    """The file is no PO file; `line` is where it stopped making sense, 0 when nobody can say."""

    def __init__(self, line: int = 0) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True)
class Result:
    """What became of one entry of a file."""

    line: int
    name: str
    is_stored: bool
    sentence: str

    @property
    def slug(self) -> str:
        """Of the message, when its text was found and stored."""
        return self.name.partition("/")[0] if self.is_stored else ""


# --- Out --------------------------------------------------------------------------------------------------------


def work_file(user: User, pair: Pair) -> str:
    """The open texts of `pair`, oldest first; what was drafted already stands beside its source."""
    file = polib.POFile(wrapwidth=0)
    file.metadata = {
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": "en" if pair.target == Language.EN else "ko",
        "X-Source-Language": pair.source,
    }
    for row in open_work(user, pair)[:ENTRIES]:
        if row.edit:
            row.edit.message = row.message
        if source := translations.source_of(row.draft, row.language).strip():
            file.append(_entry(row, source))
    return str(file)


def _entry(row: Translation, source: str) -> polib.POEntry:
    return polib.POEntry(
        msgctxt=f"{row.message.slug}/{row.language}/{row.revision}",
        msgid=_plain(source),
        msgstr=_plain(row.text.strip()),
        comment="\n".join(_remarks(row, source)),
    )


def _plain(text: str) -> str:
    """Some readers of PO files take these two for the end of a line of the file."""
    return text.replace("\u2028", "\n").replace("\u2029", "\n")


def _remarks(row: Translation, source: str) -> list[str]:
    language = translations.source_language(row)
    remarks = [f"{row.message.get_kind_display()} · {language_name(language, _site_language())}"]
    if row.note:
        remarks.append(_one_line(row.note))
    for term in glossary.terms_in(source if language == "ko" else "", row.text if row.language != "en" else ""):
        remarks.append(_one_line(f"{term.south} → {term.north} ({term.confidence}) {term.note}"))
    return remarks


def _site_language() -> str:
    return "ko" if get_language() == "ko" else "en"


def _one_line(text: str) -> str:
    return " ".join(text.split())


# --- In ---------------------------------------------------------------------------------------------------------


def read(content: bytes) -> list[polib.POEntry]:
    """The entries of an uploaded file. Raises `Unreadable`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(content[: error.start].count(b"\n") + 1) from None
    # Given a text, polib first looks whether a file of this name exists: it gets a file of our own.
    with tempfile.NamedTemporaryFile("w", suffix=".po", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        try:
            return list(polib.pofile(file.name, encoding="utf-8"))
        except (OSError, ValueError, IndexError) as error:
            match = LINE.search(str(error))
            raise Unreadable(int(match[1] or match[2]) if match else 0) from None


def take_in(entries: list[polib.POEntry], *, by: User) -> list[Result]:
    """Store what can be stored as drafts of `by`, and say of each entry what became of it."""
    results = [_take_in(entry, by) for entry in entries[:ENTRIES]]
    if len(entries) > ENTRIES:
        sentence = _("Only the first %(limit)d texts of a file are read. Send the rest in another file.")
        results.append(Result(entries[ENTRIES].linenum, "–", False, sentence % {"limit": ENTRIES}))
    return results


def _take_in(entry: polib.POEntry, by: User) -> Result:
    name = (entry.msgctxt or "–")[:40]

    def refused(sentence: str) -> Result:
        return Result(entry.linenum, name, False, sentence)

    match = CONTEXT.fullmatch(entry.msgctxt or "")
    if match is None:
        return refused(_("This entry does not say which text it belongs to."))
    if not entry.msgstr.strip():
        return refused(_("No translation stands here."))
    row = _row(by, match[1], match[2])
    if row is None:
        return refused(_("This text is not, or no longer, among your work."))
    try:
        text = PlainText(limit=TEXT_LIMIT, rows=1).clean(entry.msgstr.strip())
    except ValidationError as error:
        return refused(" ".join(error.messages))
    if text == row.text:
        return refused(_("Nothing new: this stands in the draft already."))
    try:
        translations.save_draft(row, by=by, revision=int(match[3]), text=text, credit=row.credit_name)
    except (lifecycle.StaleRevision, translations.Gone):
        return refused(_("This text was changed since you downloaded the file. Download it again and compare."))
    return Result(entry.linenum, name, True, _("Stored as a draft."))


def _row(by: User, slug: str, language: str) -> Translation | None:
    """The draft of this name that `by` may write; of a message with a proposed change, the one of the change."""
    if not may(by, NORTHERN_READER if language == Language.KP else TRANSLATOR):
        return None
    rows = rows_for(by).filter(translations.workable(), message__slug=slug, language=language)
    return rows.exclude(state=State.REVIEWED).order_by("-edit").first()
