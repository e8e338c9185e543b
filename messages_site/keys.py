"""The key pair that seals what readers send: who takes it in needs the public half, only the desk the private one."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from nacl.public import PrivateKey

KEY_BYTES = 32
FILE = "reply-key"  # below VAR: the private half


class BadKey(ValueError):
    """A key that cannot be used; `name` is the setting it came from."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


def reply_keys(public: str, private: str, folder: Path) -> tuple[bytes, bytes | None]:
    """The public and the private half from their settings, which may be empty.

    A machine that is given only the public half can seal and never open. One that is given neither keeps a pair of its
    own in `folder`. Raises `BadKey`.
    """
    if public and not private:
        return _decoded("REPLY_PUBLIC_KEY", public), None
    opening = _decoded("REPLY_PRIVATE_KEY", private) if private else _own_key(folder / FILE)
    sealing = bytes(PrivateKey(opening).public_key)
    if public and _decoded("REPLY_PUBLIC_KEY", public) != sealing:
        raise BadKey("REPLY_PUBLIC_KEY", "does not belong to REPLY_PRIVATE_KEY")
    return sealing, opening


def _decoded(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadKey(name, f"must be {KEY_BYTES} bytes in base64")
    return key


def _own_key(file: Path) -> bytes:
    if not file.exists():
        # Several processes may start at once: each writes a whole file, and only the first one gets the name.
        with tempfile.NamedTemporaryFile(dir=file.parent) as scratch:
            scratch.write(base64.b64encode(bytes(PrivateKey.generate())))
            scratch.flush()
            os.fsync(scratch.fileno())
            with suppress(FileExistsError):
                os.link(scratch.name, file)
    return _decoded(str(file), file.read_text().strip())
