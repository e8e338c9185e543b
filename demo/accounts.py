"""Demo accounts: one of every role, with random passwords written to `demo-accounts.txt`."""

from __future__ import annotations

import os
import secrets

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db.models import ProtectedError

from moderation import roles

ACCOUNTS: dict[str, tuple[str, str]] = {
    "moderator": ("Mina", roles.MODERATOR),
    "moderator2": ("Jin", roles.MODERATOR),
    "translator": ("Sora", roles.TRANSLATOR),
    "reviewer": ("Haneul", roles.REVIEWER),
    "northern": ("Eunju", roles.NORTHERN_READER),
    "radio": ("Pavel", roles.RADIO_DESK),
    "packs": ("Noor", roles.PACK_DESK),
    "safety": ("Ruth", roles.SAFETY_LEAD),
    "admin": ("Ada", roles.ADMINISTRATOR),
}


def ensure() -> None:
    """Create what is missing. Passwords stay the same from start to start, as long as their file is there."""
    path = settings.VAR / "demo-accounts.txt"
    known = dict(line.split() for line in path.read_text().splitlines()) if path.exists() else {}
    if set(known) == set(ACCOUNTS) and User.objects.filter(username__in=ACCOUNTS).count() == len(ACCOUNTS):
        return
    passwords = {name: known.get(name) or secrets.token_urlsafe(9) for name in ACCOUNTS}
    for name, (first_name, role) in ACCOUNTS.items():
        user, _created = User.objects.get_or_create(username=name, defaults={"first_name": first_name})
        user.is_staff = user.is_active = True
        user.set_password(passwords[name])
        user.save()
        user.groups.set([Group.objects.get(name=role)])
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{name} {password}\n" for name, password in passwords.items())


def remove() -> int:
    """Delete the demo accounts; one that has decided about real messages is only closed. Returns how many."""
    users = User.objects.filter(username__in=ACCOUNTS)
    for user in users:
        try:
            user.delete()
        except ProtectedError:
            user.is_active = user.is_staff = False
            user.set_unusable_password()
            user.save()
    (settings.VAR / "demo-accounts.txt").unlink(missing_ok=True)
    return len(ACCOUNTS)
