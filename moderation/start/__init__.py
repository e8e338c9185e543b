"""The start page: figures of the desk, drawn and as tables."""
