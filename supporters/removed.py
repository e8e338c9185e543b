"""What was hidden in a file and is removed from it, in words for its sender: the one table for every page."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from .uploads import IN_BROWSER


def sentences(codes: Iterable[str]) -> list[str]:
    """What to say for `codes` of supporters.media.REMOVED, in their order; one sentence at least.

    The original, as it was sent, is kept until the decision and shown to nobody; so nothing says it is gone by now.
    """
    found = set(codes)
    said = []
    if IN_BROWSER in found:
        said.append(
            _("Your browser made the photo smaller before it was sent. What was hidden in it never left your device.")
        )
    if hidden := [words for code, words in _words().items() if code in found]:
        said.append(_("We remove from your file: %(list)s.") % {"list": ", ".join(hidden)})
        said.append(_("None of it is in anything that we show or pass on."))
    return said or [_("We looked for hidden details in your file, such as place, device and names, and found none.")]


def _words() -> dict[str, str]:
    return {
        "place": _("the place where it was taken"),
        "device": _("the make and model of the device"),
        "serial": _("serial numbers"),
        "time": _("the time when it was taken"),
        "author": _("names of people"),
        "thumbnail": _("a small copy of the picture"),
        "comment": _("comments and descriptions"),
        "other": _("other hidden details"),
    }
