from django.urls import path, re_path, register_converter

from .queues import lists, several
from .review import preferences, views
from .safety import views as safety
from .start import views as start
from .subtitling import views as subtitling
from .translating import views as translate_views


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
    path("start/", start.start, name="start"),
    path("mine/", lists.mine, name="mine"),
    path("second-look/", lists.second_looks, name="second-look"),
    path("several/", several.several, name="several"),
    path("help/", safety.calls_for_help, name="calls-for-help"),
    path("lockdown/", safety.lockdown, name="lockdown"),
    re_path(r"^(?P<name>asked|published|declined)/$", lists.decided_list, name="decided"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("translate/", translate_views.translate_queue, name="translate-queue"),
    path("translate/work.po", translate_views.work_file, name="translate-work"),
    path("translate/file/", translate_views.bring_back, name="translate-file"),
    path("translate/<message:slug>/", translate_views.translate, name="translate"),
    path("<message:slug>/", views.review, name="review"),
    path("<message:slug>/media/<str:name>", views.media, name="media"),
    path("<message:slug>/subtitles/<language:language>/", subtitling.edit, name="subtitles"),
    path("<message:slug>/subtitles/<language:language>/words.<str:kind>", subtitling.export, name="subtitles-file"),
    path("<message:slug>/subtitles/<language:language>/media/<str:name>", subtitling.clip, name="subtitles-clip"),
]
