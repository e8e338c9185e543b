"""What publishing keeps: the last number given, which pages have to be written again, what the search still lacks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone


class WallCounter(models.Model):
    """The one row that hands out `Message.wall_number`: consecutive, never reused."""

    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)


class DirtyPage(models.Model):
    """A page to write again; many changes at once leave one row a page."""

    path = models.CharField(max_length=80, unique=True)  # below a language folder: "index.html", "p/3.html"
    marked_at = models.DateTimeField(auto_now=True)
    # Pages whose figures or labels only are old wait: they are written once a minute, however often they are marked.
    due_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.path


class SearchBacklog(models.Model):
    """The one row that says how far the index of words is filled, from the newest letter down."""

    # Letters with a lower number still have to be entered; 1 when none has.
    below = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.below)
