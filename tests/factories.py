"""Rows for tests: a message in any state, staff in any role."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from moderation import roles
from supporters.models import Attachment, Contact, Event, Message


class MessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Message
        skip_postgeneration_save = True

    class Params:
        drafted = factory.Trait(
            body_ko="안녕하십니까. 오늘도 여러분을 생각합니다.",
            body_en="Hello. I am thinking of you today as well.",
            name_ko="마리아",
            name_en="Maria",
        )
        approved = factory.Trait(
            drafted=True,
            status=Message.Status.APPROVED,
            cleared_web=True,
            live_at=factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=1)),
        )
        not_yet_live = factory.Trait(
            approved=True, live_at=factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=10))
        )
        asked = factory.Trait(
            status=Message.Status.ASKED, live_at=factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=1))
        )
        declined = factory.Trait(
            status=Message.Status.DECLINED, live_at=factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=1))
        )

    kind = Message.Kind.TEXT
    original = "Olá. Penso em vocês hoje também."
    original_name = "Maria"
    language = "pt"
    country = "BR"
    agreed_web = True
    receipt_hash = factory.Sequence(lambda number: f"{number:064x}")

    @factory.post_generation
    def received(self, create: bool, extracted: object, **kwargs: object) -> None:
        """Every message has its first link of the life line."""
        if create and not Event.objects.filter(message=self).exists():
            with transaction.atomic():
                Event.objects.record(self, Event.Kind.RECEIVED, actor=None)


class AttachmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Attachment

    message = factory.SubFactory(MessageFactory, kind=Message.Kind.PHOTO)
    mime = "image/jpeg"
    size = 1000


class ContactFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contact

    message = factory.SubFactory(MessageFactory)
    email = "maria@example.org"
    language = "en"


@cache
def hashed_password() -> str:
    """Hashed once: it takes as long for a test as for an attacker."""
    return make_password("a long enough pass")


class StaffFactory(factory.django.DjangoModelFactory):
    """Staff in the role given as `role`; password `a long enough pass`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"staff{number}")
    is_staff = True
    password = factory.LazyFunction(hashed_password)

    @factory.post_generation
    def role(self, create: bool, extracted: str | None, **kwargs: object) -> None:
        if create and extracted:
            self.groups.add(Group.objects.get(name=extracted))


class ModeratorFactory(StaffFactory):
    role = factory.PostGeneration(
        lambda user, create, extracted: user.groups.add(Group.objects.get(name=roles.MODERATOR))
    )


class SafetyLeadFactory(StaffFactory):
    role = factory.PostGeneration(
        lambda user, create, extracted: user.groups.add(Group.objects.get(name=roles.SAFETY_LEAD))
    )
