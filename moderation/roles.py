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
# Who tries the rules on a text; changing them is a right.
TRIES_RULES = (ADMINISTRATOR, SAFETY_LEAD)

# Rights as app_label.codename. Roles that work outside the admin's own lists have none.
RIGHTS: dict[str, tuple[str, ...]] = {
    MODERATOR: ("supporters.view_message", "supporters.decide_message"),
    SAFETY_LEAD: ("supporters.view_message", "supporters.decide_message", "supporters.guard_message"),
    ADMINISTRATOR: (
        "auth.view_user", "auth.add_user", "auth.change_user", "auth.view_group",
        "supporters.view_reason", "supporters.add_reason", "supporters.change_reason",
        "moderation.view_wordingrule", "moderation.add_wordingrule", "moderation.change_wordingrule",
        "moderation.view_term", "moderation.add_term", "moderation.change_term",
    ),
}  # fmt: skip


def roles_of(user: AbstractBaseUser | AnonymousUser) -> frozenset[str]:
    """The roles of `user`; none for strangers and closed accounts. Read once a request.

    Being a superuser is not a role: accounts decide nothing.
    """
    if not (user.is_authenticated and user.is_active and getattr(user, "is_staff", False)):
        return frozenset()
    cached: frozenset[str] | None = getattr(user, "cached_roles", None)
    if cached is None:
        cached = frozenset(user.groups.values_list("name", flat=True)) & set(ROLES)  # type: ignore[attr-defined]
        user.cached_roles = cached  # type: ignore[attr-defined]
    return cached


def may(user: AbstractBaseUser | AnonymousUser, *roles: str) -> bool:
    """Whether `user` is active staff in one of `roles`."""
    return not roles_of(user).isdisjoint(roles)
