from django.urls import path

from . import resumable

app_name = "uploads"
urlpatterns = [
    path("", resumable.endpoint, name="uploads"),
    path("<str:token>", resumable.endpoint, name="upload"),
    path("<str:token>/", resumable.endpoint),
]
