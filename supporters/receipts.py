"""The private key of a sender: derived from the form's token, shown once, stored as a hash only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

import regex
from django.conf import settings
from django.core import signing

from .models import Contact, Message

KEY = regex.compile(r"[A-Z2-7]{16}")
FORM_TOKEN = regex.compile(r"[A-Za-z0-9_-]{22,64}")  # 128 bits and more, however they are written
LINK_PREFIX = "~"
LINK_LIFETIME = 30 * 24 * 3600
_signer = signing.TimestampSigner(salt="supporters.letters")


def new_form_token() -> str:
    return secrets.token_hex(16)


def is_form_token(text: str) -> bool:
    return FORM_TOKEN.fullmatch(text) is not None


def key_of(form_token: str) -> str:
    """The 80 bits of a receipt: the same form token always gives the same key, and only with our SECRET_KEY."""
    digest = hmac.new(settings.SECRET_KEY.encode(), form_token.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:16]


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def shown(key: str) -> str:
    """XXXX-XXXX-XXXX-XXXX."""
    return "-".join(key[start : start + 4] for start in range(0, 16, 4))


def normal(typed: str) -> str:
    """The bare key of what was typed, with or without hyphens and in any case; empty when it is none."""
    key = regex.sub(r"[\s-]", "", typed).upper()
    return key if KEY.fullmatch(key) else ""


def find(form_token: str) -> Message | None:
    """The message this form has already become."""
    return Message.objects.filter(receipt_hash=hash_of(key_of(form_token))).first()


def signed_link(contact: Contact) -> str:
    """The part of an address that opens the private page for 30 days, as long as the contact is kept."""
    return LINK_PREFIX + _signer.sign(str(contact.pk))


def contact_of(link: str) -> Contact | None:
    """The contact of a signed link, or None when it is wrong, too old or its contact erased."""
    try:
        pk = _signer.unsign(link.removeprefix(LINK_PREFIX), max_age=LINK_LIFETIME)
    except signing.BadSignature:
        return None
    return Contact.objects.select_related("message").filter(pk=pk).first()


def message_of(typed: str) -> Message | None:
    """The message a private address opens: a key as typed, or a signed link."""
    if typed.startswith(LINK_PREFIX):
        contact = contact_of(typed)
        return contact.message if contact else None
    key = normal(typed)
    return Message.objects.filter(receipt_hash=hash_of(key)).first() if key else None
