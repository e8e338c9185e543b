"""How rooms downstream learn that a message changed: one call inside the transaction, no signals."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string


def prepare(message_id: int) -> None:
    """Tell every function named in `BEFORE_CHANGE` that the words, country or language of a message will change.

    Call it inside the transaction, under the lock of the message, while its row is still as it was: the index of words
    can only forget what it is shown once more.
    """
    for path in settings.BEFORE_CHANGE:
        import_string(path)(message_id)


def announce(message_id: int, kind: str) -> None:
    """Tell every function named in `AFTER_CHANGE`, in order, that message `message_id` changed.

    `kind` is the kind of the event just recorded (`approved`, `withdrawn`, …). Runs inside the caller's transaction:
    what a listener writes is kept or lost together with the change, and its error undoes the change.
    """
    for path in settings.AFTER_CHANGE:
        import_string(path)(message_id, kind)


def announce_together(message_ids: Sequence[int], kind: str) -> None:
    """Tell the same of many messages that changed in one transaction.

    A listener that can do more for all of them at once than for one after another stands beside the function named in
    `AFTER_CHANGE`, as `<name>_together(message_ids, kind)`.
    """
    for path in settings.AFTER_CHANGE:
        module, _dot, name = path.rpartition(".")
        together = getattr(import_module(module), f"{name}_together", None)
        if together:
            together(message_ids, kind)
        else:
            for message_id in message_ids:
                import_string(path)(message_id, kind)
