"""Getting in as people do: password, number of the app, recovery codes."""

from __future__ import annotations

import time

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from moderation.accounts import second_factor

PASSWORD = "a long enough pass"
LOGIN = "/admin/login/"
STEP = "/admin/second-factor/"
SET_UP = "/admin/second-factor/set-up/"


def browser() -> Client:
    return Client(headers={"accept-language": "en"})


def number(device: TOTPDevice, steps: int = 0) -> str:
    """What the app of `device` shows now, or `steps` half minutes later."""
    app = TOTP(device.bin_key)
    app.time = time.time() + 30 * steps
    return f"{app.token():06d}"


def with_device(user: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="app", key=second_factor.new_key())


def type_password(client: Client, user: User, password: str = PASSWORD, next_: str = "/admin/desk/", **more: str):
    return client.post(LOGIN, {"username": user.username, "password": password, "next": next_}, **more)


def type_token(client: Client, token: str, next_: str = "/admin/desk/", **more: str) -> HttpResponse:
    return client.post(STEP, {"otp_token": token, "next": next_}, **more)


def is_inside(client: Client) -> bool:
    """Whether this browser may open a page of the staff."""
    return client.get("/admin/password_change/").status_code == 200


def verified(user: User, language: str = "en") -> Client:
    """A browser in which `user` is logged in with both steps."""
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    session = client.session
    session["otp_device_id"] = with_device(user).persistent_id
    session.save()
    return client
