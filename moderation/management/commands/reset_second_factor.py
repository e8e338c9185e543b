from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation.accounts import second_factor, sessions


class Command(BaseCommand):
    help = "Forget the second factor of an account, when its phone and codes are lost and no administrator can help."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError("There is no account of this name.")
        second_factor.reset(user)
        sessions.end_all(user)
        self.stdout.write("1 second factor reset; the next login sets it up anew.")
