"""The second factor: an app that shows a number every half minute, and ten recovery codes on paper."""

from __future__ import annotations

import base64
import re
import secrets
import time

import segno
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp import verify_token
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

CODES = 10
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
CODE_LENGTH = 10  # fifty bits
TOLERANCE = 1  # half a minute more on both sides, for clocks that are wrong


class AlreadySetUp(Exception):
    """Somebody else, or the same person elsewhere, has set up this account's second factor meanwhile."""


def is_required() -> bool:
    return bool(settings.REQUIRE_SECOND_FACTOR)


def device_of(user: User) -> TOTPDevice | None:
    device: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    return device


def check(user: User, typed: str) -> Device | None:
    """The device of `user` that accepts what was typed: a number of the app or a recovery code, each only once."""
    token = re.sub(r"[\s-]", "", typed).lower()
    if re.fullmatch(r"[0-9]{6}", token):
        device: Device | None = device_of(user)
    elif re.fullmatch(rf"[{LETTERS}]{{{CODE_LENGTH}}}", token):
        device, token = StaticDevice.objects.filter(user=user, confirmed=True).first(), stored(token)
    else:
        return None
    # The library locks the row of the device, so that one token opens one session.
    return verify_token(user, device.persistent_id, token) if device else None


def is_recovery(device: Device) -> bool:
    return isinstance(device, StaticDevice)


# --- Setting up -------------------------------------------------------------------------------------------------


def new_key() -> str:
    key: str = random_hex(20)
    return key


def address_of(user: User, key: str) -> str:
    """What the app reads from the picture (otpauth://)."""
    address: str = TOTPDevice(user=user, key=key).config_url
    return address


def for_typing(key: str) -> str:
    """The key in groups of four letters."""
    letters = base64.b32encode(bytes.fromhex(key)).decode()
    return " ".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def picture(text: str) -> tuple[int, str]:
    """A QR code as the side of a square and the path of its dark modules, for an SVG in the page."""
    code = segno.make(text, error="m", micro=False)
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(code.matrix_iter(border=4)) for x, dark in enumerate(row) if dark
    )
    return int(code.symbol_size(border=4)[0]), path


def set_up(user: User, key: str, typed: str, *, replacing: bool) -> TOTPDevice | None:
    """Make the app with `key` the device of `user` if what was typed is its number; what was there before goes."""
    token = re.sub(r"[\s-]", "", typed)
    app = TOTP(bytes.fromhex(key))
    app.time = time.time()
    if not re.fullmatch(r"[0-9]{6}", token, re.ASCII) or not app.verify(int(token), tolerance=TOLERANCE):
        return None
    with transaction.atomic():
        # Two who know the password may be setting up at once: the second must not replace the first one's device.
        User.objects.select_for_update().get(pk=user.pk)
        if not replacing and device_of(user):
            raise AlreadySetUp
        reset(user)
        device: TOTPDevice = TOTPDevice.objects.create(
            user=user, name="app", key=key, tolerance=TOLERANCE, last_t=app.t(), drift=app.drift
        )
    return device


def reset(user: User) -> None:
    """Forget the app and the codes of `user`: sessions opened with them end, the next login sets up anew."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


# --- Recovery codes ---------------------------------------------------------------------------------------------


def stored(code: str) -> str:
    """What stands in the table for a code: 80 bits of an HMAC, so that a stolen copy of the table opens nothing."""
    digest = salted_hmac("moderation.accounts.codes", code, algorithm="sha256").digest()
    return base64.b32encode(digest)[:16].decode().lower()


@transaction.atomic
def new_codes(user: User) -> list[str]:
    """Ten new codes for `user`; the old ones are worth nothing any more."""
    User.objects.select_for_update().get(pk=user.pk)
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="codes")
    codes = ["".join(secrets.choice(LETTERS) for _letter in range(CODE_LENGTH)) for _code in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=stored(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def are_codes_of(user: User, codes: list[str]) -> bool:
    """Whether all of `codes` are unused codes of `user`."""
    hashes = {stored(code.replace("-", "")) for code in codes}
    return len(hashes) == StaticToken.objects.filter(device__user=user, token__in=hashes).count() > 0


def codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user=user).count()
