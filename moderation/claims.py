from __future__ import annotations


def changed(message_id: int, kind: str) -> None:
    """Listener of `messages_site.changes`."""
