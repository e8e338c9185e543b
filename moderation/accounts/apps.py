from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.core.checks import CheckMessage, Tags, Warning, register


class DeskAdminConfig(AdminConfig):
    """The stock admin with the login of `moderation.accounts.site`."""

    default_site = "moderation.accounts.site.DeskSite"

    def ready(self) -> None:
        super().ready()
        register(second_factor_is_required, Tags.security, deploy=True)


def second_factor_is_required(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.REQUIRE_SECOND_FACTOR:
        return []
    return [Warning("REQUIRE_SECOND_FACTOR is off: a password alone opens the desk.", id="moderation.W001")]
