"""How rooms downstream learn that a message changed: one call inside the transaction, no signals."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string


def announce(message_id: int, kind: str) -> None:
    """Tell every function named in `AFTER_CHANGE`, in order, that message `message_id` changed.

    `kind` is the kind of the event just recorded (`approved`, `withdrawn`, …). Runs inside the caller's transaction:
    what a listener writes is kept or lost together with the change, and its error undoes the change.
    """
    for path in settings.AFTER_CHANGE:
        import_string(path)(message_id, kind)
