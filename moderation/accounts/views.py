"""The pages on the way in: password, token, setting up, recovery codes, setting one's own password."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import LoginView, PasswordResetConfirmView
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import url_has_allowed_host_and_scheme, urlencode, urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as note_device
from django_otp.models import Device

from . import second_factor, sessions, throttle
from .forms import TokenForm

NEW_KEY, REPLACING = "new_key", "replacing"
# A fresh token allows to replace the device for so long.
REPLACING_SECONDS = 10 * 60
WRONG = gettext_lazy("This number or code is not right, or was used before. Wait for the next number and type that.")
NOT_THIS = gettext_lazy("This number is not right. Is the time of your phone right? Type the next number.")

View = Callable[[HttpRequest], HttpResponse]


def page_with_form(view: View) -> View:
    """Pages of the second factor: they exist only where one is required, and keep what is typed out of reports."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not second_factor.is_required():
            raise Http404
        return view(request)

    return sensitive_post_parameters()(csrf_protect(require_http_methods(["GET", "HEAD", "POST"])(guarded)))


def _show(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    return render(request, f"admin/{template}.html", admin.site.each_context(request) | {"title": title} | context)


def _next(request: HttpRequest) -> str:
    """Where the person wanted to go, on this site; the start page otherwise."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))
    here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if here else reverse("admin:index")


def _go(request: HttpRequest, name: str) -> HttpResponse:
    """To another page of the way in; it remembers where the person wanted to go."""
    return redirect(f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: _next(request)})}")


def _log(request: HttpRequest, user: User, happened: str) -> None:
    admin.site.get_model_admin(User).log_change(request, user, happened)


# --- Getting in -------------------------------------------------------------------------------------------------


class LogIn(LoginView):
    """The first step. Where a second one is required, a right password alone logs nobody in."""

    template_name = "admin/login.html"
    authentication_form = AdminAuthenticationForm

    def form_valid(self, form: Any) -> HttpResponse:
        user: User = form.get_user()
        if not second_factor.is_required():
            return _enter(self.request, user, None, redirect(_next(self.request)))
        sessions.begin(self.request, user)
        known = second_factor.device_of(user)
        return _go(self.request, "admin:second-factor" if known else "admin:second-factor-set-up")


def _enter(request: HttpRequest, user: User, device: Device | None, answer: HttpResponse) -> HttpResponse:
    """Everything was right: open the session and know this browser from now on."""
    sessions.open_for(request, user, device)
    throttle.forget(request, user)
    throttle.remember(request, answer, user)
    return answer


@page_with_form
def ask_for_token(request: HttpRequest) -> HttpResponse:
    """The second step: the number of the app, or a recovery code."""
    user = sessions.pending(request)
    if user is None:
        return _go(request, "admin:login")
    if second_factor.device_of(user) is None:
        return _go(request, "admin:second-factor-set-up")
    form = TokenForm(request.POST or None)
    if form.is_valid():
        device, refused = _check(request, user, form)
        if refused:
            return refused
        if device:
            # Whoever used up a code sees how many are left.
            recovered = second_factor.is_recovery(device)
            go_on = _go(request, "admin:second-factor-mine") if recovered else redirect(_next(request))
            return _enter(request, user, device, go_on)
    return _show(request, "second_factor", _("Second step"), form=form, next=_next(request))


def _check(request: HttpRequest, user: User, form: Form) -> tuple[Device | None, HttpResponse | None]:
    """The device that accepts the token, or the page that refuses any; a wrong one stands in the form."""
    if throttle.is_locked(request, user):
        return None, throttle.locked_out(request, user)
    device = second_factor.check(user, form.cleaned_data["otp_token"])
    if device:
        return device, None
    throttle.wrong_token(request, user)
    form.add_error("otp_token", str(WRONG))
    return None, None


# --- Setting up -------------------------------------------------------------------------------------------------


@page_with_form
def set_up(request: HttpRequest) -> HttpResponse:
    """A new device: at the first login, after a reset, or in place of another one."""
    user, replacing = _who_sets_up(request)
    if user is None:
        inside = admin.site.has_permission(request)
        return redirect("admin:second-factor-mine") if inside else _go(request, "admin:login")
    if not replacing and second_factor.device_of(user):
        return _go(request, "admin:second-factor")
    key = _key_for(request, user)
    form = TokenForm(request.POST or None)
    if form.is_valid():
        try:
            device = second_factor.set_up(user, key, form.cleaned_data["otp_token"], replacing=replacing)
        except second_factor.AlreadySetUp:
            return _go(request, "admin:second-factor")
        if device:
            return _is_set_up(request, user, device, replacing=replacing)
        form.add_error("otp_token", str(NOT_THIS))
    side, path = second_factor.picture(second_factor.address_of(user, key))
    return _show(
        request,
        "second_factor_set_up",
        _("A second step for your account"),
        form=form,
        next=_next(request),
        key=second_factor.for_typing(key),
        address=second_factor.address_of(user, key),
        side=side,
        path=path,
    )


def _who_sets_up(request: HttpRequest) -> tuple[User | None, bool]:
    """Whose device is set up, and whether it replaces one. Somebody inside needs a fresh token for it."""
    if admin.site.has_permission(request):
        fresh = 0 <= time.time() - request.session.get(REPLACING, 0) < REPLACING_SECONDS
        return (cast(User, request.user), True) if fresh else (None, False)
    return sessions.pending(request), False


def _key_for(request: HttpRequest, user: User) -> str:
    """The same key until it is confirmed: whoever reloads the page has already shown it to the app."""
    owner, key = request.session.get(NEW_KEY, (None, ""))
    if owner != user.pk:
        key = second_factor.new_key()
        request.session[NEW_KEY] = (user.pk, key)
    return str(key)


def _is_set_up(request: HttpRequest, user: User, device: Device, *, replacing: bool) -> HttpResponse:
    for name in (NEW_KEY, REPLACING):
        request.session.pop(name, None)
    if replacing:
        request.session.cycle_key()
        note_device(request, device)
    else:
        # Before the page is drawn: it shows who is inside. The answer that carries the cookies is the page.
        sessions.open_for(request, user, device)
    answer = _show_codes(request, user)
    throttle.forget(request, user)
    throttle.remember(request, answer, user)
    _log(request, user, _("Replaced the second step.") if replacing else _("Set up the second step."))
    return answer


def _show_codes(request: HttpRequest, user: User) -> HttpResponse:
    """New codes, shown in this one answer and nowhere again."""
    codes = second_factor.new_codes(user)
    return _show(request, "second_factor_codes", _("Your recovery codes"), codes=codes, next=_next(request))


# --- One's own second factor ------------------------------------------------------------------------------------


@page_with_form
def mine(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, or replace the device: either needs a token that was not used before."""
    user = cast(User, request.user)
    form = TokenForm(request.POST or None)
    if form.is_valid() and request.POST.get("action") in ("codes", "replace"):
        device, refused = _check(request, user, form)
        if refused:
            return refused
        if device and request.POST["action"] == "codes":
            _log(request, user, _("Made new recovery codes."))
            return _show_codes(request, user)
        if device:
            request.session[REPLACING] = time.time()
            return redirect("admin:second-factor-set-up")
    return _show(
        request,
        "second_factor_mine",
        _("Your second step"),
        form=form,
        device=second_factor.device_of(user),
        left=second_factor.codes_left(user),
        next=_next(request) if REDIRECT_FIELD_NAME in request.GET else "",
    )


@require_POST
def codes_as_text(request: HttpRequest) -> HttpResponse:
    """The codes that the page before showed, as a file; they come from that page, since they are stored nowhere."""
    codes = request.POST.getlist("code")[: second_factor.CODES]
    if not second_factor.are_codes_of(cast(User, request.user), codes):
        raise Http404
    answer = HttpResponse("\n".join([*codes, ""]), content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="codes.txt"'
    return answer


# --- One's own password -----------------------------------------------------------------------------------------


class LinkTokens(PasswordResetTokenGenerator):
    """For links to set a password: good for a day, until one is set, and until another link is made."""

    key_salt = "moderation.accounts.links"


link_tokens = LinkTokens()


def password_link(request: HttpRequest, user: User) -> str:
    """The address at which `user` sets a password."""
    name = urlsafe_base64_encode(force_bytes(user.pk))
    return request.build_absolute_uri(reverse("admin:set-password", args=[name, link_tokens.make_token(user)]))


class SetPassword(PasswordResetConfirmView):
    """Where a person sets the own password; the login with both steps comes after it."""

    template_name = "admin/set_password.html"
    success_url = reverse_lazy("admin:login")
    token_generator = link_tokens
    title = gettext_lazy("Set your password")

    def get_user(self, uidb64: str) -> User | None:
        """The person of the link; a closed account gets no password for the day on which it is opened again."""
        user: User | None = super().get_user(uidb64)
        return user if user and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        messages.success(self.request, _("Your password is set. Log in with it now."))
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs)}

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = super().dispatch(*args, **kwargs)
        if not self.validlink and answer.status_code == 200:
            answer.status_code = 404
        return answer
