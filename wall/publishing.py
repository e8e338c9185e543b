def changed(message_id: int, kind: str) -> None:
    """Placeholder while the rooms are laid out."""
