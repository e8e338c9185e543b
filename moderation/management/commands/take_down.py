"""Hide letters at once from the command line, when the desk cannot be reached."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from moderation.safety import lockdowns
from supporters.models import Message
from supporters.pages import LANGUAGES

NOTE = "manage.py take_down"


def _has_page(slug: str) -> bool:
    """Whether the published tree still holds the page of this letter."""
    return any((settings.TREE_ROOT / language / "m" / f"{slug}.html").exists() for language in LANGUAGES)


class Command(BaseCommand):
    help = "Hide letters everywhere on this site at once; Safety leads can show them again on the desk."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slugs", nargs="+", metavar="SLUG", help="the twelve letters in the address of a message")

    def handle(self, *, slugs: list[str], **options: object) -> None:
        wanted = list(dict.fromkeys(slugs))
        try:
            found = dict(Message.objects.filter(slug__in=wanted).values_list("slug", "pk"))
            # All or nothing: a mistyped one must not look as if it were hidden.
            if unknown := [slug for slug in wanted if slug not in found]:
                raise CommandError(f"Nothing was hidden: there is no letter {', '.join(unknown)}")
            already = Message.objects.filter(pk__in=found.values(), is_hidden=True).count()
            lockdown = lockdowns.begin(found.values(), lead=None, note=NOTE)
            gone = len(found) - lockdown.messages.count()
        except DatabaseError as error:
            raise CommandError(f"Nothing was hidden: the database does not answer ({type(error).__name__})") from error
        # The pages went when the transaction was over; its own errors are only logged there.
        if left := [slug for slug in found if _has_page(slug)]:
            raise CommandError(f"Hidden, but pages are still there ({', '.join(left)}): run manage.py publish --all")
        hidden = len(found) - already - gone
        self.stdout.write(
            f"{hidden} letters hidden, {already} hidden before, {gone} taken back by their senders; lockdown {lockdown}"
        )
