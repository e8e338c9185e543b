"""From which list somebody reads letter after letter, and what was chosen in it: addresses carry it along."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import QueryDict
from django.urls import reverse

from supporters import lifecycle
from supporters.models import Message

from . import queue
from .filters import FilterForm

WAITING, MINE, SECOND_LOOK = "waiting", "mine", "second-look"
ADDRESSES = {WAITING: "moderation:queue", MINE: "moderation:mine", SECOND_LOOK: "moderation:second-look"}


@dataclass(frozen=True)
class Shelf:
    """A list with its filters. Without a `name` the letter was opened by its own address."""

    name: str
    filters: FilterForm

    @classmethod
    def read(cls, query: QueryDict, name: str = "") -> Shelf:
        """The list called `name`, or else the one the address names; what the filters do not know is left out."""
        name = name or query.get("list", "")
        return cls(name if name in ADDRESSES else "", FilterForm(query))

    def of(self, line: queue.Waiting, reader: User) -> Shelf:
        """The same for `line`: when nothing was named, the list of second looks if the first was somebody else's."""
        if self.name:
            return self
        look = lifecycle.first_look(line.draft) if lifecycle.look_reasons(line.draft) else None
        return replace(self, name=WAITING if look is None or look.actor_id == reader.pk else SECOND_LOOK)

    def chosen(self, reader: User) -> queue.Selection:
        """What of it is left for `reader` to do."""
        lines = {
            MINE: lambda: queue.held_by(reader),
            SECOND_LOOK: lambda: queue.second_look(not_by=reader),
        }.get(self.name, queue.first_looks)
        return lines() & self.filters.selection

    @property
    def _parameters(self) -> dict[str, str]:
        is_plain = self.name in ("", WAITING) and not self.filters.active
        return self.filters.active if is_plain else {"list": self.name or WAITING, **self.filters.active}

    @property
    def suffix(self) -> str:
        """What stands behind the address of a letter."""
        return _query(self._parameters)

    def letter(self, message: Message, **more: str) -> str:
        """The address of `message` as a letter of this list."""
        return reverse("moderation:review", args=[message.slug]) + _query({**self._parameters, **more})

    @property
    def place(self) -> str:
        """The address of the list without what was chosen."""
        return reverse(ADDRESSES[self.name or WAITING])

    def address(self, **more: str) -> str:
        return self.place + _query({**self.filters.active, **more})


def _query(parameters: dict[str, str]) -> str:
    return f"?{urlencode(parameters)}" if parameters else ""
