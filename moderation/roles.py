"""The roles of staff: Django groups, each with the rights it needs and no more."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

MODERATOR = "Moderator"
TRANSLATOR = "Translator"
REVIEWER = "Reviewer"
NORTHERN_READER = "Northern reader"
RADIO_DESK = "Radio desk"
PACK_DESK = "Pack desk"
SAFETY_LEAD = "Safety lead"
ADMINISTRATOR = "Administrator"
ROLES = (
    MODERATOR, TRANSLATOR, REVIEWER, NORTHERN_READER, RADIO_DESK, PACK_DESK, SAFETY_LEAD, ADMINISTRATOR,
)  # fmt: skip

# Rights as app_label.codename. Roles whose work is not built yet have none.
RIGHTS: dict[str, tuple[str, ...]] = {
    MODERATOR: ("supporters.view_message", "supporters.decide_message"),
    SAFETY_LEAD: ("supporters.view_message", "supporters.decide_message", "supporters.guard_message"),
    ADMINISTRATOR: (
        "auth.view_user", "auth.add_user", "auth.change_user", "auth.view_group",
        "supporters.view_reason", "supporters.add_reason", "supporters.change_reason",
    ),
}  # fmt: skip


def may(user: AbstractBaseUser | AnonymousUser, *roles: str) -> bool:
    """Whether `user` is active staff in one of `roles`. Being a superuser is not a role: accounts decide nothing."""
    if not (user.is_authenticated and user.is_active and getattr(user, "is_staff", False)):
        return False
    return user.groups.filter(name__in=roles).exists()  # type: ignore[attr-defined]
