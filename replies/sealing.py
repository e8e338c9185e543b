"""Boxes that only the desk can open: what a reader writes is sealed before it is stored."""

from __future__ import annotations

from django.conf import settings
from nacl.bindings import sodium_pad, sodium_unpad
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

# Every box holds so much: its size tells nothing about the words. 300 characters are 900 bytes in Hangul; only long
# strings of composed emoji come near to it.
BOX_BYTES = 8_192


class CannotOpen(Exception):
    """There is no private key here, or the box was sealed for another one."""


def fits(text: str) -> bool:
    """Whether `text` goes into one box."""
    return len(text.encode()) < BOX_BYTES


def seal(text: str) -> bytes:
    """`text`, readable for the holder of the private key only."""
    if not fits(text):
        raise ValueError("the text does not fit into a box")
    return SealedBox(PublicKey(settings.REPLY_PUBLIC_KEY)).encrypt(sodium_pad(text.encode(), BOX_BYTES))


def can_open() -> bool:
    """Whether this machine has the private key."""
    return settings.REPLY_PRIVATE_KEY is not None


def unseal(box: bytes) -> str:
    """What was sealed. Raises `CannotOpen`."""
    if settings.REPLY_PRIVATE_KEY is None:
        raise CannotOpen
    try:
        padded = SealedBox(PrivateKey(settings.REPLY_PRIVATE_KEY)).decrypt(box)
    except CryptoError as error:
        raise CannotOpen from error
    return sodium_unpad(padded, BOX_BYTES).decode()
