from django.urls import path, re_path, register_converter

from . import lists, views


class MessageSlug:
    """The address of a message: whatever else stands below the desk has no twelve letters of these."""

    regex = "[a-z2-7]{12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MessageSlug, "message")

app_name = "moderation"
urlpatterns = [
    path("", lists.waiting_list, name="queue"),
    re_path(r"^(?P<name>asked|published|declined)/$", lists.decided_list, name="decided"),
    path("<message:slug>/", views.review, name="review"),
    path("<message:slug>/media/<str:name>", views.media, name="media"),
]
